#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/aside.h"
#include "store/event_sum.h"
#include "store/event_table.h"
#include "store/schema.h"

#define BUSY_MILLISECONDS 2000
/* Half of a commit's pages are the same index's as the last one's. */
#define BULK "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384;"
#define CALM "PRAGMA cache_size = -1024; PRAGMA wal_autocheckpoint = 1000;" \
	"PRAGMA shrink_memory; PRAGMA wal_checkpoint(TRUNCATE);"
#define SHRINK_PAGES 256   /* a megabyte: not worth the trouble below it */

static const char *const sql[STATEMENT_COUNT] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_ADD_JAIL] =
	    "INSERT OR IGNORE INTO jails(name, enabled) VALUES(?1, 1)",
	[STATEMENT_ENABLE_JAIL] =
	    "UPDATE jails SET enabled = 1 WHERE name = ?1 AND enabled <> 1",
	[STATEMENT_DISABLE_JAIL] =
	    "UPDATE jails SET enabled = 0 WHERE name = ?1",
	[STATEMENT_ADD_HISTORY] =
	    "INSERT INTO bans(jail, ip, timeofban, bantime, bancount, data)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[STATEMENT_SET_LATEST] =
	    "INSERT OR REPLACE INTO"
	    " bips(jail, ip, timeofban, bantime, bancount, data)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[STATEMENT_DEL_HISTORY] =
	    "DELETE FROM bans WHERE jail = ?1 AND ip = ?2",
	[STATEMENT_DEL_LATEST] =
	    "DELETE FROM bips WHERE jail = ?1 AND ip = ?2",
	[STATEMENT_CLEAR_HISTORY] = "DELETE FROM bans WHERE jail = ?1",
	[STATEMENT_CLEAR_LATEST] = "DELETE FROM bips WHERE jail = ?1",
	[STATEMENT_SET_POSITION] =
	    "INSERT OR REPLACE INTO"
	    " logs(jail, path, firstlinemd5, lastfilepos)"
	    " VALUES(?1, ?2, ?3, ?4)",
	[STATEMENT_GET_POSITION] =
	    "SELECT firstlinemd5, lastfilepos FROM logs"
	    " WHERE jail = ?1 AND path = ?2",
	/* Unsorted: rowids grow, so the oldest ban comes first anyway. */
	[STATEMENT_GET_LATEST] =
	    "SELECT ip, jail, timeofban, bantime, bancount, data FROM bips"
	    " WHERE (?1 IS NULL OR jail = ?1)"
	    " AND (bantime < 0 OR timeofban + bantime > ?2)",
	[STATEMENT_GET_LATEST_OF] =
	    "SELECT ip, jail, timeofban, bantime, bancount, data FROM bips"
	    " WHERE jail = ?1 AND ip = ?3"
	    " AND (bantime < 0 OR timeofban + bantime > ?2)",
	[STATEMENT_COUNT_LATEST] = "SELECT count(*) FROM bips",
	[STATEMENT_GET_HISTORY] =
	    "SELECT count(*), sum(bancount), max(timeofban) FROM bips"
	    " WHERE ip = ?1 AND (?2 IS NULL OR jail = ?2)",
	/* As many as anybody can want to see of one id. */
	[STATEMENT_GET_BANS] =
	    "SELECT data FROM bans"
	    " WHERE ip = ?1 AND (?2 IS NULL OR jail = ?2)"
	    " ORDER BY timeofban DESC LIMIT 1000",
	/* The latest of a jail may be kept for longer than the others. */
	[STATEMENT_GET_PAST] =
	    "SELECT jail, timeofban, bantime, bancount FROM bans"
	    " WHERE ip = ?1 UNION"
	    " SELECT jail, timeofban, bantime, bancount FROM bips"
	    " WHERE ip = ?1 ORDER BY timeofban DESC LIMIT 1000",
	[STATEMENT_PURGE_HISTORY] = "DELETE FROM bans WHERE timeofban < ?1",
	/* Kept three times as long as the ban took: increments need them. */
	[STATEMENT_PURGE_LATEST] =
	    "DELETE FROM bips WHERE timeofban < ?1 AND bantime <> -1"
	    " AND timeofban + 3 * bantime < ?1",
	[STATEMENT_PURGE_JAILS] =
	    "DELETE FROM jails WHERE enabled = 0"
	    " AND name NOT IN (SELECT jail FROM bans)"
	    " AND name NOT IN (SELECT jail FROM bips)",
	[STATEMENT_GET_LOG] = "SELECT number FROM gaol_logs WHERE path = ?1",
	[STATEMENT_ADD_LOG] = "INSERT INTO gaol_logs(path) VALUES(?1)",
};

