/*
 * What stands behind ignoreip: the addresses of host names, asked of the
 * resolver when a failure needs them, and files, which the warden opens and
 * hands over again when they change. A failure whose name has no answer yet
 * waits here, and nobody waits with it.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_resolve.h"
#include "process/kept.h"

#define LOGGER "gaol.engine"
#define GUESTS_MAX 10000
#define SOON (30 * CLOCK_SECOND)     /* an answer that ends then is renewed */
#define OWN_NAMES_COUNT (3600 * CLOCK_SECOND)
#define LOOK_SECONDS 60

/* A failure that waits for a name. */
struct guest {
	TAILQ_ENTRY(guest) link;
	struct engine_jail *jail;
	struct kept *kept;
	struct resolve_wait *wait;
};

struct engine_ignoreip {
	struct engine *engine;
	struct strings paths;           /* by the plan's number */
	struct ignore_list **lists;     /* NULL: not read yet */
	TAILQ_HEAD(, guest) guests;
	size_t guests_n;
	uint64_t unasked;               /* counted without an answer */
	struct boot own_until;          /* the answer for our names counts */
	struct addr *own;
	size_t own_n;
	struct event *look;             /* again, where a change lifts bans */
};

/* --- names -------------------------------------------------------------- */

static void
log_none(const struct resolved *r)
{
	if (r->result != LOOKUP_FOUND)
		log_warning("fail2ban.ipdns", "Unable to find a corresponding "
		    "IP address for %s: %s", log_text(r->name),
		    lookup_why(r->result));
}

static bool
has_name(const struct engine_jail *j, struct span name, const char **text)
{
	const struct strings *names = jail_ignore_names(j->jail);

	for (size_t i = 0; i < names->n; i++)
		if (span_eq_nocase(span_of(names->v[i]), name)) {
			*text = names->v[i];
			return true;
		}
	return false;
}

/* Where nobody could say, what is known stays. */
static void
on_name(const struct resolved *r, void *arg)
{
	struct engine *e = arg;
	const char *text;

	log_none(r);
	if (r->result == LOOKUP_FAILED)
		return;
	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->jail == NULL || !has_name(j, r->name, &text))
			continue;
		jail_ignore_name(j->jail, text, r->v, r->n);
		engine_jail_follow(j);
	}
}

static void
refresh(struct engine *e, const struct resolve_question *q)
{
	/* Cannot be refused: it is the administrator's. */
	if (!engine_resolve_pending(e, q))
		(void)engine_resolve(e, q, on_name, e);
}

/* --- this machine's own names ------------------------------------------- */

static void
on_own(const struct resolved *r, void *arg)
{
	struct engine *e = arg;
	struct engine_ignoreip *g = e->ignoreip;

	if (r->result != LOOKUP_FOUND)
		return;
	free(g->own);
	g->own = xreallocarray(NULL, r->n, sizeof(*r->v));
	memcpy(g->own, r->v, r->n * sizeof(*r->v));
	g->own_n = r->n;
	for (size_t i = 0; i < e->jails_n; i++) {
		if (e->jails[i]->jail == NULL)
			continue;
		jail_own_names(e->jails[i]->jail, g->own, g->own_n);
		engine_jail_follow(e->jails[i]);
	}
}

/* Interfaces say most of it and at once: nobody waits for these. */
static void
refresh_own(struct engine *e)
{
	const struct resolve_question q = { .kind = NAME_OWN, .ours = true };
	struct engine_ignoreip *g = e->ignoreip;

	if (clock_boot().us < g->own_until.us)
		return;
	g->own_until.us = clock_boot().us + OWN_NAMES_COUNT;
	(void)engine_resolve(e, &q, on_own, e);
}

void
engine_ignoreip_own(struct engine *e)
{
	e->ignoreip->own_until.us = 0;
}

/* --- failures ----------------------------------------------------------- */

static void
free_guest(struct engine_ignoreip *g, struct guest *guest)
{
	TAILQ_REMOVE(&g->guests, guest, link);
	g->guests_n--;
	kept_free(guest->kept);
	free(guest);
}

/* Another name may be without an answer now: it is asked from the start. */
static void
on_guest(const struct resolved *r, void *arg)
{
	struct guest *guest = arg;
	struct engine_jail *j = guest->jail;
	struct kept *kept = guest->kept;

	(void)r;
	guest->kept = NULL;
	free_guest(j->engine->ignoreip, guest);
	if (j->jail != NULL) {
		engine_jail_failure(j, &kept->failure);
		kept_told(kept);
	}
	kept_free(kept);
}

