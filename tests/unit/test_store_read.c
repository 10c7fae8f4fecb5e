/*
 * What the loop asks of the database while it runs: answered by the thread,
 * behind what was written before, and never by waiting for a disk.
 */
#include "store_scene.h"

#include <errno.h>

struct heard {
	struct scene *scene;
	int error;               /* -1: nothing yet */
	struct store_history history;
	struct store_merged merged;
	struct strings rows;
};

static void
reset(struct heard *h, struct scene *sc)
{
	*h = (struct heard){ .scene = sc, .error = -1 };
}

static void
on_history(int error, const struct store_history *answer, void *arg)
{
	struct heard *h = arg;

	h->error = error;
	h->history = *answer;
}

static void
on_merged(int error, struct store_merged *answer, void *arg)
{
	struct heard *h = arg;

	h->error = error;
	h->merged = *answer;
	answer->matches = (struct strings){ 0 };
}

static void
on_row(struct store_row *row, void *arg)
{
	struct heard *h = arg;
	struct buf b = { 0 };

	buf_addf(&b, "%s ", row->jail);
	id_format(&row->ticket.id, &b);
	buf_addf(&b, " %lld %u", (long long)row->ticket.bantime,
	    row->ticket.bancount);
	strings_take(&h->rows, buf_take(&b));
}

static void
on_done(int error, void *arg)
{
	((struct heard *)arg)->error = error;
}

static void
wait_for(struct heard *h)
{
	while (h->error == -1)
		event_base_loop(h->scene->base, EVLOOP_ONCE);
}

static void
ask_history(struct scene *sc, struct heard *h, const char *jail,
    const char *text)
{
	struct id id = id_from_span(span_of(text));

	reset(h, sc);
	assert_true(store_history(sc->store, jail, &id, on_history, h));
	wait_for(h);
}

static void
the_history_is_what_was_written_before(void **state)
{
	struct scene *sc = *state;
	struct heard h;
	struct ticket t = ticket_of("192.0.2.1", NOW - 50, 600);

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	ask_history(sc, &h, "j", "192.0.2.1");
	assert_int_equal(h.error, 0);
	assert_false(h.history.known);
	t.bancount = 3;
	assert_true(store_ban(sc->store, "j", &t));
	t.bancount = 4;
	t.time = wall_from_seconds(NOW - 9);
	assert_true(store_ban(sc->store, "k", &t));
	ask_history(sc, &h, "j", "192.0.2.1");
	assert_true(h.history.known);
	assert_int_equal(h.history.bancount, 3);
	assert_int_equal(h.history.time, NOW - 50);
	ask_history(sc, &h, NULL, "192.0.2.1");
	assert_int_equal(h.history.bancount, 7);
	assert_int_equal(h.history.time, NOW - 9);
	ask_history(sc, &h, NULL, "192.0.2.2");
	assert_false(h.history.known);
	/* Unbanned by hand: forgotten. */
	assert_true(store_unban(sc->store, "j", &t.id));
	ask_history(sc, &h, "j", "192.0.2.1");
	assert_false(h.history.known);
}

static void
add_row(struct scene *sc, const char *jail, int64_t time, const char *data)
{
	struct ticket t = ticket_of("192.0.2.1", time, 600);

	t.data = xstrdup(data);
	assert_true(store_ban(sc->store, jail, &t));
	free(t.data);
}

static void
rows_are_merged_in_order_of_time(void **state)
{
	struct scene *sc = *state;
	struct id id = id_from_span(SPAN("192.0.2.1"));
	struct heard h;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	reset(&h, sc);
	assert_true(store_merged(sc->store, "j", &id, on_merged, &h));
	wait_for(&h);
	assert_false(h.merged.known);
	add_row(sc, "j", NOW - 5,
	    "{\"matches\": [[\"c\", \"d\", \"e\"]], \"failures\": 2}");
	add_row(sc, "k", NOW - 9, "{\"matches\": [\"k\"], \"failures\": 100}");
	add_row(sc, "j", NOW - 20,
	    "{\"matches\": [\"a\", \"b\"], \"failures\": 3}");
	add_row(sc, "j", NOW - 30, "{}");
	reset(&h, sc);
	assert_true(store_merged(sc->store, "j", &id, on_merged, &h));
	wait_for(&h);
	assert_int_equal(h.merged.failures, 6);
	/* Two lines at most: the scene's dbmaxmatches. */
	assert_int_equal(h.merged.matches.n, 2);
	assert_string_equal(h.merged.matches.v[0], "b");
	assert_string_equal(h.merged.matches.v[1], "cde");
	strings_fini(&h.merged.matches);
	reset(&h, sc);
	assert_true(store_merged(sc->store, NULL, &id, on_merged, &h));
	wait_for(&h);
	assert_int_equal(h.merged.failures, 106);
	assert_string_equal(h.merged.matches.v[0], "k");
	strings_fini(&h.merged.matches);
}