void
database_init(struct database *db, const char *path)
{
	*db = (struct database){ .path = xstrdup(path) };
}

void
database_fini(struct database *db)
{
	database_close(db);
	buf_fini(&db->error);
	free(db->moved);
	free(db->path);
	*db = (struct database){ 0 };
}

bool
database_in_memory(const struct database *db)
{
	return strcmp(db->path, ":memory:") == 0;
}

void
database_close(struct database *db)
{
	size_t i;

	for (i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(db->v[i]);
		db->v[i] = NULL;
	}
	sqlite3_close(db->handle);
	db->handle = NULL;
	db->bulk = false;
	event_parts_fini(&db->parts);
	event_sum_forget(db);
}

bool
database_gone(const struct database *db)
{
	struct stat st;

	if (db->handle == NULL || database_in_memory(db))
		return false;
	return stat(db->path, &st) == -1 ? errno == ENOENT :
	    st.st_dev != db->dev || st.st_ino != db->ino;
}

/*
 * Makes the file, so that it is nobody else's to read from its first byte,
 * and says in errno's words why not: sqlite knows only "unable to open".
 * There must be no connection: closing any descriptor of the file would drop
 * the locks that sqlite holds on it.
 */
static int
make_file(struct database *db)
{
	struct stat st;
	int fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK,
	    0600);

	if (fd == -1 || fstat(fd, &st) == -1) {
		buf_adds(&db->error, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	close(fd);
	if (!S_ISREG(st.st_mode)) {
		buf_adds(&db->error, "not a regular file");
		return -1;
	}
	db->dev = st.st_dev;
	db->ino = st.st_ino;
	return 0;
}

static int
prepare(struct database *db)
{
	size_t i;
	int rc;

	for (i = 0; i < STATEMENT_COUNT; i++) {
		struct buf text = { 0 };

		if (sql[i] == NULL && i >= STATEMENT_GET_SUM)
			event_sum_sql((enum statement)i, &text);
		else if (sql[i] == NULL)
			event_table_sql((enum statement)i, &text);
		rc = sqlite3_prepare_v3(db->handle, sql[i] != NULL ? sql[i] :
		    text.p, -1, SQLITE_PREPARE_PERSISTENT, &db->v[i], NULL);
		buf_fini(&text);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

static enum schema_result
try_open(struct database *db)
{
	enum schema_result result;
	int rc;

	buf_clear(&db->error);
	if (!database_in_memory(db) && make_file(db) == -1)
		return SCHEMA_FAILED;
	rc = sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		buf_adds(&db->error, sqlite3_errstr(rc));
		database_close(db);
		return schema_result(rc);
	}
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MILLISECONDS);
	result = schema_prepare(db->handle, db->path, clock_wall_now(),
	    &db->error);
	if (result == SCHEMA_OK && ((rc = prepare(db)) != SQLITE_OK ||
		(rc = event_parts_load(&db->parts, db->handle)) != SQLITE_OK ||
		(rc = event_sum_load(db)) != SQLITE_OK)) {
		buf_adds(&db->error, sqlite3_errmsg(db->handle));
		result = (rc & 0xff) == SQLITE_ERROR ? SCHEMA_REFUSED :
		    schema_result(rc);
	}
	if (result == SCHEMA_OK)
		buf_clear(&db->error);
	else if (result != SCHEMA_DAMAGED)
		database_close(db);
	return result;
}

int
database_open(struct database *db)
{
	enum schema_result result;
	char *why;

	if (db->handle != NULL)
		return 0;
	if (db->refused)
		return -1;
	result = try_open(db);
	if (result == SCHEMA_DAMAGED) {
		why = buf_take(&db->error);
		database_damaged(db, why);
		free(why);
		/* Unless it could not be moved: then it is in the way. */
		if (db->moved != NULL)
			result = try_open(db);
	}
	if (result == SCHEMA_OK)
		return 0;
	database_close(db);
	db->refused = result == SCHEMA_REFUSED;
	return -1;
}

void
database_damaged(struct database *db, const char *why)
{
	char *moved;

	buf_clear(&db->error);
	buf_addf(&db->error, "damaged: %s", why);
	/* The log goes with its file; folding it in could do more damage. */
	if (db->handle != NULL)
		sqlite3_db_config(db->handle,
		    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	database_close(db);
	moved = aside_move(db->path, clock_wall_now());
	if (moved == NULL) {
		buf_addf(&db->error, "; moving it aside: %s",
		    strerror(errno));
		return;
	}
	free(db->moved);
	db->moved = moved;
}

static int
take_number(void *arg, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	if (values[0] != NULL)
		*(long long *)arg = strtoll(values[0], NULL, 10);
	return 0;
}

static long long
pragma(struct database *db, const char *text)
{
	long long number = -1;

	(void)sqlite3_exec(db->handle, text, take_number, &number, NULL);
	return number;
}

/*
 * fail2ban's own files cannot give pages back one by one: once half of one is
 * free it is written anew as one that can.
 */
void
database_shrink(struct database *db)
{
	long long pages = pragma(db, "PRAGMA page_count;");
	long long spare = pragma(db, "PRAGMA freelist_count;");

	if (pragma(db, "PRAGMA auto_vacuum;") != 0)
		(void)sqlite3_exec(db->handle, "PRAGMA incremental_vacuum;",
		    NULL, NULL, NULL);
	else if (pages >= SHRINK_PAGES && spare > pages / 2)
		(void)sqlite3_exec(db->handle,
		    "PRAGMA auto_vacuum = INCREMENTAL; VACUUM;", NULL, NULL,
		    NULL);
	(void)sqlite3_exec(db->handle, "PRAGMA wal_checkpoint(TRUNCATE);",
	    NULL, NULL, NULL);
}

void
database_bulk(struct database *db, bool bulk)
{
	if (db->handle == NULL || db->bulk == bulk)
		return;
	db->bulk = bulk;
	/* No harm if a setting fails: it is slower, or larger, then. */
	(void)sqlite3_exec(db->handle, bulk ? BULK : CALM, NULL, NULL,
	    NULL);
}

sqlite3_stmt *
database_statement(struct database *db, enum statement which)
{
	sqlite3_reset(db->v[which]);
	sqlite3_clear_bindings(db->v[which]);
	return db->v[which];
}

int
database_run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	/* The code of step is the one that tells; reset would repeat it. */
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

struct span
database_text(sqlite3_stmt *stmt, int at)
{
	const void *p = sqlite3_column_text(stmt, at);

	return span_from(p, (size_t)sqlite3_column_bytes(stmt, at));
}

int
database_number(struct database *db, enum statement which, int64_t with,
    int64_t *out, bool *found)
{
	sqlite3_stmt *stmt = database_statement(db, which);
	int rc;

	sqlite3_bind_int64(stmt, 1, with);
	rc = sqlite3_step(stmt);
	*found = rc == SQLITE_ROW &&
	    sqlite3_column_type(stmt, 0) != SQLITE_NULL;
	*out = *found ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
database_row(sqlite3 *db, const char *text, int64_t with, int64_t v[], int n)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_bind_parameter_count(stmt) > 0)
		sqlite3_bind_int64(stmt, 1, with);
	rc = sqlite3_step(stmt);
	for (int i = 0; rc == SQLITE_ROW && i < n; i++)
		if (sqlite3_column_type(stmt, i) != SQLITE_NULL)
			v[i] = sqlite3_column_int64(stmt, i);
	sqlite3_finalize(stmt);
	return rc;
}
