/* Bans read from a database that somebody else has open and is writing. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>


#include "base/buf.h"
#include "store/peek.h"

struct seen {
	struct buf text;
	size_t n;
};

static void
see(const char *jail, struct span id, void *arg)
{
	struct seen *s = arg;

	buf_addf(&s->text, "%s=%.*s ", jail, SPAN_FMT(id));
	s->n++;
}

static void
exec(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* As fail2ban's own: its table, its settings. */
static sqlite3 *
make(char path[64])
{
	sqlite3 *db;
	int fd;

	strcpy(path, "/tmp/gaol-peek.XXXXXX");
	fd = mkstemp(path);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	exec(db, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
	    "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL,"
	    " timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,"
	    " bancount INTEGER, data JSON, PRIMARY KEY(ip, jail));");
	return db;
}

static void
end(sqlite3 *db, const char *path)
{
	sqlite3_close(db);
	assert_int_equal(unlink(path), 0);
}

static void
reads_bans_in_force(void **state)
{
	struct buf why = { 0 };
	struct seen s = { 0 };
	char path[64];
	sqlite3 *db = make(path);
	struct peek *p;

	(void)state;
	exec(db, "INSERT INTO bips VALUES('192.0.2.1','a',1000,600,1,'{}'),"
	    "('192.0.2.2','a',1000,500,1,'{}'),"       /* ends at 1500 */
	    "('192.0.2.3','b',1000,-1,1,'{}'),"        /* never ends */
	    "('192.0.2.4','b',1000,-2,1,'{}');");      /* nobody knows */
	p = peek_open(path, &why);
	assert_non_null(p);
	assert_int_equal(peek_bans(p, wall_from_seconds(1500), see, &s, &why),
	    0);
	assert_string_equal(s.text.p,
	    "a=192.0.2.1 b=192.0.2.3 b=192.0.2.4 ");
	peek_close(p);
	buf_fini(&s.text);
	end(db, path);
}

static void
sees_what_others_write(void **state)
{
	struct buf why = { 0 };
	struct seen s = { 0 };
	char path[64];
	sqlite3 *db = make(path);
	struct peek *p = peek_open(path, &why);

	(void)state;
	assert_non_null(p);
	assert_true(peek_changed(p));
	assert_false(peek_changed(p));
	exec(db, "INSERT INTO bips VALUES('192.0.2.1','a',1000,600,1,'{}')");
	assert_true(peek_changed(p));
	assert_false(peek_changed(p));
	assert_int_equal(peek_bans(p, wall_from_seconds(1100), see, &s, &why),
	    0);
	assert_int_equal(s.n, 1);
	/* Read to its end, it holds no lock that would stop the writer. */
	exec(db, "DELETE FROM bips");
	assert_true(peek_changed(p));
	peek_close(p);
	buf_fini(&s.text);
	end(db, path);
}

static void
says_what_is_wrong(void **state)
{
	struct buf why = { 0 };
	char path[64];
	sqlite3 *db = make(path);

	(void)state;
	exec(db, "DROP TABLE bips");
	assert_null(peek_open(path, &why));
	assert_non_null(strstr(why.p, "bips"));
	buf_clear(&why);
	end(db, path);
	assert_null(peek_open(path, &why));
	assert_non_null(strstr(why.p, path));
	assert_int_equal(access(path, F_OK), -1);   /* nothing was made */
	buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_bans_in_force),
		cmocka_unit_test(sees_what_others_write),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
