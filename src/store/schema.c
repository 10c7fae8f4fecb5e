#include "store/schema.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/event_table.h"

/*
 * The file is durable (WAL and a sync at each commit): upstream writes without
 * any sync, and its users report "database disk image is malformed". Both
 * settings but journal_mode belong to the connection, so upstream can still
 * open the file. auto_vacuum counts only while the file is empty.
 */
static const char settings[] =
    "PRAGMA auto_vacuum = INCREMENTAL;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -1024;"
    "PRAGMA journal_size_limit = 4194304;";

static const char make_version[] =
    "CREATE TABLE IF NOT EXISTS fail2banDb(version INTEGER);";
static const char make_jails[] =
    "CREATE TABLE IF NOT EXISTS jails("
	"name TEXT NOT NULL UNIQUE,"
	"enabled INTEGER NOT NULL DEFAULT 1);"
    "CREATE INDEX IF NOT EXISTS jails_name ON jails(name);";
static const char make_logs[] =
    "CREATE TABLE IF NOT EXISTS logs("
	"jail TEXT NOT NULL,"
	"path TEXT,"
	"firstlinemd5 TEXT,"
	"lastfilepos INTEGER DEFAULT 0,"
	"FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE,"
	"UNIQUE(jail, path),"
	"UNIQUE(jail, path, firstlinemd5));"
    "CREATE INDEX IF NOT EXISTS logs_path ON logs(path);"
    "CREATE INDEX IF NOT EXISTS logs_jail_path ON logs(jail, path);";
static const char make_bans[] =
    "CREATE TABLE IF NOT EXISTS bans("
	"jail TEXT NOT NULL,"
	"ip TEXT,"
	"timeofban INTEGER NOT NULL,"
	"bantime INTEGER NOT NULL,"
	"bancount INTEGER NOT NULL DEFAULT 1,"
	"data JSON,"
	"FOREIGN KEY(jail) REFERENCES jails(name));"
    "CREATE INDEX IF NOT EXISTS bans_jail_timeofban_ip"
	" ON bans(jail, timeofban);"
    "CREATE INDEX IF NOT EXISTS bans_jail_ip ON bans(jail, ip);"
    "CREATE INDEX IF NOT EXISTS bans_ip ON bans(ip);";
static const char make_bips[] =
    "CREATE TABLE IF NOT EXISTS bips("
	"ip TEXT NOT NULL,"
	"jail TEXT NOT NULL,"
	"timeofban INTEGER NOT NULL,"
	"bantime INTEGER NOT NULL,"
	"bancount INTEGER NOT NULL DEFAULT 1,"
	"data JSON,"
	"PRIMARY KEY(ip, jail),"
	"FOREIGN KEY(jail) REFERENCES jails(name));"
    "CREATE INDEX IF NOT EXISTS bips_timeofban ON bips(timeofban);"
    "CREATE INDEX IF NOT EXISTS bips_ip ON bips(ip);";

/* Before version 2 the keys of logs were others; the columns were these. */
static const char logs_aside[] =
    "CREATE TABLE temp.old_logs AS SELECT * FROM main.logs;"
    "DROP TABLE main.logs;";
static const char logs_back[] =
    "INSERT OR IGNORE INTO main.logs(jail, path, firstlinemd5, lastfilepos)"
    " SELECT jail, path, firstlinemd5, lastfilepos FROM temp.old_logs;"
    "DROP TABLE temp.old_logs;";
/* Before version 3 nobody knew how long a ban lasted: -2. */
static const char bans_aside[] =
    "CREATE TABLE temp.old_bans AS SELECT * FROM main.bans;"
    "DROP TABLE main.bans;";
static const char bans_back[] =
    "INSERT INTO main.bans(jail, ip, timeofban, bantime, bancount, data)"
    " SELECT jail, ip, timeofban, -2, 1, data FROM temp.old_bans;"
    "DROP TABLE temp.old_bans;";
static const char bips_fill[] =
    "INSERT OR REPLACE INTO bips(ip, jail, timeofban, bantime, bancount, data)"
    " SELECT ip, jail, timeofban, bantime, bancount, data FROM bans"
    " WHERE ip IS NOT NULL ORDER BY timeofban;";

enum schema_result
schema_result(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return SCHEMA_OK;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return SCHEMA_DAMAGED;
	default:
		return SCHEMA_FAILED;
	}
}

void
schema_stamp(struct wall now, char out[SCHEMA_STAMP])
{
	time_t t = (time_t)wall_seconds(now);
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	if (strftime(out, SCHEMA_STAMP, "%Y%m%d-%H%M%S", &tm) == 0)
		memcpy(out, "0", 2);
}

static int
run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* One number, or the result code of having none (SQLITE_DONE). */
static int
ask(sqlite3 *db, const char *sql, const char *text, int64_t *out)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (text != NULL)
		sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc;
}

