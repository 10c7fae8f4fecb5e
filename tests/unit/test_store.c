/*
 * The store against real files: what was acknowledged is there, whatever
 * happens to the process or the disk.
 */
#include "store/store.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/xalloc.h"

#define NOW 1700000000

struct scene {
	struct event_base *base;
	char dir[64];
	char path[96];
	struct store *store;
	unsigned failed, recovered;   /* state events */
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

static const struct store_events events = { .state = on_state };

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

static void
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

static size_t
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
	    " FROM (SELECT * FROM bips ORDER BY jail)", "a 192.0.2.2,b 192.0.2.1");
	assert_answer(sc, "SELECT group_concat(jail || ' ' || ip, ',')"
	    " FROM (SELECT * FROM bans ORDER BY jail)", "a 192.0.2.2,b 192.0.2.1");
}

static void
positions_come_back(void **state)
{
	static const char hash[] = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
	struct scene *sc = *state;
	struct tail_position p = { .offset = INT64_C(5000000000) }, got;

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
	assert_false(store_load_position(sc->store, "j", "bad", &got));
	assert_false(store_load_position(sc->store, "k", "/var/log/a",
	    &got));
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

/* The child says when the barrier was reached, and is killed right there. */
static void
write_and_wait_for_death(struct scene *sc, int ready)
{
	char id[32];
	int i;

	sc->base = event_base_new();
	open_store(sc);
	store_start(sc->store);
	for (i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "192.0.%d.%d", i / 100, i % 100);
		ban(sc, "sshd", id, NOW, 600);
	}
	if (sync_store(sc) == 0)
		(void)!write(ready, "", 1);
	for (;;)
		ban(sc, "sshd", "198.51.100.1", NOW, 600);
}

static void
a_killed_writer_loses_nothing_acknowledged(void **state)
{
	struct scene *sc = *state;
	int fds[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		write_and_wait_for_death(sc, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	open_store(sc);
	assert_null(store_error(sc->store));
	assert_true(load(sc, "sshd") >= 300);
	assert_answer(sc, "PRAGMA integrity_check", "ok");
}

static size_t
files_aside(struct scene *sc)
{
	char command[160], line[256];
	size_t n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ls %s", sc->dir);
	f = popen(command, "r");
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, ".corrupt-") != NULL &&
		    strstr(line, "-wal") == NULL;
	pclose(f);
	return n;
}

static void
spoil(struct scene *sc)
{
	FILE *f = fopen(sc->path, "w");
	int i;

	for (i = 0; i < 5000; i++)
		fputs("this is no database ", f);
	fclose(f);
}

static void
damaged_files_go_aside_and_two_are_kept(void **state)
{
	struct scene *sc = *state;
	char *name = NULL;
	int i;

	for (i = 0; i < 4; i++) {
		spoil(sc);
		clock_freeze(wall_from_seconds(NOW + i), (struct boot){ 0 });
		open_store(sc);
		assert_null(store_error(sc->store));
		ban(sc, "sshd", "192.0.2.1", NOW, 600);
		close_store(sc);
		assert_answer(sc, "SELECT count(*) FROM bips", "1");
	}
	clock_thaw();
	assert_int_equal(files_aside(sc), 2);
	assert_true(asprintf(&name, "%s.corrupt-20231114-221323",
	    sc->path) > 0);
	assert_int_equal(access(name, F_OK), 0);
	free(name);
}

/* Only pages behind the first are broken: opening does not notice. */
static void
damage_found_while_reading(void **state)
{
	struct scene *sc = *state;
	char garbage[4096], id[32];
	off_t at;
	int fd, i;

	open_store(sc);
	for (i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "192.0.%d.%d", i / 100, i % 100);
		ban(sc, "sshd", id, NOW, 600);
	}
	close_store(sc);
	memset(garbage, 0x5a, sizeof(garbage));
	fd = open(sc->path, O_RDWR);
	for (at = 20 * 4096; at < lseek(fd, 0, SEEK_END); at += 4096)
		assert_int_equal(pwrite(fd, garbage, sizeof(garbage), at),
		    sizeof(garbage));
	close(fd);
	open_store(sc);
	assert_int_equal(load(sc, "sshd"), SIZE_MAX);
	assert_int_equal(files_aside(sc), 1);
	assert_null(store_error(sc->store));
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	close_store(sc);
	open_store(sc);
	assert_int_equal(load(sc, "sshd"), 1);
}

static void
wait_for(struct scene *sc, const unsigned *count, unsigned n)
{
	while (*count < n)
		event_base_loop(sc->base, EVLOOP_ONCE);
}

