#include "store/event_log.h"

#include "config/clean.h"

/* 0: it has none yet. */
static int
find(struct database *db, struct span path, int64_t *number)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_LOG);
	int rc;

	sqlite3_bind_text(stmt, 1, path.p, (int)path.n, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	*number = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
add(struct database *db, struct span path, int64_t *number)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_ADD_LOG);
	int rc;

	sqlite3_bind_text(stmt, 1, path.p, (int)path.n, SQLITE_STATIC);
	rc = database_run(stmt);
	*number = sqlite3_last_insert_rowid(db->handle);
	return rc;
}

int
event_log_find(struct database *db, struct span path, struct event_log *log)
{
	struct buf clean = { 0 };
	int rc = SQLITE_OK;

	if (span_eq(path, log->path))
		return SQLITE_OK;
	*log = (struct event_log){ .path = path };
	if (path.n == 0)
		return SQLITE_OK;
	clean_utf8(path, &clean);
	rc = find(db, buf_span(&clean), &log->number);
	if (rc == SQLITE_OK && log->number == 0)
		rc = add(db, buf_span(&clean), &log->number);
	buf_fini(&clean);
	return rc;
}