static int
has_table(sqlite3 *db, const char *name, bool *out)
{
	int64_t n = 0;
	int rc = ask(db, "SELECT count(*) FROM sqlite_master"
	    " WHERE type = 'table' AND name = ?", name, &n);

	*out = n > 0;
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int
make_tables(sqlite3 *db)
{
	static const char *const all[] = { make_version, make_jails,
		make_logs, make_bans, make_bips,
		"INSERT INTO fail2banDb(version) SELECT 4"
		" WHERE NOT EXISTS (SELECT 1 FROM fail2banDb);" };
	size_t i;
	int rc = SQLITE_OK;

	for (i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(*all); i++)
		rc = run(db, all[i]);
	return rc == SQLITE_OK ? event_table_make(db) : rc;
}

static int
rebuild(sqlite3 *db, const char *table, const char *aside, const char *make,
    const char *back)
{
	bool present;
	int rc = has_table(db, table, &present);

	if (rc == SQLITE_OK && present)
		rc = run(db, aside);
	if (rc == SQLITE_OK)
		rc = run(db, make);
	if (rc == SQLITE_OK && present)
		rc = run(db, back);
	return rc;
}

static int
migrate(sqlite3 *db, int64_t version)
{
	bool have_bips;
	int rc = has_table(db, "bips", &have_bips);

	if (rc == SQLITE_OK && version < 2)
		rc = rebuild(db, "logs", logs_aside, make_logs, logs_back);
	if (rc == SQLITE_OK && version < 3)
		rc = rebuild(db, "bans", bans_aside, make_bans, bans_back);
	if (rc == SQLITE_OK)
		rc = make_tables(db);
	if (rc == SQLITE_OK && !have_bips)
		rc = run(db, bips_fill);
	if (rc == SQLITE_OK)
		rc = run(db, "UPDATE fail2banDb SET version = 4;");
	return rc;
}

/* All of it or nothing. */
static int
in_transaction(sqlite3 *db, int64_t version)
{
	int rc = run(db, "BEGIN IMMEDIATE;");

	if (rc != SQLITE_OK)
		return rc;
	rc = version < SCHEMA_VERSION ? migrate(db, version) :
	    make_tables(db);
	if (rc == SQLITE_OK)
		rc = run(db, "COMMIT;");
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(db))
		run(db, "ROLLBACK;");
	return rc;
}

/*
 * Copies the old version, then migrates. The copy of a migration that failed
 * goes: the file is as it was, and each retry would leave another one.
 */
static int
copy_and_migrate(sqlite3 *db, const char *path, int64_t version,
    struct wall now)
{
	char stamp[SCHEMA_STAMP];
	struct buf name = { 0 };
	sqlite3_stmt *stmt;
	int fd, rc;

	schema_stamp(now, stamp);
	buf_addf(&name, "%s.%s", path, stamp);
	/* sqlite fills an empty file, but would make one for all to read. */
	fd = open(name.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1)
		close(fd);
	rc = sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, name.p, -1, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
		sqlite3_finalize(stmt);
	}
	if (rc == SQLITE_DONE)
		rc = in_transaction(db, version);
	if (rc != SQLITE_OK)
		(void)unlink(name.p);
	buf_fini(&name);
	return rc;
}

static enum schema_result
failed(sqlite3 *db, int rc, const char *doing, struct buf *why)
{
	buf_addf(why, "%s: %s", doing, sqlite3_errmsg(db));
	return schema_result(rc);
}

/* The version; of a file without tables, the one we are about to make. */
static int
read_version(sqlite3 *db, int64_t *version)
{
	bool present;
	int rc = has_table(db, "fail2banDb", &present);

	*version = SCHEMA_VERSION;
	if (rc != SQLITE_OK || !present)
		return rc;
	rc = ask(db, "SELECT version FROM fail2banDb LIMIT 1", NULL, version);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Our own tables may be a later release's. */
static bool
knows_ours(sqlite3 *db, struct buf *why)
{
	int64_t version;

	if (event_table_version(db, &version) != SQLITE_ROW ||
	    (version >= 1 && version <= EVENT_TABLE_VERSION))
		return true;
	buf_addf(why, "version %lld of gaol's own tables is not known; "
	    "accepted: 1..%d", (long long)version, EVENT_TABLE_VERSION);
	return false;
}

enum schema_result
schema_prepare(sqlite3 *db, const char *path, struct wall now,
    struct buf *why)
{
	enum schema_result result;
	int64_t version;
	int rc;

	if ((rc = run(db, settings)) != SQLITE_OK ||
	    (rc = read_version(db, &version)) != SQLITE_OK)
		return failed(db, rc, "opening", why);
	if (version < 1 || version > SCHEMA_VERSION) {
		buf_addf(why, "schema version %lld is not known; "
		    "accepted: 1..%d", (long long)version, SCHEMA_VERSION);
		return SCHEMA_REFUSED;
	}
	if (!knows_ours(db, why))
		return SCHEMA_REFUSED;
	/* Foreign keys are off until here: old files have orphans. */
	rc = version == SCHEMA_VERSION ? in_transaction(db, version) :
	    copy_and_migrate(db, path, version, now);
	if (rc != SQLITE_OK) {
		result = failed(db, rc, version == SCHEMA_VERSION ?
		    "making tables" : "migrating", why);
		/* Its tables are not what its version says: no retry helps. */
		return (rc & 0xff) == SQLITE_ERROR ? SCHEMA_REFUSED : result;
	}
	if ((rc = run(db, "PRAGMA foreign_keys = ON;")) != SQLITE_OK)
		return failed(db, rc, "opening", why);
	return SCHEMA_OK;
}
