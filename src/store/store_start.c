/* Reads of the start: the caller's thread is the only one, and may wait. */
#include "store/private.h"

#include <errno.h>
#include <stdlib.h>

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

static bool
is_readable(const struct store *s)
{
	return !s->off && !s->running && s->db.handle != NULL;
}

static void
tell_left_out(struct store *s, uint64_t n)
{
	s->counters.skipped += n;
	if (n > 0)
		log_warning(LOGGER, "database %s: %llu rows left out, their "
		    "values cannot be true", s->db.path,
		    (unsigned long long)n);
}

int
store_load_bans(struct store *s, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg), void *arg)
{
	uint64_t skipped = 0;
	int rc;

	if (s->off)
		return 0;
	if (!is_readable(s)) {
		errno = s->running ? EBUSY : EIO;
		return -1;
	}
	rc = rows_load_bans(&s->db, jail, now, fn, arg, &skipped);
	tell_left_out(s, skipped);
	if (rc == SQLITE_OK)
		return 0;
	read_failed(s, rc);
	errno = EIO;
	return -1;
}

void
store_begin_bans(struct store *s, struct wall now)
{
	s->left_out = 0;
	if (is_readable(s))
		rows_begin_bans(&s->db, NULL, now);
}

/* The end, good or bad. */
static int
end_bans(struct store *s, int rc)
{
	tell_left_out(s, s->left_out);
	if (rc == SQLITE_DONE) {
		rows_end_bans(&s->db);
		return 0;
	}
	read_failed(s, rc);
	return -1;
}

int
store_next_bans(struct store *s, size_t max,
    void (*fn)(struct store_row *row, void *arg), void *arg)
{
	int rc;

	if (!is_readable(s))
		return s->off ? 0 : -1;
	while (max-- > 0) {
		rc = rows_next_ban(&s->db, fn, arg, &s->left_out);
		if (rc != SQLITE_ROW)
			return end_bans(s, rc);
	}
	return 1;
}

void
store_load_ban(struct store *s, const char *jail, const struct id *id,
    struct wall now, void (*fn)(struct store_row *row, void *arg), void *arg)
{
	uint64_t skipped = 0;
	char *text;
	int rc;

	if (!is_readable(s))
		return;
	text = store_id_text(id);
	rc = rows_load_ban(&s->db, jail, text, now, fn, arg, &skipped);
	free(text);
	/* Whoever reads all of them meets the same, and says so. */
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		log_warning(LOGGER, "database %s: the row of a ban cannot be "
		    "read: %s", s->db.path, sqlite3_errmsg(s->db.handle));
}

uint64_t
store_count_bans(struct store *s)
{
	uint64_t n = 0;

	return is_readable(s) && rows_count_bans(&s->db, &n) == SQLITE_OK ?
	    n : 0;
}

bool
store_load_position(struct store *s, const char *jail, const char *path,
    struct tail_position *out)
{
	struct buf clean = { 0 };
	int rc;

	if (!is_readable(s))
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

	if (!is_readable(s))
		return false;
	rc = rows_load_journal(&s->db, jail, out);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		read_failed(s, rc);
	return rc == SQLITE_ROW;
}
