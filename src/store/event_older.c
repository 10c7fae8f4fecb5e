#include "store/event_older.h"

#include "base/buf.h"
#include "store/database.h"

/* Versions 1 and 2 had these; the rest is in its place still. */
static const char old_indexes[] =
    "DROP INDEX IF EXISTS gaol_events_by_user;"
    "DROP INDEX IF EXISTS gaol_events_by_ip;"
    "DROP INDEX IF EXISTS gaol_sessions_by_user;"
    "DROP INDEX IF EXISTS gaol_sessions_by_ip;"
    "DROP INDEX IF EXISTS gaol_events_user;"
    "DROP INDEX IF EXISTS gaol_events_ip;"
    "DROP INDEX IF EXISTS gaol_sessions_user;"
    "DROP INDEX IF EXISTS gaol_sessions_ip;";

/* Of a table that is not there: none, and no such column. */
static int
count_columns(sqlite3 *db, const char *table, const char *name, int64_t *all,
    int64_t *named)
{
	struct buf text = { 0 };
	int64_t v[2] = { 0 };
	int rc;

	buf_addf(&text, "SELECT count(*), sum(name = '%s')"
	    " FROM pragma_table_info('%s')", name, table);
	rc = database_row(db, text.p, 0, v, 2);
	buf_fini(&text);
	*all = v[0];
	*named = v[1];
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int
add_column(sqlite3 *db, const char *table, const char *name, const char *type)
{
	struct buf text = { 0 };
	int64_t all, named;
	int rc = count_columns(db, table, name, &all, &named);

	if (rc != SQLITE_OK || all == 0 || named > 0)
		return rc;
	buf_addf(&text, "ALTER TABLE %s ADD COLUMN %s %s", table, name, type);
	rc = sqlite3_exec(db, text.p, NULL, NULL, NULL);
	buf_fini(&text);
	return rc;
}

/* Of before version 3, of before version 6. */
static int
add_columns(sqlite3 *db, const char *table)
{
	int rc = add_column(db, table, "part", "INTEGER NOT NULL DEFAULT 0");

	return rc == SQLITE_OK ? add_column(db, table, "log", "INTEGER") : rc;
}

/* Those of version 4 to 6. */
static int
drop_sums(sqlite3 *db)
{
	int64_t all, numbers;
	int rc = count_columns(db, "gaol_days", "number", &all, &numbers);

	if (rc != SQLITE_OK || numbers == 0)
		return rc;
	return sqlite3_exec(db, "DROP TABLE IF EXISTS gaol_sums;"
	    "DROP TABLE gaol_days;", NULL, NULL, NULL);
}

int
event_older(sqlite3 *db)
{
	int rc = sqlite3_exec(db, old_indexes, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = add_columns(db, "gaol_events");
	if (rc == SQLITE_OK)
		rc = add_columns(db, "gaol_sessions");
	if (rc == SQLITE_OK)
		rc = drop_sums(db);
	return rc;
}
