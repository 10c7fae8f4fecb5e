#include "process/engine_local.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "config/jail_load.h"
#include "process/engine_event.h"
#include "source/journal.h"

#define LOGGER "fail2ban.filtersystemd"

/* --- reading ------------------------------------------------------------ */

static void
on_failure(const struct failure *f, void *arg)
{
	struct engine_reader *r = arg;

	engine_jail_failure(r->jail, f);
}

static void
on_entry(struct span message, struct wall time, bool live, void *arg)
{
	struct engine_reader *r = arg;

	r->moved = true;
	filter_message(r->jail->filter, message, time,
	    live ? FILTER_LIVE : FILTER_RESTORING, on_failure, r);
	if (r->events != NULL)
		engine_event_message(r->jail->engine, r->events, message,
		    time);
}

static void
read_failed(struct engine *e, struct engine_reader *r, int error)
{
	if (r->error != error)
		log_error(LOGGER, "[%s] the journal cannot be read: %s",
		    r->jail->config->name, strerror(error));
	r->error = error;
	r->attached = false;
	if (r->source != ENGINE_NO_SOURCE)
		e->journals.sources[r->source].incomplete = true;
}

static bool
read_some(struct engine *e, struct engine_reader *r)
{
	struct timeval second = { .tv_sec = 1 };
	int rc;

	r->events = engine_event_filter_of_reader(e, r);
	rc = journal_read(r->journal, JOURNAL_BUDGET, on_entry, r);
	if (r->events != NULL)
		engine_event_journal_read(e, r);
	if (rc == -1)
		read_failed(e, r, errno);
	if (rc == 0 && r->attached)
		r->until = clock_wall();
	if (rc == 0 && !r->live) {
		r->live = true;
		log_info(LOGGER, "[%s] Jail is in operation now (process new "
		    "journal entries)", r->jail->config->name);
	}
	if ((r->moved || r->events != NULL) && !event_pending(e->save, EV_TIMEOUT, NULL))
		event_add(e->save, &second);
	return rc == 1;
}

bool
engine_journal_work(struct engine *e)
{
	bool more = false;

	for (size_t i = 0; i < e->journals.readers_n; i++) {
		struct engine_reader *r = &e->journals.readers[i];

		if (!r->dirty || !engine_jail_reads(r->jail))
			continue;
		r->dirty = read_some(e, r);
		more = more || r->dirty;
	}
	return more;
}

void
engine_journal_attach(struct engine *e, struct engine_reader *r, struct engine_source *s)
{
	int n = journal_attach(r->journal, s->fds, s->fds_n);

	r->attached = n > 0;
	if (n == -1) {
		read_failed(e, r, errno);
		return;
	}
	r->error = 0;
	s->incomplete = s->incomplete || (size_t)n < s->fds_n;
	r->dirty = true;
}

/* --- readers ------------------------------------------------------------ */

/* The later of what was stored and now - findtime; never the future. */
static struct wall
begin_of(struct engine *e, const struct jail_config *c)
{
	struct wall now = clock_wall(), stored;
	struct wall begin = { now.us - (int64_t)c->findtime * CLOCK_SECOND };

	/* At a reload the store's thread runs: new ones begin anew. */
	if (e->store == NULL || e->reconciled ||
	    !store_load_journal(e->store, c->name, &stored))
		return begin;
	if (stored.us > now.us)
		return now;
	return stored.us > begin.us ? stored : begin;
}

static void
log_matches(const struct jail_config *c)
{
	for (size_t i = 0; i < c->filter.journalmatch.n; i++)
		log_info(LOGGER, "[%s] Added journal match for: '%s'", c->name,
		    log_text(span_of(c->filter.journalmatch.v[i])));
	if (c->filter.journalmatch.n == 0)
		log_notice(LOGGER, "[%s] Jail started without 'journalmatch' "
		    "set. Jail regexs will be checked against all journal "
		    "entries, which is not advised for performance reasons.",
		    c->name);
}

static struct journal *
new_journal(struct engine *e, const struct jail_config *c, struct wall begin)
{
	const struct journal_options options = {
		.matches = &c->filter.journalmatch,
		.begin = begin,
		.line_max = (size_t)e->config->own.line_max,
	};

	return journal_new(&options);
}

static struct engine_reader *
find_reader(struct engine *e, const struct engine_jail *j)
{
	for (size_t i = 0; i < e->journals.readers_n; i++)
		if (e->journals.readers[i].jail == j)
			return &e->journals.readers[i];
	return NULL;
}

/* Made anew at each reload, as its matches may be others, at its place. */
static void
make_reader(struct engine *e, struct engine_reader *r, const char *name,
    const struct plan *plan)
{
	const struct engine_reader *old;
	const struct jail_config *c;

	r->jail = engine_jail_find(e, name);
	c = r->jail->config;
	r->backend = xstrdup(c->backend);
	r->source = plan_journal(plan, c->backend);
	log_matches(c);
	old = find_reader(e, r->jail);
	if (old != NULL && strcmp(old->backend, r->backend) == 0) {
		r->journal = new_journal(e, c, journal_place(old->journal));
		r->moved = old->moved;
		return;
	}
	r->journal = new_journal(e, c, begin_of(e, c));
}

/*
 * One of a jail that commands made keeps its journal, too: which number that
 * has by now, the warden is asked.
 */
