/* Reads of the start: the caller's thread is the only one, and may wait. */
#include "store/private.h"

#include <errno.h>

#include "base/log.h"
#include "config/clean.h"
#include "store/rows.h"
#include "store/schema.h"

#define LOGGER "gaol.store"

static void
read_failed(struct store *s, int rc)
{
	struct buf why = { 0 };

	buf_adds(&why, sqlite3_errmsg(s->db.handle));
	if (schema_result(rc) == SCHEMA_DAMAGED) {
		database_damaged(&s->db, why.p);
		store_settle(s, database_open(&s->db) == 0 ? NULL :
		    s->db.error.p);
	} else {
		store_settle(s, why.p);
	}
	buf_fini(&why);
}

int
store_load_bans(struct store *s, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg), void *arg)
{
	uint64_t skipped = 0;
	int rc;

	if (s->off)
		return 0;
	if (s->running || s->db.handle == NULL) {
		errno = s->running ? EBUSY : EIO;
		return -1;
	}
	rc = rows_load_bans(&s->db, jail, now, fn, arg, &skipped);
	s->counters.skipped += skipped;
	if (skipped > 0)
		log_warning(LOGGER, "database %s: %llu rows left out, their "
		    "values cannot be true", s->db.path,
		    (unsigned long long)skipped);
	if (rc == SQLITE_OK)
		return 0;
	read_failed(s, rc);
	errno = EIO;
	return -1;
}

bool
store_load_position(struct store *s, const char *jail, const char *path,
    struct tail_position *out)
{
	struct buf clean = { 0 };
	int rc;

	if (s->off || s->running || s->db.handle == NULL)
		return false;
	clean_utf8(span_of(path), &clean);
	rc = rows_load_position(&s->db, jail, clean.p, out);
	buf_fini(&clean);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		read_failed(s, rc);
	return rc == SQLITE_ROW;
}

bool
store_load_journal(struct store *s, const char *jail, struct wall *out)
{
	int rc;

	if (s->off || s->running || s->db.handle == NULL)
		return false;
	rc = rows_load_journal(&s->db, jail, out);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		read_failed(s, rc);
	return rc == SQLITE_ROW;
}