/*
 * Is it worth waiting for? What was not to be had a minute ago is asked for
 * again, but the last that is known counts meanwhile.
 */
static bool
is_missing(struct engine *e, const struct resolve_question *q)
{
	struct resolved last;

	if (!lookup_is_name(q->name))
		return false;
	if (!engine_resolve_last(e, q, &last)) {
		refresh(e, q);
		return true;
	}
	if (last.until.us - clock_boot().us < SOON)
		refresh(e, q);
	return !last.fresh && last.result != LOOKUP_FAILED;
}

static void
wait_for(struct engine_jail *j, const struct failure *f,
    const struct resolve_question *q)
{
	struct engine_ignoreip *g = j->engine->ignoreip;
	struct guest *guest = xcalloc(1, sizeof(*guest));

	guest->jail = j;
	guest->kept = kept_new(f);
	TAILQ_INSERT_TAIL(&g->guests, guest, link);
	g->guests_n++;
	guest->wait = engine_resolve(j->engine, q, on_guest, guest);
}

bool
engine_ignoreip_ask(struct engine_jail *j, const struct failure *f)
{
	struct engine *e = j->engine;
	const struct strings *names = jail_ignore_names(j->jail);
	const char *missing = NULL;
	struct resolve_question q = { .kind = NAME_ADDRESSES, .ours = true };

	if (f->id.addr.family == ADDR_NONE)
		return false;
	if (j->config->ignoreself)
		refresh_own(e);
	if (names->n == 0 || jail_would_ignore(j->jail, &f->id))
		return false;
	for (size_t i = 0; i < names->n; i++) {
		q.name = span_of(names->v[i]);
		if (is_missing(e, &q))
			missing = names->v[i];
	}
	if (missing == NULL)
		return false;
	if (e->ignoreip->guests_n >= GUESTS_MAX || !kept_has_room()) {
		e->ignoreip->unasked++;
		return false;
	}
	q.name = span_of(missing);
	wait_for(j, f, &q);
	return true;
}

void
engine_ignoreip_forget(struct engine_jail *j)
{
	struct engine_ignoreip *g = j->engine->ignoreip;
	struct guest *guest, *next;

	for (guest = TAILQ_FIRST(&g->guests); guest != NULL; guest = next) {
		next = TAILQ_NEXT(guest, link);
		if (guest->jail != j)
			continue;
		engine_resolve_cancel(guest->wait);
		free_guest(g, guest);
	}
}

/* --- files -------------------------------------------------------------- */

static void
set_file(struct engine *e, const char *path, struct ignore_list *list)
{
	for (size_t i = 0; i < e->jails_n; i++) {
		if (e->jails[i]->jail == NULL)
			continue;
		jail_ignore_file(e->jails[i]->jail, path, list);
		engine_jail_follow(e->jails[i]);
	}
}