static void
keep_made(struct engine *e, struct engine_journals *next)
{
	for (size_t i = 0; i < e->journals.readers_n; i++) {
		struct engine_reader *old = &e->journals.readers[i];

		if (!old->jail->made || !engine_jail_stays(old->jail))
			continue;
		next->readers[next->readers_n] = *old;
		next->readers[next->readers_n++].source = ENGINE_NO_SOURCE;
		old->journal = NULL;
		old->backend = NULL;
		engine_journal_given_keep(old->jail);
	}
}

static bool
is_made(struct engine *e, const char *name)
{
	const struct engine_jail *j = engine_jail_find(e, name);

	return j->made && engine_jail_stays(j);
}

static void
free_all(struct engine_journals *all)
{
	for (size_t i = 0; i < all->readers_n; i++) {
		journal_free(all->readers[i].journal);
		free(all->readers[i].backend);
	}
	free(all->readers);
	all->readers = NULL;
	all->readers_n = 0;
	engine_journal_source_free(all);
}

void
engine_journal_apply(struct engine *e, const struct config *config,
    const struct plan *plan)
{
	struct engine_journals next = {
		.watch = e->journals.watch,
		.watch_fd = e->journals.watch_fd,
		.look = e->journals.look,
	};

	next.readers = xcalloc(config->jails_n + e->journals.readers_n + 1,
	    sizeof(*next.readers));
	next.sources = xcalloc(plan->journals.n + 1, sizeof(*next.sources));
	next.sources_n = plan->journals.n;
	for (size_t i = 0; i < config->jails_n; i++) {
		const struct jail_config *c = &config->jails[i];

		if (c->error == NULL && jail_reads_journal(c) &&
		    !is_made(e, c->name))
			make_reader(e, &next.readers[next.readers_n++],
			    c->name, plan);
	}
	keep_made(e, &next);
	next.given = e->journals.given;
	free_all(&e->journals);
	e->journals = next;
}

/* Its files are with the warden: all of them, once more. */
static void
read_from(struct engine *e, struct engine_reader *r, struct wall begin)
{
	journal_free(r->journal);
	r->journal = new_journal(e, r->jail->config, begin);
	r->attached = false;
	if (r->source == ENGINE_NO_SOURCE)
		return;
	e->journals.sources[r->source].signature = 0;
	engine_journal_source_ask(e, r->source);
}

void
engine_journal_rematch(struct engine *e, struct engine_jail *j)
{
	struct engine_reader *r = find_reader(e, j);

	if (r != NULL)
		read_from(e, r, journal_place(r->journal));
}

/* --- of jails that commands make -------------------------------------------- */

static void
add_source(struct engine_journals *all, uint32_t source)
{
	if (source < all->sources_n)
		return;
	all->sources = xreallocarray(all->sources, all->sources_n + 1,
	    sizeof(*all->sources));
	all->sources[all->sources_n++] = (struct engine_source){ 0 };
}

static struct engine_reader *
add_reader(struct engine *e, struct engine_jail *j)
{
	struct engine_journals *all = &e->journals;
	struct engine_reader *r;

	all->readers = xreallocarray(all->readers, all->readers_n + 1,
	    sizeof(*all->readers));
	r = &all->readers[all->readers_n++];
	*r = (struct engine_reader){
		.jail = j, .backend = xstrdup(j->config->backend),
		.journal = new_journal(e, j->config, clock_wall()),
		.fresh = true,
	};
	return r;
}

void
engine_journal_add(struct engine_jail *j, uint32_t source)
{
	struct engine *e = j->engine;
	struct engine_reader *r = find_reader(e, j);

	if (r != NULL && strcmp(r->backend, j->config->backend) != 0) {
		engine_journal_drop(j);
		r = NULL;
	}
	add_source(&e->journals, source);
	if (r == NULL)
		r = add_reader(e, j);
	r->source = source;
	/* By now its matches are others. */
	if (!r->fresh)
		read_from(e, r, journal_place(r->journal));
}

void
engine_journal_begin(struct engine_jail *j)
{
	struct engine *e = j->engine;
	struct engine_reader *r = find_reader(e, j);

	if (r == NULL)
		return;
	if (j->config->filter.journalmatch.n == 0)
		log_matches(j->config);
	if (r->fresh)
		read_from(e, r, begin_of(e, j->config));
	r->fresh = false;
	r->dirty = true;
	event_active(e->work, EV_TIMEOUT, 0);
}

void
engine_journal_drop(struct engine_jail *j)
{
	struct engine_journals *all = &j->engine->journals;
	struct engine_reader *r = find_reader(j->engine, j);

	if (r == NULL)
		return;
	journal_free(r->journal);
	free(r->backend);
	memmove(r, r + 1, (size_t)(all->readers + all->readers_n - (r + 1)) *
	    sizeof(*r));
	all->readers_n--;
}

void
engine_journal_save(struct engine *e)
{
	for (size_t i = 0; e->store != NULL && i < e->journals.readers_n;
	    i++) {
		struct engine_reader *r = &e->journals.readers[i];

		if (!r->moved)
			continue;
		r->moved = false;
		store_journal(e->store, r->jail->config->name,
		    journal_place(r->journal));
	}
}

const struct engine_reader *
engine_journal_of(const struct engine *e, const struct engine_jail *j)
{
	return find_reader((struct engine *)e, j);
}

void
engine_journal_fini(struct engine *e)
{
	free_all(&e->journals);
	engine_journal_source_fini(e);
}
