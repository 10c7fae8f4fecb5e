#include "store/peek.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* A writer holds its lock for a statement; fail2ban itself waits as long. */
#define BUSY_MS 5000

struct peek {
	sqlite3 *db;
	sqlite3_stmt *bans;
	sqlite3_stmt *version;
	int64_t seen;
};

static const char bans_sql[] =
    "SELECT jail, ip FROM bips"
    " WHERE bantime < 0 OR timeofban + bantime > ?1";

static struct peek *
fail(struct peek *p, const char *path, struct buf *why)
{
	buf_addf(why, "%s: %s", path, p->db != NULL ? sqlite3_errmsg(p->db) :
	    "out of memory");
	peek_close(p);
	return NULL;
}

struct peek *
peek_open(const char *path, struct buf *why)
{
	struct peek *p = xcalloc(1, sizeof(*p));

	p->seen = -1;
	if (sqlite3_open_v2(path, &p->db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK)
		return fail(p, path, why);
	sqlite3_busy_timeout(p->db, BUSY_MS);
	if (sqlite3_prepare_v2(p->db, bans_sql, -1, &p->bans, NULL) !=
	    SQLITE_OK ||
	    sqlite3_prepare_v2(p->db, "PRAGMA data_version", -1, &p->version,
		NULL) != SQLITE_OK)
		return fail(p, path, why);
	return p;
}

void
peek_close(struct peek *p)
{
	if (p == NULL)
		return;
	sqlite3_finalize(p->bans);
	sqlite3_finalize(p->version);
	sqlite3_close(p->db);
	free(p);
}

bool
peek_changed(struct peek *p)
{
	int64_t version = -2;
	bool changed;

	if (sqlite3_step(p->version) == SQLITE_ROW)
		version = sqlite3_column_int64(p->version, 0);
	sqlite3_reset(p->version);
	changed = version < 0 || version != p->seen;
	p->seen = version;
	return changed;
}

static struct span
column(sqlite3_stmt *stmt, int at)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);

	if (text == NULL)
		return SPAN("");
	return (struct span){ text, (size_t)sqlite3_column_bytes(stmt, at) };
}

int
peek_bans(struct peek *p, struct wall now,
    void (*fn)(const char *jail, struct span id, void *arg), void *arg,
    struct buf *why)
{
	int rc;

	sqlite3_bind_int64(p->bans, 1, now.us / CLOCK_SECOND);
	while ((rc = sqlite3_step(p->bans)) == SQLITE_ROW) {
		const char *jail =
		    (const char *)sqlite3_column_text(p->bans, 0);

		if (jail != NULL)
			fn(jail, column(p->bans, 1), arg);
	}
	if (rc != SQLITE_DONE)
		buf_addf(why, "the bans cannot be read: %s",
		    sqlite3_errmsg(p->db));
	sqlite3_reset(p->bans);
	return rc == SQLITE_DONE ? 0 : -1;
}
