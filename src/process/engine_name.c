/*
 * usedns: a failure that names a host waits here until the host's addresses
 * are known, then it is one failure of each of them. Nobody waits for it.
 * Whoever writes logs chooses the names, so there is a bound on everything.
 */
#include "process/engine_local.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_resolve.h"
#include "process/kept.h"

#define WAITING_MAX 2000
#define IPDNS "fail2ban.ipdns"

struct waiter {
	TAILQ_ENTRY(waiter) link;
	struct engine_jail *jail;
	struct kept *kept;
	struct resolve_wait *wait;
};

struct engine_names {
	TAILQ_HEAD(, waiter) waiting;
	size_t n;
	uint64_t dropped;          /* too many wait, or it can be no name */
};

/* --- the answer --------------------------------------------------------- */

/* As Python shows a set. */
static void
log_found(const struct engine_jail *j, struct span name,
    const struct resolved *r)
{
	const char *usedns = j->config->filter.usedns;
	char text[ADDR_STRLEN];
	struct buf set = { 0 };

	if (usedns != NULL && strcasecmp(usedns, "warn") != 0)
		return;
	for (size_t i = 0; i < r->n; i++) {
		addr_format(&r->v[i], text);
		buf_addf(&set, "%s'%s'", i > 0 ? ", " : "", text);
	}
	log_warning(IPDNS, "Determined IP using DNS Lookup: %s = {%s}",
	    log_text(name), set.p);
	buf_fini(&set);
}

/* Each is another id: ignored or counted for itself. */
static void
count(struct engine_jail *j, const struct failure *f,
    const struct resolved *r)
{
	struct failure one = *f;

	if (r->result != LOOKUP_FOUND)
		return;
	log_found(j, f->id.raw, r);
	one.named = false;
	for (size_t i = 0; i < r->n; i++) {
		one.id = id_from_addr(&r->v[i]);
		engine_jail_failure(j, &one);
	}
}

static void
on_resolved(const struct resolved *r, void *arg)
{
	struct waiter *w = arg;
	struct engine_names *names = w->jail->engine->names;

	TAILQ_REMOVE(&names->waiting, w, link);
	names->n--;
	if (w->jail->jail != NULL)
		count(w->jail, &w->kept->failure, r);
	kept_free(w->kept);
	free(w);
}

/* Once a look-up, as fail2ban does. */
static void
on_first(const struct resolved *r, void *arg)
{
	struct waiter *w = arg;

	if (r->result != LOOKUP_FOUND)
		log_warning(IPDNS, "Unable to find a corresponding IP address "
		    "for %s: %s", log_text(w->kept->failure.id.raw),
		    lookup_why(r->result));
	on_resolved(r, arg);
}

/* --- the question ------------------------------------------------------- */

void
engine_name_failure(struct engine_jail *j, const struct failure *f)
{
	struct engine *e = j->engine;
	struct engine_names *names = e->names;
	const struct resolve_question q = {
		.kind = NAME_ADDRESSES, .name = f->id.raw,
	};
	struct resolved known;
	struct waiter *w;

	if (!lookup_is_name(f->id.raw)) {
		names->dropped++;
		return;
	}
	if (engine_resolve_known(e, &q, &known)) {
		count(j, f, &known);
		return;
	}
	if (names->n >= WAITING_MAX || !kept_has_room()) {
		names->dropped++;
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->jail = j;
	w->kept = kept_new(f);
	w->wait = engine_resolve(e, &q, engine_resolve_pending(e, &q) ?
	    on_resolved : on_first, w);
	if (w->wait == NULL) {
		names->dropped++;
		kept_free(w->kept);
		free(w);
		return;
	}
	TAILQ_INSERT_TAIL(&names->waiting, w, link);
	names->n++;
}

static void
drop(struct engine_names *names, struct waiter *w)
{
	engine_resolve_cancel(w->wait);
	TAILQ_REMOVE(&names->waiting, w, link);
	names->n--;
	kept_free(w->kept);
	free(w);
}

void
engine_name_forget(struct engine_jail *j)
{
	struct engine_names *names = j->engine->names;
	struct waiter *w, *next;

	for (w = TAILQ_FIRST(&names->waiting); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->jail == j)
			drop(names, w);
	}
}

/* --- life --------------------------------------------------------------- */

struct engine_names *
engine_names_new(void)
{
	struct engine_names *names = xcalloc(1, sizeof(*names));

	TAILQ_INIT(&names->waiting);
	return names;
}

void
engine_names_free(struct engine_names *names)
{
	struct waiter *w;

	if (names == NULL)
		return;
	while ((w = TAILQ_FIRST(&names->waiting)) != NULL)
		drop(names, w);
	free(names);
}

size_t
engine_names_waiting(const struct engine *e)
{
	return e->names->n;
}

uint64_t
engine_names_dropped(const struct engine *e)
{
	return e->names->dropped;
}
