/* The tables: names and columns that others read, and older versions. */
#include "store/schema.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1700000000

struct scene {
	char dir[64];
	char path[128];
	sqlite3 *db;
	struct buf why;
};

static int
setup(void **state)
{
	struct scene *sc = calloc(1, sizeof(*sc));

	snprintf(sc->dir, sizeof(sc->dir), "/tmp/test_schema.XXXXXX");
	assert_non_null(mkdtemp(sc->dir));
	snprintf(sc->path, sizeof(sc->path), "%s/db", sc->dir);
	assert_int_equal(sqlite3_open(sc->path, &sc->db), SQLITE_OK);
	*state = sc;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *sc = *state;
	struct dirent *e;
	DIR *d;

	sqlite3_close(sc->db);
	d = opendir(sc->dir);
	while ((e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(sc->dir);
	buf_fini(&sc->why);
	free(sc);
	return 0;
}

static void
run(struct scene *sc, const char *sql)
{
	char *error = NULL;

	sqlite3_exec(sc->db, sql, NULL, NULL, &error);
	if (error != NULL)
		fail_msg("%s: %s", sql, error);
}

static void
assert_answer(struct scene *sc, const char *sql, const char *expected)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(sc->db, sql, -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0),
	    expected);
	sqlite3_finalize(stmt);
}

static enum schema_result
prepare(struct scene *sc)
{
	buf_clear(&sc->why);
	return schema_prepare(sc->db, sc->path, wall_from_seconds(NOW),
	    &sc->why);
}

static void
assert_columns(struct scene *sc, const char *table, const char *columns)
{
	char *sql = sqlite3_mprintf("SELECT group_concat(name || ' ' || type,"
	    " ', ') FROM pragma_table_info('%q')", table);

	assert_answer(sc, sql, columns);
	sqlite3_free(sql);
}

static void
assert_version_4(struct scene *sc)
{
	assert_columns(sc, "fail2banDb", "version INTEGER");
	assert_columns(sc, "jails", "name TEXT, enabled INTEGER");
	assert_columns(sc, "logs", "jail TEXT, path TEXT, "
	    "firstlinemd5 TEXT, lastfilepos INTEGER");
	assert_columns(sc, "bans", "jail TEXT, ip TEXT, timeofban INTEGER, "
	    "bantime INTEGER, bancount INTEGER, data JSON");
	assert_columns(sc, "bips", "ip TEXT, jail TEXT, timeofban INTEGER, "
	    "bantime INTEGER, bancount INTEGER, data JSON");
	assert_answer(sc, "SELECT group_concat(name, ' ') FROM (SELECT name"
	    " FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	    " AND name NOT LIKE 'gaol\\_%' ESCAPE '\\'"
	    " ORDER BY name)", "bans_ip bans_jail_ip bans_jail_timeofban_ip "
	    "bips_ip bips_timeofban jails_name logs_jail_path logs_path");
	assert_answer(sc, "SELECT group_concat(version) FROM fail2banDb",
	    "4");
	assert_answer(sc, "PRAGMA journal_mode", "wal");
	assert_answer(sc, "PRAGMA synchronous", "2");
	assert_answer(sc, "PRAGMA foreign_keys", "1");
}

static void
a_new_file_gets_all_tables(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(prepare(sc), SCHEMA_OK);
	assert_version_4(sc);
	assert_answer(sc, "PRAGMA auto_vacuum", "2");
	/* Keys: one position a log, one latest ban an address. */
	run(sc, "INSERT INTO jails(name) VALUES('j');"
	    "INSERT INTO logs VALUES('j', 'p', 'h', 1);"
	    "INSERT OR REPLACE INTO logs VALUES('j', 'p', 'i', 2);"
	    "INSERT INTO bips VALUES('i', 'j', 1, 1, 1, '{}');"
	    "INSERT OR REPLACE INTO bips VALUES('i', 'j', 2, 1, 1, '{}')");
	assert_answer(sc, "SELECT count(*) FROM logs", "1");
	assert_answer(sc, "SELECT count(*) FROM bips", "1");
	assert_int_equal(sqlite3_exec(sc->db, "INSERT INTO bans"
	    " VALUES('x', 'i', 1, 1, 1, '{}')", NULL, NULL, NULL),
	    SQLITE_CONSTRAINT);
	assert_int_equal(prepare(sc), SCHEMA_OK);
	assert_answer(sc, "SELECT count(*) FROM bips", "1");
}

static void
missing_tables_are_made_good(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(prepare(sc), SCHEMA_OK);
	run(sc, "DROP TABLE bips; DROP INDEX bans_ip");
	assert_int_equal(prepare(sc), SCHEMA_OK);
	assert_version_4(sc);
}