/* 0, or -1 with errno: what follows WIRE_IGNORE_FILE_MAX is an error, too. */
static int
read_all(int fd, struct buf *out)
{
	for (;;) {
		ssize_t n = pread(fd, buf_reserve(out, 65536), 65536,
		    (off_t)out->n);

		if (n == -1)
			return -1;
		if (n == 0)
			return 0;
		out->n += (size_t)n;
		if (out->n > WIRE_IGNORE_FILE_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
}

static void
complain(const char *path, int error)
{
	if (error == EFBIG)
		log_warning(LOGGER, "ignoreip: file:/%s is not read: it has "
		    "more than %d bytes", log_text(span_of(path)),
		    WIRE_IGNORE_FILE_MAX);
	else
		log_warning(LOGGER, "ignoreip: file:/%s is not read: %s",
		    log_text(span_of(path)), strerror(error));
}

static void
take_file(struct engine *e, uint32_t number, int fd)
{
	struct engine_ignoreip *g = e->ignoreip;
	const char *path = g->paths.v[number];
	struct buf text = { 0 };
	size_t left;

	if (read_all(fd, &text) == -1) {
		complain(path, errno);
		buf_fini(&text);
		return;
	}
	ignore_list_free(g->lists[number]);
	g->lists[number] = ignore_list_read(buf_span(&text), &left);
	buf_fini(&text);
	log_info(LOGGER, "ignoreip: file:/%s: %zu entries",
	    log_text(span_of(path)), ignore_list_count(g->lists[number]));
	if (left > 0)
		log_warning(LOGGER, "ignoreip: file:/%s: %zu entries are left "
		    "out: accepted are at most %d addresses, networks and ids",
		    log_text(span_of(path)), left, IGNORE_LIST_MAX);
	set_file(e, path, g->lists[number]);
	engine_jails_run(e);
}

/* What was read before stays when it cannot be read again. */
void
engine_ignoreip_take(struct engine *e, const struct wire_ignore *m, int fd)
{
	struct engine_ignoreip *g = e->ignoreip;

	if (m->generation == e->generation && m->file < g->paths.n) {
		if (fd == -1)
			complain(g->paths.v[m->file], m->error);
		else
			take_file(e, m->file, fd);
	}
	if (fd != -1)
		close(fd);
}

static void
drop_files(struct engine_ignoreip *g)
{
	for (size_t i = 0; i < g->paths.n; i++)
		ignore_list_free(g->lists[i]);
	free(g->lists);
	g->lists = NULL;
	strings_fini(&g->paths);
}

/* --- configurations ----------------------------------------------------- */

static void
set_names(struct engine_jail *j)
{
	const struct strings *names = jail_ignore_names(j->jail);
	struct resolve_question q = { .kind = NAME_ADDRESSES, .ours = true };
	struct resolved known;

	for (size_t i = 0; i < names->n; i++) {
		q.name = span_of(names->v[i]);
		if (!lookup_is_name(q.name))
			continue;
		if (!engine_resolve_known(j->engine, &q, &known))
			refresh(j->engine, &q);
		else if (known.result != LOOKUP_FAILED)
			jail_ignore_name(j->jail, names->v[i], known.v,
			    known.n);
	}
	engine_jail_follow(j);
}

void
engine_ignoreip_changed(struct engine_jail *j)
{
	const struct timeval often = { .tv_sec = LOOK_SECONDS };
	struct engine_ignoreip *g = j->engine->ignoreip;

	if (j->jail == NULL)
		return;
	jail_own_names(j->jail, g->own, g->own_n);
	set_names(j);
	for (size_t i = 0; i < g->paths.n; i++)
		if (g->lists[i] != NULL)
			jail_ignore_file(j->jail, g->paths.v[i], g->lists[i]);
	engine_jail_follow(j);
	if (j->config->ignoreip_lifts && jail_ignore_names(j->jail)->n > 0)
		event_add(g->look, &often);
}

void
engine_ignoreip_apply(struct engine *e, const struct plan *plan)
{
	struct engine_ignoreip *g = e->ignoreip;

	/* The warden hands them all over, once it knows we agree. */
	drop_files(g);
	strings_copy(&g->paths, &plan->ignore_files);
	g->lists = xcalloc(g->paths.n + 1, sizeof(struct ignore_list *));
	event_del(g->look);
	for (size_t i = 0; i < e->jails_n; i++)
		engine_ignoreip_changed(e->jails[i]);
}

/* A name may mean another address by now, although nobody has failed. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	clock_tick();
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL &&
		    e->jails[i]->config->ignoreip_lifts)
			set_names(e->jails[i]);
	engine_jails_run(e);
}

/* --- life --------------------------------------------------------------- */

struct engine_ignoreip *
engine_ignoreip_new(struct engine *e)
{
	struct engine_ignoreip *g = xcalloc(1, sizeof(*g));

	g->engine = e;
	TAILQ_INIT(&g->guests);
	g->look = event_new(e->base, -1, EV_PERSIST, on_look, e);
	if (g->look == NULL)
		log_fatal(LOGGER, "out of memory");
	return g;
}

void
engine_ignoreip_free(struct engine_ignoreip *g)
{
	struct guest *guest;

	if (g == NULL)
		return;
	while ((guest = TAILQ_FIRST(&g->guests)) != NULL) {
		engine_resolve_cancel(guest->wait);
		free_guest(g, guest);
	}
	drop_files(g);
	event_free(g->look);
	free(g->own);
	free(g);
}

json_t *
engine_ignoreip_json(const struct engine *e)
{
	const struct engine_ignoreip *g = e->ignoreip;
	json_int_t lifted = 0;

	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			lifted += (json_int_t)
			    jail_counters(e->jails[i]->jail)->lifted;
	return json_pack("{s:I, s:I}",
	    "unasked", (json_int_t)g->unasked, "lifted", lifted);
}

size_t
engine_ignoreip_waiting(const struct engine *e)
{
	return e->ignoreip->guests_n;
}
