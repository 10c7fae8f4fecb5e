#include "process/engine_journal_source.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_local.h"
#include "source/journal.h"

#define LOGGER "fail2ban.filtersystemd"
#define LOOK_SECONDS 60        /* at a journal that is watched */
#define LOOK_BLIND_SECONDS 2   /* … and that cannot be */
#define FDS_MAX 1024           /* twice what the warden sends of a journal */

/* --- asking the warden -------------------------------------------------- */

/*
 * The oldest moment that any of its readers still asks for: of one that was
 * at the end, the moment it was there, or a quiet jail would keep old files.
 */
static int64_t
since(const struct engine *e, uint32_t source)
{
	const struct engine_journals *all = &e->journals;
	int64_t oldest = clock_wall().us;

	for (size_t i = 0; i < all->readers_n; i++) {
		const struct engine_reader *r = &all->readers[i];
		int64_t us = journal_place(r->journal).us;

		if (us < r->until.us)
			us = r->until.us;
		if (r->source == source && us < oldest)
			oldest = us;
	}
	return oldest;
}

void
engine_journal_source_ask(struct engine *e, uint32_t number)
{
	struct engine_source *s = &e->journals.sources[number];
	struct wire_journal m = {
		.type = WIRE_JOURNAL_OPEN,
		.generation = e->generation,
		.journal = number,
		.signature = s->incomplete ? 0 : s->signature,
	};

	if (s->asked) {
		s->again = true;
		return;
	}
	m.since = since(e, number);
	s->asked = port_send(e->warden, &m, sizeof(m), -1) == 0;
}

void
engine_journal_source_ask_all(struct engine *e)
{
	for (size_t i = 0; i < e->journals.sources_n; i++)
		engine_journal_source_ask(e, (uint32_t)i);
}

/* --- files come --------------------------------------------------------- */

static void
touch(struct engine *e, uint32_t source)
{
	for (size_t i = 0; i < e->journals.readers_n; i++) {
		if (e->journals.readers[i].source == source)
			e->journals.readers[i].dirty = true;
	}
	event_active(e->work, EV_TIMEOUT, 0);
}

static struct engine_source *
source_of(struct engine *e, const struct wire_journal *m)
{
	if (m->generation != e->generation ||
	    m->journal >= e->journals.sources_n)
		return NULL;
	return &e->journals.sources[m->journal];
}

static void
close_files(struct engine_source *s)
{
	for (size_t i = 0; i < s->fds_n; i++)
		close(s->fds[i]);
	free(s->fds);
	s->fds = NULL;
	s->fds_n = 0;
}

void
engine_journal_source_file(struct engine *e, const struct wire_journal *m, int fd)
{
	struct engine_source *s = source_of(e, m);

	if (s == NULL || s->fds_n == FDS_MAX) {
		close(fd);
		return;
	}
	s->fds = xreallocarray(s->fds, s->fds_n + 1, sizeof(*s->fds));
	s->fds[s->fds_n++] = fd;
}

static void
take_watches(struct engine_source *s, const struct wire_wd *wds, size_t n)
{
	s->wds = xreallocarray(s->wds, n, sizeof(*s->wds));
	s->wds_n = 0;
	for (size_t i = 0; i < n; i++) {
		if (wds[i].wd != -1)
			s->wds[s->wds_n++] = wds[i].wd;
	}
}

static void
look_later(struct engine *e)
{
	struct timeval later = { .tv_sec = LOOK_SECONDS };

	for (size_t i = 0; i < e->journals.sources_n; i++) {
		const struct engine_source *s = &e->journals.sources[i];

		if (s->wds_n == 0 || s->incomplete)
			later.tv_sec = LOOK_BLIND_SECONDS;
	}
	event_add(e->journals.look, &later);
}

void
engine_journal_source_end(struct engine *e, const struct wire_journal *m,
    const struct wire_wd *wds, size_t n)
{
	struct engine_source *s = source_of(e, m);

	if (s == NULL)
		return;
	s->asked = false;
	take_watches(s, wds, n);
	if (m->error != EALREADY) {
		s->error = m->error;
		s->signature = m->signature;
		s->incomplete = m->error != 0;
		for (size_t i = 0; i < e->journals.readers_n; i++) {
			struct engine_reader *r = &e->journals.readers[i];

			if (r->source == m->journal)
				engine_journal_attach(e, r, s);
		}
		close_files(s);
	}
	touch(e, m->journal);
	if (s->again) {
		s->again = false;
		engine_journal_source_ask(e, m->journal);
	}
	look_later(e);
}

/* --- what the watch tells ----------------------------------------------- */

static bool
has_wd(const struct engine_source *s, int wd)
{
	for (size_t i = 0; i < s->wds_n; i++)
		if (s->wds[i] == wd)
			return true;
	return false;
}

/* A watch that is news to us belongs to what was just asked for. */
static void
on_event(enum journal_event event, int wd, void *arg)
{
	struct engine *e = arg;

	for (size_t i = 0; i < e->journals.sources_n; i++) {
		struct engine_source *s = &e->journals.sources[i];

		if (wd != -1 && !s->asked && !has_wd(s, wd))
			continue;
		touch(e, (uint32_t)i);
		if (event != JOURNAL_GREW || s->incomplete)
			engine_journal_source_ask(e, (uint32_t)i);
	}
}

static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)what;
	clock_tick();
	if (journal_watch_read(fd, on_event, e) == -1)
		log_error(LOGGER, "inotify: %s", strerror(errno));
}

void
engine_journal_source_watch(struct engine *e, int fd)
{
	if (e->journals.watch != NULL) {
		close(fd);
		return;
	}
	e->journals.watch_fd = fd;
	e->journals.watch = event_new(e->base, fd, EV_READ | EV_PERSIST,
	    on_watch, e);
	if (e->journals.watch == NULL ||
	    event_add(e->journals.watch, NULL) == -1)
		log_fatal("gaol.engine", "out of memory");
}

/* A directory that is made later, a watch that could not be had. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	clock_tick();
	for (size_t i = 0; i < e->journals.sources_n; i++) {
		touch(e, (uint32_t)i);
		engine_journal_source_ask(e, (uint32_t)i);
	}
	if (e->journals.sources_n > 0)
		look_later(e);
}

/* --- life --------------------------------------------------------------- */

int
engine_journal_source_init(struct engine *e)
{
	e->journals.look = event_new(e->base, -1, 0, on_look, e);
	return e->journals.look == NULL ? -1 : 0;
}

void
engine_journal_source_free(struct engine_journals *all)
{
	for (size_t i = 0; i < all->sources_n; i++) {
		close_files(&all->sources[i]);
		free(all->sources[i].wds);
	}
	free(all->sources);
	all->sources = NULL;
	all->sources_n = 0;
}

void
engine_journal_source_fini(struct engine *e)
{
	engine_journal_source_free(&e->journals);
	if (e->journals.watch != NULL)
		event_free(e->journals.watch);
	if (e->journals.look != NULL)
		event_free(e->journals.look);
	if (e->journals.watch_fd != -1)
		close(e->journals.watch_fd);
}