static void
assert_copy(struct scene *sc, const char *sql, const char *expected)
{
	char *path = sqlite3_mprintf("%s.20231114-221320", sc->path);
	struct scene copy = { 0 };

	assert_int_equal(sqlite3_open_v2(path, &copy.db,
	    SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_answer(&copy, sql, expected);
	sqlite3_close(copy.db);
	sqlite3_free(path);
}

static void
version_1_is_brought_up(void **state)
{
	struct scene *sc = *state;

	run(sc, "CREATE TABLE fail2banDb(version INTEGER);"
	    "INSERT INTO fail2banDb VALUES(1);"
	    "CREATE TABLE jails(name TEXT NOT NULL UNIQUE,"
	    " enabled INTEGER NOT NULL DEFAULT 1);"
	    "CREATE TABLE logs(jail TEXT NOT NULL, path TEXT,"
	    " firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0,"
	    " UNIQUE(path));"
	    "CREATE INDEX logs_path ON logs(path);"
	    "CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT,"
	    " timeofban INTEGER NOT NULL, data JSON);"
	    "CREATE INDEX bans_ip ON bans(ip);"
	    "INSERT INTO jails VALUES('j', 1);"
	    "INSERT INTO logs VALUES('j', '/var/log/a', 'h', 77);"
	    "INSERT INTO bans VALUES('j', '192.0.2.1', 100, '{\"a\":1}');"
	    "INSERT INTO bans VALUES('j', '192.0.2.1', 200, '{\"a\":2}');"
	    "INSERT INTO bans VALUES('orphan', '192.0.2.2', 150, '{}');");
	assert_int_equal(prepare(sc), SCHEMA_OK);
	assert_version_4(sc);
	assert_answer(sc, "SELECT lastfilepos FROM logs WHERE jail = 'j'",
	    "77");
	assert_answer(sc, "SELECT count(*) FROM bans WHERE bantime = -2"
	    " AND bancount = 1", "3");
	assert_answer(sc, "SELECT ip || timeofban || data FROM bips"
	    " WHERE jail = 'j'", "192.0.2.1200{\"a\":2}");
	assert_copy(sc, "SELECT version FROM fail2banDb", "1");
	assert_copy(sc, "SELECT count(*) FROM bans", "3");
}

static void
version_3_keeps_its_bantimes(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(prepare(sc), SCHEMA_OK);
	run(sc, "DROP TABLE bips; UPDATE fail2banDb SET version = 3;"
	    "INSERT INTO jails VALUES('j', 1);"
	    "INSERT INTO bans VALUES('j', '192.0.2.1', 100, 600, 3, '{}');"
	    "PRAGMA foreign_keys = OFF");
	assert_int_equal(prepare(sc), SCHEMA_OK);
	assert_version_4(sc);
	assert_answer(sc, "SELECT bantime || ' ' || bancount FROM bips",
	    "600 3");
}

static void
unknown_versions_are_left_alone(void **state)
{
	struct scene *sc = *state;

	run(sc, "CREATE TABLE fail2banDb(version INTEGER);"
	    "INSERT INTO fail2banDb VALUES(5)");
	assert_int_equal(prepare(sc), SCHEMA_REFUSED);
	assert_string_equal(sc->why.p,
	    "schema version 5 is not known; accepted: 1..4");
	assert_answer(sc, "SELECT count(*) FROM sqlite_master", "1");
	run(sc, "UPDATE fail2banDb SET version = 'x'");
	assert_int_equal(prepare(sc), SCHEMA_REFUSED);
}

static void
a_failed_migration_changes_nothing(void **state)
{
	struct scene *sc = *state;
	char *copy = sqlite3_mprintf("%s.20231114-221320", sc->path);
	sqlite3 *db;

	/* A column is missing: the copy of rows must fail. */
	run(sc, "CREATE TABLE fail2banDb(version INTEGER);"
	    "INSERT INTO fail2banDb VALUES(2);"
	    "CREATE TABLE bans(jail TEXT, ip TEXT);"
	    "INSERT INTO bans VALUES('j', '192.0.2.1');");
	assert_int_equal(prepare(sc), SCHEMA_REFUSED);
	assert_true(sc->why.n > 0);
	assert_int_equal(sqlite3_open_v2(copy, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_CANTOPEN);
	sqlite3_close(db);
	sqlite3_free(copy);
	assert_answer(sc, "SELECT version FROM fail2banDb", "2");
	assert_answer(sc, "SELECT jail || ip FROM bans", "j192.0.2.1");
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(a_new_file_gets_all_tables),
		SCENE(missing_tables_are_made_good),
		SCENE(version_1_is_brought_up),
		SCENE(version_3_keeps_its_bantimes),
		SCENE(unknown_versions_are_left_alone),
		SCENE(a_failed_migration_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