static void
a_full_disk_is_told_once_and_recovers(void **state)
{
	struct scene *sc = *state;
	struct rlimit before, small;
	struct store_counters n;
	int i;

	open_store(sc);
	store_start(sc->store);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 20; i++)
		ban(sc, "sshd", "192.0.2.2", NOW + i, 600);
	wait_for(sc, &sc->failed, 1);
	assert_non_null(store_error(sc->store));
	/* More than one attempt fails meanwhile; that is no news. */
	ban(sc, "sshd", "192.0.2.3", NOW, 600);
	usleep(300000);
	event_base_loop(sc->base, EVLOOP_NONBLOCK);
	assert_int_equal(sc->failed, 1);
	store_counters(sc->store, &n);
	assert_int_equal(n.waiting, 21);
	setrlimit(RLIMIT_FSIZE, &before);
	wait_for(sc, &sc->recovered, 1);
	assert_null(store_error(sc->store));
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(sc->failed, 1);
	store_counters(sc->store, &n);
	assert_int_equal(n.lost, 0);
	assert_answer(sc, "SELECT count(*) FROM bans", "22");
}

static void
a_missing_directory_is_waited_for(void **state)
{
	struct scene *sc = *state;
	char *sub, *path;

	assert_true(asprintf(&sub, "%s/later", sc->dir) > 0);
	assert_true(asprintf(&path, "%s/f2b.sqlite3", sub) > 0);
	open_with(sc, path, 100);
	assert_string_equal(store_error(sc->store),
	    "No such file or directory");
	assert_int_equal(load(sc, "sshd"), SIZE_MAX);
	assert_int_equal(store_start(sc->store), 0);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(mkdir(sub, 0700), 0);
	wait_for(sc, &sc->recovered, 1);
	assert_int_equal(sync_store(sc), 0);
	assert_null(store_error(sc->store));
	close_store(sc);
	open_with(sc, path, 100);
	assert_int_equal(load(sc, "sshd"), 1);
	free(path);
	free(sub);
}

/* Root may write anywhere, so this runs as somebody else. */
static int
try_read_only(struct scene *sc)
{
	const char *error;

	if (geteuid() == 0 && setuid(65534) == -1)
		return 10;
	sc->base = event_base_new();
	open_store(sc);
	error = store_error(sc->store);
	if (error == NULL || strstr(error, "denied") == NULL)
		return 11;
	ban(sc, "sshd", "192.0.2.2", NOW, 600);
	store_start(sc->store);
	/* Closing tries once more, and gives up. */
	store_close(sc->store);
	return 0;
}

static void
a_read_only_directory_is_an_error_not_an_end(void **state)
{
	struct scene *sc = *state;
	int status;
	pid_t pid;

	assert_int_equal(chmod(sc->dir, 0555), 0);
	pid = fork();
	if (pid == 0)
		_exit(try_read_only(sc));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(chmod(sc->dir, 0755), 0);
}

static void
a_locked_file_is_waited_for(void **state)
{
	struct scene *sc = *state;
	sqlite3 *db;

	open_store(sc);
	store_start(sc->store);
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	wait_for(sc, &sc->failed, 1);
	sqlite3_close(db);
	wait_for(sc, &sc->recovered, 1);
	assert_int_equal(sync_store(sc), 0);
	assert_answer(sc, "SELECT count(*) FROM bips", "1");
}

static void
a_deleted_file_is_begun_anew(void **state)
{
	struct scene *sc = *state;

	open_store(sc);
	store_start(sc->store);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(unlink(sc->path), 0);
	ban(sc, "sshd", "192.0.2.2", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	assert_answer(sc, "SELECT group_concat(ip, ',') FROM bips",
	    "192.0.2.2");
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
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(store_load_bans(sc->store, "sshd",
	    wall_from_seconds(NOW), count_ban, &n), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(n, 100000);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	print_message("# 100000 rows in %.1f ms\n", ms);
	/* Ten times what it takes with sanitizers: a quadratic slip shows. */
	assert_true(ms < 2000);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(what_was_written_is_read_again),
		SCENE(data_is_json_with_the_lines_it_may_have),
		SCENE(unban_takes_row_and_history),
		SCENE(positions_come_back),
		SCENE(jails_are_enabled_and_purged),
		SCENE(what_waits_is_committed_together),
		SCENE(a_killed_writer_loses_nothing_acknowledged),
		SCENE(damaged_files_go_aside_and_two_are_kept),
		SCENE(damage_found_while_reading),
		SCENE(a_full_disk_is_told_once_and_recovers),
		SCENE(a_missing_directory_is_waited_for),
		SCENE(a_read_only_directory_is_an_error_not_an_end),
		SCENE(a_locked_file_is_waited_for),
		SCENE(a_deleted_file_is_begun_anew),
		SCENE(a_full_queue_refuses_and_counts),
		SCENE(no_store_takes_everything),
		SCENE(hostile_rows_are_left_out),
		SCENE(a_hundred_thousand_bans_load_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
