/* What the store was told is in the file, and comes back out of it. */
#include "store_scene.h"

#include <time.h>
#include <unistd.h>

static void
run_sql(struct scene *sc, const char *sql)
{
	char *error = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	if (error != NULL)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

static void
what_was_written_is_read_again(void **state)
{
	struct scene *sc = *state;
	struct store_counters n;
	struct stat st;

	open_store(sc);
	assert_null(store_error(sc->store));
	assert_int_equal(load(sc, "sshd"), 0);
	assert_int_equal(store_start(sc->store), 0);
	assert_true(store_add_jail(sc->store, "sshd"));
	ban(sc, "sshd", "192.0.2.1", NOW - 10, 600);
	ban(sc, "sshd", "192.0.2.1", NOW - 5, 700);
	ban(sc, "sshd", "2001:DB8::7", NOW - 5, -1);
	ban(sc, "sshd", "10.1.2.3/8", NOW - 5, 600);
	ban(sc, "sshd", "some body", NOW - 5, 600);
	ban(sc, "sshd", "192.0.2.9", NOW - 600, 600);
	ban(sc, "other", "192.0.2.1", NOW - 5, 600);
	assert_int_equal(sync_store(sc), 0);
	store_counters(sc->store, &n);
	assert_int_equal(n.written, 8);
	assert_int_equal(n.lost, 0);
	assert_int_equal(n.waiting, 0);
	assert_true(n.commits >= 1 && n.commits <= 9);
	close_store(sc);
	assert_int_equal(stat(sc->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	open_store(sc);
	assert_int_equal(load(sc, "sshd"), 4);
	assert_string_equal(sc->bans.v[0], "sshd 192.0.2.1 1699999995 700 1");
	assert_string_equal(sc->bans.v[1],
	    "sshd 2001:db8::7 1699999995 -1 permanent 1");
	assert_string_equal(sc->bans.v[2], "sshd 10.0.0.0/8 1699999995 600 1");
	assert_string_equal(sc->bans.v[3], "sshd some body 1699999995 600 1");
	assert_int_equal(load(sc, NULL), 5);
	assert_string_equal(sc->bans.v[4], "other 192.0.2.1 1699999995 600 1");
	/* History has every ban, bips the latest of each. */
	assert_answer(sc, "SELECT count(*) FROM bans", "7");
	assert_answer(sc, "SELECT count(*) FROM bips", "6");
	assert_int_equal(sc->failed + sc->recovered, 0);
}

static void
data_is_json_with_the_lines_it_may_have(void **state)
{
	struct scene *sc = *state;
	struct ticket t = ticket_of("192.0.2.1", NOW, 600);

	open_store(sc);
	assert_true(store_ban(sc->store, "j", &t));
	assert_answer(sc, "SELECT 1", "1");
	strings_add(&t.matches, SPAN("a"));
	strings_add(&t.matches, SPAN("b"));
	strings_add(&t.matches, SPAN("c"));
	t.data = xstrdup("{\"matches\": [\"a\", \"b\", \"c\"], "
	    "\"failures\": 3, \"user\": \"x\"}");
	assert_true(store_ban(sc->store, "j", &t));
	free(t.data);
	t.data = xstrdup("no json");
	assert_true(store_ban(sc->store, "k", &t));
	strings_fini(&t.matches);
	free(t.data);
	close_store(sc);
	assert_answer(sc, "SELECT data FROM bans WHERE rowid = 1",
	    "{\"matches\": [], \"failures\": 5}");
	/* dbmaxmatches 2: the last two stay. */
	assert_answer(sc, "SELECT data FROM bips WHERE jail = 'j'",
	    "{\"matches\":[\"b\",\"c\"],\"failures\":3,\"user\":\"x\"}");
	assert_answer(sc, "SELECT data FROM bips WHERE jail = 'k'",
	    "{\"matches\": [], \"failures\": 5}");
}

static void
unban_takes_row_and_history(void **state)
{
	struct scene *sc = *state;
	struct id id = id_from_span(SPAN("192.0.2.1"));

	open_store(sc);
	store_start(sc->store);
	ban(sc, "a", "192.0.2.1", NOW, 600);
	ban(sc, "a", "192.0.2.2", NOW, 600);
	ban(sc, "b", "192.0.2.1", NOW, 600);
	ban(sc, "c", "192.0.2.1", NOW, 600);
	ban(sc, "c", "192.0.2.2", NOW, 600);
	assert_true(store_unban(sc->store, "a", &id));
	assert_true(store_unban_all(sc->store, "c"));
	assert_int_equal(sync_store(sc), 0);
	close_store(sc);
	assert_answer(sc, "SELECT group_concat(jail || ' ' || ip, ',')"
	    " FROM (SELECT * FROM bips ORDER BY jail)",
	    "a 192.0.2.2,b 192.0.2.1");
	assert_answer(sc, "SELECT group_concat(jail || ' ' || ip, ',')"
	    " FROM (SELECT * FROM bans ORDER BY jail)",
	    "a 192.0.2.2,b 192.0.2.1");
}

static void
positions_come_back(void **state)
{
	static const char hash[] = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
	struct scene *sc = *state;
	struct tail_position p = { .offset = INT64_C(5000000000) }, got;
	struct wall when;

	open_store(sc);
	store_start(sc->store);
	memcpy(p.hash, hash, sizeof(hash));
	assert_true(store_position(sc->store, "j", "/var/log/a", &p));
	p.offset++;
	assert_true(store_position(sc->store, "j", "/var/log/a", &p));
	p.hash[0] = '\0';
	assert_true(store_position(sc->store, "j", "/var/log/b", &p));
	assert_int_equal(sync_store(sc), 0);
	close_store(sc);
	run_sql(sc, "INSERT INTO logs VALUES('j', 'md5',"
	    " 'd41d8cd98f00b204e9800998ecf8427e', 7);"
	    "INSERT INTO logs VALUES('j', 'bad', 'x', -7);"
	    "INSERT INTO logs VALUES('j', 'systemd-journal',"
	    " '2026-11-21T22:08:12', 1764000000.25)");
	open_store(sc);
	assert_true(store_load_position(sc->store, "j", "/var/log/a", &got));
	assert_string_equal(got.hash, hash);
	assert_int_equal(got.offset, INT64_C(5000000001));
	assert_true(store_load_position(sc->store, "j", "/var/log/b", &got));
	assert_string_equal(got.hash, "");
	assert_true(store_load_position(sc->store, "j", "md5", &got));
	assert_int_equal(strlen(got.hash), 32);
	assert_true(store_load_position(sc->store, "j", "systemd-journal",
	    &got));
	assert_int_equal(got.offset, 1764000000);
	assert_true(store_load_journal(sc->store, "j", &when));
	assert_int_equal(when.us, INT64_C(1764000000250000));
	assert_false(store_load_journal(sc->store, "k", &when));
	assert_false(store_load_position(sc->store, "j", "bad", &got));
	assert_false(store_load_position(sc->store, "k", "/var/log/a",
	    &got));
}

/* To the microsecond and back, as a number with a fraction as upstream's. */
static void
the_journal_comes_back(void **state)
{
	struct scene *sc = *state;
	struct wall place = { INT64_C(1790000000123457) }, got;

	setenv("TZ", "UTC", 1);
	tzset();
	open_store(sc);
	store_start(sc->store);
	assert_true(store_journal(sc->store, "j", place));
	place.us = INT64_C(1790000000000000);
	assert_true(store_journal(sc->store, "k", place));
	assert_int_equal(sync_store(sc), 0);
	close_store(sc);
	assert_answer(sc, "SELECT group_concat(jail || ' ' || path || ' ' ||"
	    " firstlinemd5 || ' ' || typeof(lastfilepos), ',') FROM"
	    " (SELECT * FROM logs ORDER BY jail)",
	    "j systemd-journal 2026-09-21T14:13:20.123457 real,"
	    "k systemd-journal 2026-09-21T14:13:20 integer");
	run_sql(sc, "INSERT INTO logs VALUES('bad', 'systemd-journal', '', "
	    "-1.5); INSERT INTO logs VALUES('big', 'systemd-journal', '', "
	    "1e300)");
	open_store(sc);
	assert_true(store_load_journal(sc->store, "j", &got));
	assert_int_equal(got.us, INT64_C(1790000000123457));
	assert_true(store_load_journal(sc->store, "k", &got));
	assert_int_equal(got.us, place.us);
	assert_false(store_load_journal(sc->store, "bad", &got));
	assert_false(store_load_journal(sc->store, "big", &got));
}

static void
jails_are_enabled_and_purged(void **state)
{
	struct scene *sc = *state;

	open_store(sc);
	store_start(sc->store);
	assert_true(store_add_jail(sc->store, "old"));
	assert_true(store_add_jail(sc->store, "used"));
	assert_true(store_add_jail(sc->store, "again"));
	assert_true(store_disable_jail(sc->store, "old"));
	assert_true(store_disable_jail(sc->store, "used"));
	assert_true(store_disable_jail(sc->store, "again"));
	assert_true(store_add_jail(sc->store, "again"));
	/* purge_age is a day: history goes, bips wait for 3 bantimes. */
	ban(sc, "used", "192.0.2.1", NOW - 86401, 600);
	ban(sc, "used", "192.0.2.2", NOW - 86400 - 1801, 600);
	ban(sc, "used", "192.0.2.3", NOW - 900000, -1);
	ban(sc, "used", "192.0.2.4", NOW - 86399, 600);
	assert_true(store_purge(sc->store, wall_from_seconds(NOW)));
	assert_int_equal(sync_store(sc), 0);
	close_store(sc);
	assert_answer(sc, "SELECT group_concat(name || enabled, ',') FROM"
	    " (SELECT * FROM jails ORDER BY name)", "again1,used0");
	assert_answer(sc, "SELECT group_concat(ip, ',') FROM bans",
	    "192.0.2.4");
	assert_answer(sc, "SELECT group_concat(ip, ',') FROM bips",
	    "192.0.2.1,192.0.2.3,192.0.2.4");
}

static void
what_waits_is_committed_together(void **state)
{
	struct scene *sc = *state;
	struct store_counters n;
	int i;

	open_store(sc);
	for (i = 0; i < 500; i++)
		ban(sc, "sshd", "192.0.2.1", NOW + i, 600);
	store_start(sc->store);
	assert_int_equal(sync_store(sc), 0);
	store_counters(sc->store, &n);
	assert_int_equal(n.written, 500);
	/* The barrier may have come a commit later. */
	assert_in_range(n.commits, 1, 2);
}

static void
a_full_queue_refuses_and_counts(void **state)
{
	struct scene *sc = *state;
	struct ticket t = ticket_of("192.0.2.1", NOW, 600);
	struct store_counters n;
	int i, taken = 0;

	open_with(sc, sc->path, 5);
	for (i = 0; i < 12; i++)
		taken += store_ban(sc->store, "sshd", &t);
	assert_int_equal(taken, 5);
	store_counters(sc->store, &n);
	assert_int_equal(n.lost, 7);
	assert_int_equal(n.waiting, 5);
	/* What was taken is written, even without a thread. */
	close_store(sc);
	assert_answer(sc, "SELECT count(*) FROM bans", "5");
}

static void
no_store_takes_everything(void **state)
{
	struct scene *sc = *state;
	struct tail_position p;

	open_with(sc, "None", 1);
	assert_int_equal(load(sc, "sshd"), 0);
	assert_int_equal(store_start(sc->store), 0);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_true(store_purge(sc->store, wall_from_seconds(NOW)));
	assert_false(store_load_position(sc->store, "sshd", "x", &p));
	assert_int_equal(sync_store(sc), 0);
	close_store(sc);
	assert_int_equal(access("None", F_OK), -1);
	open_with(sc, ":memory:", 100);
	store_start(sc->store);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	assert_null(store_error(sc->store));
}

static void
hostile_rows_are_left_out(void **state)
{
	struct scene *sc = *state;
	struct store_counters n;

	open_store(sc);
	close_store(sc);
	run_sql(sc, "PRAGMA foreign_keys = OFF;"
	    "INSERT INTO bips VALUES('192.0.2.1','j',1699999999,600,1,'{}');"
	    "INSERT INTO bips VALUES(x'00ff','j',1699999999,600,1,'{}');"
	    "INSERT INTO bips VALUES('','j',1699999999,600,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.2','j',-5,-1,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.3','j',1699999999,-9,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.4','j',9e18,9e18,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.5','j',1699999999,600,-3,'{}');"
	    "INSERT INTO bips VALUES(hex(zeroblob(2000)),'j',1699999999,600,"
	    "1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.6','j',1699999999,600,1,"
	    "'x' || hex(zeroblob(2000000)));"
	    "INSERT INTO bips VALUES('192.0.2.7','j',1699999999,-2,1,NULL);"
	    "INSERT INTO bips VALUES('192.0.2.8',x'6a',1699999999,600,1,'');");
	open_store(sc);
	/* Giant data is dropped, but its ban stands. */
	assert_int_equal(load(sc, NULL), 3);
	assert_string_equal(sc->bans.v[0], "j 192.0.2.1 1699999999 600 1");
	assert_string_equal(sc->bans.v[1], "j 192.0.2.6 1699999999 600 1");
	assert_string_equal(sc->bans.v[2], "j 192.0.2.7 1699999999 -2 1");
	store_counters(sc->store, &n);
	assert_int_equal(n.skipped, 9);
}

static struct id
id_of(const char *text)
{
	return id_from_span(span_of(text));
}

/* Three of four, in two parts; one out of turn, and it comes again. */
static void
bans_load_in_parts(void **state)
{
	struct scene *sc = *state;
	const struct wall now = wall_from_seconds(NOW);
	struct id one = id_of("192.0.2.3"), ended = id_of("192.0.2.2"),
	    none = id_of("192.0.2.9");

	open_store(sc);
	close_store(sc);
	run_sql(sc, "PRAGMA foreign_keys = OFF;"
	    "INSERT INTO bips VALUES('192.0.2.1','j',1699999999,600,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.2','j',1699990000,600,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.3','j',1699999999,-1,1,'{}');"
	    "INSERT INTO bips VALUES('192.0.2.4','k',1699999999,600,1,'{}');");
	open_store(sc);
	assert_int_equal(store_count_bans(sc->store), 4);
	store_begin_bans(sc->store, now);
	assert_int_equal(store_next_bans(sc->store, 1, note_ban, sc), 1);
	assert_int_equal(sc->bans.n, 1);
	store_load_ban(sc->store, "j", &one, now, note_ban, sc);
	store_load_ban(sc->store, "k", &one, now, note_ban, sc);
	store_load_ban(sc->store, "j", &ended, now, note_ban, sc);
	store_load_ban(sc->store, "j", &none, now, note_ban, sc);
	assert_int_equal(sc->bans.n, 2);
	assert_string_equal(sc->bans.v[1],
	    "j 192.0.2.3 1699999999 -1 permanent 1");
	assert_int_equal(store_next_bans(sc->store, 10, note_ban, sc), 0);
	assert_int_equal(sc->bans.n, 4);
	assert_string_equal(sc->bans.v[2], sc->bans.v[1]);
	assert_string_equal(sc->bans.v[3], "k 192.0.2.4 1699999999 600 1");
	/* The thread has it now. */
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(store_next_bans(sc->store, 10, note_ban, sc), -1);
	assert_int_equal(store_count_bans(sc->store), 0);
}

static void
count_ban(struct store_row *row, void *arg)
{
	size_t *n = arg;

	*n += row->ticket.data != NULL;
}

static void
a_hundred_thousand_bans_load_fast(void **state)
{
	struct scene *sc = *state;
	struct timespec a, b;
	size_t n = 0;
	double ms;

	open_store(sc);
	close_store(sc);
	run_sql(sc, "PRAGMA foreign_keys = OFF;"
	    "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i"
	    " WHERE n < 99999) INSERT INTO bips SELECT '10.' || (n / 65536)"
	    " || '.' || (n / 256 % 256) || '.' || (n % 256), 'sshd',"
	    " 1699999999, 600, 1, '{\"matches\": [\"Nov 21 22:08:12 host"
	    " sshd[18455]: Failed password for root from 192.0.2.7 port 22"
	    " ssh2\"], \"failures\": 5}' FROM i");
	open_store(sc);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(store_load_bans(sc->store, "sshd",
	    wall_from_seconds(NOW), count_ban, &n), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_int_equal(n, 100000);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	print_message("# 100000 rows in %.1f ms of CPU\n", ms);
	/* Ten times what it takes with sanitizers: a quadratic slip shows. */
	assert_true(ms < 2000);
}

static long long
size_of(struct scene *sc, const char *suffix)
{
	struct buf name = { 0 };
	struct stat st;
	int rc;

	buf_addf(&name, "%s%s", sc->path, suffix);
	rc = stat(name.p, &st);
	buf_fini(&name);
	return rc == 0 ? (long long)st.st_size : 0;
}

/* Old ones, all of them to go, and some that stay. */
static void
fill_history(struct scene *sc)
{
	run_sql(sc, "INSERT OR IGNORE INTO jails VALUES('sshd', 1);"
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 200000) INSERT INTO bans SELECT 'sshd', '10.' ||"
	    " (i >> 16) || '.' || (i >> 8 & 255) || '.' || (i & 255),"
	    " 1600000000, 600, 1, '{\"matches\": [\"a line of it\"]}' FROM n;"
	    "INSERT INTO bips(jail, ip, timeofban, bantime, bancount, data)"
	    " SELECT jail, ip, timeofban, bantime, bancount, data FROM bans;"
	    "UPDATE bans SET timeofban = 1699999999 WHERE rowid % 100 = 0;"
	    "UPDATE bips SET timeofban = 1699999999 WHERE rowid % 100 = 0;");
}

static void
assert_shrinks(struct scene *sc)
{
	struct buf copy = { 0 };
	long long before, needed;

	fill_history(sc);
	before = size_of(sc, "");
	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	assert_true(store_purge(sc->store, wall_from_seconds(NOW)));
	assert_int_equal(sync_store(sc), 0);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	assert_true(size_of(sc, "-wal") <= 4 << 20);
	close_store(sc);
	assert_answer(sc, "SELECT count(*) FROM bans", "2001");
	assert_answer(sc, "SELECT count(*) FROM bips", "2001");
	assert_answer(sc, "PRAGMA integrity_check", "ok");
	buf_addf(&copy, "VACUUM INTO '%s.live'", sc->path);
	run_sql(sc, copy.p);
	buf_fini(&copy);
	needed = size_of(sc, ".live");
	print_message("# %lld bytes before, %lld after, %lld needed\n", before,
	    size_of(sc, ""), needed);
	assert_true(size_of(sc, "") <= 2 * needed);
}

static void
a_purge_shrinks_the_file(void **state)
{
	struct scene *sc = *state;

	open_store(sc);
	close_store(sc);
	assert_shrinks(sc);
}

/* Made by fail2ban: it cannot give pages back, until it is written anew. */
static void
a_purge_shrinks_a_file_of_fail2ban(void **state)
{
	struct scene *sc = *state;

	open_store(sc);
	close_store(sc);
	run_sql(sc, "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE;"
	    " VACUUM;");
	assert_answer(sc, "PRAGMA auto_vacuum", "0");
	assert_shrinks(sc);
	assert_answer(sc, "PRAGMA auto_vacuum", "2");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(what_was_written_is_read_again),
		SCENE(data_is_json_with_the_lines_it_may_have),
		SCENE(unban_takes_row_and_history),
		SCENE(positions_come_back),
		SCENE(the_journal_comes_back),
		SCENE(jails_are_enabled_and_purged),
		SCENE(what_waits_is_committed_together),
		SCENE(a_full_queue_refuses_and_counts),
		SCENE(no_store_takes_everything),
		SCENE(hostile_rows_are_left_out),
		SCENE(bans_load_in_parts),
		SCENE(a_hundred_thousand_bans_load_fast),
		SCENE(a_purge_shrinks_the_file),
		SCENE(a_purge_shrinks_a_file_of_fail2ban),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