static void
bans_of_a_jail_come_back_while_it_runs(void **state)
{
	struct scene *sc = *state;
	struct heard h;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	ban(sc, "j", "192.0.2.1", NOW - 5, 600);
	ban(sc, "j", "10.1.2.3/8", NOW - 5, -1);
	ban(sc, "j", "192.0.2.9", NOW - 700, 600);
	ban(sc, "k", "192.0.2.2", NOW - 5, 600);
	reset(&h, sc);
	assert_true(store_read_bans(sc->store, "j", wall_from_seconds(NOW),
	    on_row, on_done, &h));
	wait_for(&h);
	assert_int_equal(h.error, 0);
	assert_int_equal(h.rows.n, 2);
	assert_string_equal(h.rows.v[0], "j 192.0.2.1 600 1");
	assert_string_equal(h.rows.v[1], "j 10.0.0.0/8 -1 1");
	strings_fini(&h.rows);
}

static void
no_store_and_no_end_of_questions(void **state)
{
	struct scene *sc = *state;
	struct id id = id_from_span(SPAN("192.0.2.1"));
	struct heard h;
	unsigned n = 0;

	open_with(sc, "None", 10);
	assert_false(store_history(sc->store, "j", &id, on_history, &h));
	close_store(sc);
	open_with(sc, sc->path, 100000);
	reset(&h, sc);
	/* The thread does not run yet: they wait. */
	while (store_history(sc->store, "j", &id, on_history, &h))
		n++;
	assert_int_equal(n, 20000);
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(h.error, 0);
	ask_history(sc, &h, "j", "192.0.2.1");
}

static void
lock(struct scene *sc, sqlite3 **db)
{
	assert_int_equal(sqlite3_open(sc->path, db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(*db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
}

/* Somebody else holds the file: rows wait for it, questions do not. */
static void
a_disk_that_fails_answers_with_an_error(void **state)
{
	struct scene *sc = *state;
	struct id id = id_from_span(SPAN("192.0.2.1"));
	struct heard h;
	sqlite3 *db;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(sync_store(sc), 0);
	lock(sc, &db);
	ban(sc, "j", "192.0.2.1", NOW, 600);
	reset(&h, sc);
	assert_true(store_history(sc->store, "j", &id, on_history, &h));
	wait_for(&h);
	assert_int_equal(h.error, EIO);
	assert_non_null(store_error(sc->store));
	assert_false(store_history(sc->store, "j", &id, on_history, &h));
	sqlite3_close(db);
	assert_int_equal(sync_store(sc), 0);
	ask_history(sc, &h, "j", "192.0.2.1");
	assert_true(h.history.known);
}

static void
on_history_ban(int error, const struct store_history *answer, void *arg)
{
	struct heard *h = arg;

	on_history(error, answer, arg);
	ban(h->scene, "j", "192.0.2.1", NOW, 600);
}

static void
who_is_told_at_the_end_is_still_written(void **state)
{
	struct scene *sc = *state;
	struct id id = id_from_span(SPAN("192.0.2.1"));
	struct heard h;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	reset(&h, sc);
	assert_true(store_history(sc->store, "j", &id, on_history_ban, &h));
	close_store(sc);
	assert_int_equal(h.error, 0);
	assert_answer(sc, "SELECT count(*) FROM bips", "1");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(the_history_is_what_was_written_before),
		SCENE(rows_are_merged_in_order_of_time),
		SCENE(bans_of_a_jail_come_back_while_it_runs),
		SCENE(no_store_and_no_end_of_questions),
		SCENE(a_disk_that_fails_answers_with_an_error),
		SCENE(who_is_told_at_the_end_is_still_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
