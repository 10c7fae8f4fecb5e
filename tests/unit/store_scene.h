/* A store on a file in a directory of its own, and somebody to look at it. */
#ifndef GAOL_TESTS_UNIT_STORE_SCENE_H
#define GAOL_TESTS_UNIT_STORE_SCENE_H

#include <event2/event.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/store.h"

#define NOW 1700000000

struct scene {
	struct event_base *base;
	char dir[64];
	char path[96];
	struct store *store;
	unsigned failed, recovered;   /* state events */
	unsigned files;               /* file events */
	int reached;                  /* barrier: -1 not yet */
	struct strings bans;          /* what store_load_bans told */
};

static void
on_state(const char *error, void *arg)
{
	struct scene *sc = arg;

	if (error != NULL)
		sc->failed++;
	else
		sc->recovered++;
}

static void
on_file(void *arg)
{
	((struct scene *)arg)->files++;
}

static const struct store_events events = {
	.state = on_state, .file = on_file,
};

static void
on_barrier(int error, void *arg)
{
	struct scene *sc = arg;

	sc->reached = error;
	event_base_loopbreak(sc->base);
}

static void
open_with(struct scene *sc, const char *path, size_t queue_max)
{
	struct store_options o = { .path = path, .purge_age = 86400,
		.maxmatches = 2, .queue_max = queue_max };

	sc->store = store_open(&o, sc->base, &events, sc);
	assert_non_null(sc->store);
}

static void
open_store(struct scene *sc)
{
	open_with(sc, sc->path, 10000);
}

static void
close_store(struct scene *sc)
{
	store_close(sc->store);
	sc->store = NULL;
}

/* Everything asked so far is on the disk. */
static int
sync_store(struct scene *sc)
{
	sc->reached = -1;
	assert_true(store_barrier(sc->store, on_barrier, sc));
	while (sc->reached == -1)
		event_base_loop(sc->base, EVLOOP_ONCE);
	return sc->reached;
}

static struct ticket
ticket_of(const char *id, int64_t time, int64_t bantime)
{
	struct ticket t = { .bantime = bantime, .permanent = bantime < 0,
		.bancount = 1, .failures = 5 };

	t.id = id_from_span(span_of(id));
	t.time = wall_from_seconds(time);
	return t;
}

static inline void
ban(struct scene *sc, const char *jail, const char *id, int64_t time,
    int64_t bantime)
{
	struct ticket t = ticket_of(id, time, bantime);

	assert_true(store_ban(sc->store, jail, &t));
}

static void
note_ban(struct store_row *row, void *arg)
{
	struct scene *sc = arg;
	struct buf b = { 0 };

	buf_addf(&b, "%s ", row->jail);
	id_format(&row->ticket.id, &b);
	buf_addf(&b, " %lld %lld%s %u",
	    (long long)wall_seconds(row->ticket.time),
	    (long long)row->ticket.bantime,
	    row->ticket.permanent ? " permanent" : "",
	    row->ticket.bancount);
	strings_take(&sc->bans, buf_take(&b));
}

static inline size_t
load(struct scene *sc, const char *jail)
{
	strings_fini(&sc->bans);
	if (store_load_bans(sc->store, jail, wall_from_seconds(NOW),
	    note_ban, sc) == -1)
		return SIZE_MAX;
	return sc->bans.n;
}

/* One value out of the file, by a connection of our own. */
static char *
ask(struct scene *sc, const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	char *text;

	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	text = xstrdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

static void
assert_answer(struct scene *sc, const char *sql, const char *expected)
{
	char *text = ask(sc, sql);

	assert_string_equal(text, expected);
	free(text);
}

static int
setup(void **state)
{
	struct scene *sc = calloc(1, sizeof(*sc));

	log_set_level(LEVEL_CRITICAL);
	sc->base = event_base_new();
	snprintf(sc->dir, sizeof(sc->dir), "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(sc->dir));
	snprintf(sc->path, sizeof(sc->path), "%s/f2b.sqlite3", sc->dir);
	*state = sc;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	struct scene *sc = *state;

	store_close(sc->store);
	event_base_free(sc->base);
	strings_fini(&sc->bans);
	nftw(sc->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(sc);
	return 0;
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
