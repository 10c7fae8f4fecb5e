#include "store/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/xalloc.h"
#include "store/event_table.h"

/* What stands for a path in the row of the journal: upstream's word. */
#define JOURNAL_PATH "systemd-journal"

static void
bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

/* A statement that knows only the jail. */
static int
run_jail(struct database *db, enum statement which, const char *jail)
{
	sqlite3_stmt *stmt = database_statement(db, which);

	bind_text(stmt, 1, jail);
	return database_run(stmt);
}

static int
run_id(struct database *db, enum statement which, const struct request *r)
{
	sqlite3_stmt *stmt = database_statement(db, which);

	bind_text(stmt, 1, r->jail);
	bind_text(stmt, 2, r->text);
	return database_run(stmt);
}

static int
run_ban(struct database *db, enum statement which, const struct request *r)
{
	sqlite3_stmt *stmt = database_statement(db, which);

	bind_text(stmt, 1, r->jail);
	bind_text(stmt, 2, r->text);
	sqlite3_bind_int64(stmt, 3, r->time);
	sqlite3_bind_int64(stmt, 4, r->bantime);
	sqlite3_bind_int64(stmt, 5, r->bancount);
	bind_text(stmt, 6, r->data);
	return database_run(stmt);
}

static int
run_position(struct database *db, const struct request *r)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_SET_POSITION);

	bind_text(stmt, 1, r->jail);
	bind_text(stmt, 2, r->text);
	if (r->position.hash[0] != '\0')
		bind_text(stmt, 3, r->position.hash);
	sqlite3_bind_int64(stmt, 4, r->position.offset);
	return database_run(stmt);
}

/* For people; upstream writes it so, and reads the number only. */
static void
iso_time(int64_t us, char out[SHA1_HEX])
{
	time_t seconds = (time_t)(us / CLOCK_SECOND);
	struct tm tm;
	size_t n;

	out[0] = '\0';
	if (localtime_r(&seconds, &tm) == NULL)
		return;
	n = strftime(out, SHA1_HEX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (us % CLOCK_SECOND != 0)
		snprintf(out + n, SHA1_HEX - n, ".%06d",
		    (int)(us % CLOCK_SECOND));
}

static int
run_journal(struct database *db, const struct request *r)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_SET_POSITION);
	char iso[SHA1_HEX];

	iso_time(r->time, iso);
	bind_text(stmt, 1, r->jail);
	bind_text(stmt, 2, JOURNAL_PATH);
	sqlite3_bind_text(stmt, 3, iso, -1, SQLITE_TRANSIENT);
	/* A double has room for microseconds until the year 2255. */
	sqlite3_bind_double(stmt, 4, (double)r->time / CLOCK_SECOND);
	return database_run(stmt);
}

static int
run_before(struct database *db, enum statement which, int64_t before)
{
	sqlite3_stmt *stmt = database_statement(db, which);

	sqlite3_bind_int64(stmt, 1, before);
	return database_run(stmt);
}

/* The second only when the first was done. */
static int
add_jail(struct database *db, const struct request *r)
{
	int rc = run_jail(db, STATEMENT_ADD_JAIL, r->jail);

	return rc != SQLITE_OK ? rc :
	    run_jail(db, STATEMENT_ENABLE_JAIL, r->jail);
}

static int
ban(struct database *db, const struct request *r)
{
	int rc = run_ban(db, STATEMENT_ADD_HISTORY, r);

	return rc != SQLITE_OK ? rc : run_ban(db, STATEMENT_SET_LATEST, r);
}

/* Upstream forgets the history of an address with its ban. */
static int
unban(struct database *db, const struct request *r)
{
	int rc = run_id(db, STATEMENT_DEL_LATEST, r);

	return rc != SQLITE_OK ? rc : run_id(db, STATEMENT_DEL_HISTORY, r);
}

static int
unban_all(struct database *db, const struct request *r)
{
	int rc = run_jail(db, STATEMENT_CLEAR_LATEST, r->jail);

	return rc != SQLITE_OK ? rc :
	    run_jail(db, STATEMENT_CLEAR_HISTORY, r->jail);
}

static int
purge(struct database *db, const struct request *r)
{
	int rc = run_before(db, STATEMENT_PURGE_HISTORY, r->time);

	if (rc == SQLITE_OK)
		rc = run_before(db, STATEMENT_PURGE_LATEST, r->time);
	if (rc == SQLITE_OK)
		rc = database_run(database_statement(db,
		    STATEMENT_PURGE_JAILS));
	return rc;
}

/* How far the log was read first: that may be of a jail nobody knows yet. */
static int
write_events(struct database *db, const struct request *r)
{
	int rc = SQLITE_OK;

	if (r->in_journal)
		rc = run_journal(db, r);
	else if (r->text != NULL)
		rc = run_position(db, r);
	return rc != SQLITE_OK ? rc : event_table_write(db, r->rows);
}

static int
sum_events(struct database *db, struct request *r)
{
	int rc = event_sum_step(db, &r->run, &r->more);

	return rc == SQLITE_OK ? event_sum_count(db, &r->sums) : rc;
}

static int
apply(struct database *db, struct request *r)
{
	switch (r->kind) {
	case REQUEST_ADD_JAIL:
		return add_jail(db, r);
	case REQUEST_DISABLE_JAIL:
		return run_jail(db, STATEMENT_DISABLE_JAIL, r->jail);
	case REQUEST_BAN:
		return ban(db, r);
	case REQUEST_UNBAN:
		return unban(db, r);
	case REQUEST_UNBAN_ALL:
		return unban_all(db, r);
	case REQUEST_POSITION:
		return run_position(db, r);
	case REQUEST_JOURNAL:
		return run_journal(db, r);
	case REQUEST_PURGE:
		return purge(db, r);
	case REQUEST_EVENTS:
		return write_events(db, r);
	case REQUEST_PURGE_EVENTS:
		return event_table_purge(db, &r->keep, r->time, &r->more);
	case REQUEST_SUM_EVENTS:
		return sum_events(db, r);
	case REQUEST_BARRIER:
		return SQLITE_OK;
	case REQUEST_READ:
		return read_run(db, r->read);
	}
	return SQLITE_MISUSE;
}

int
rows_apply(struct database *db, struct request *r)
{
	int rc = apply(db, r);

	/* A file begun anew, or purged, does not know the jail yet. */
	if (rc == SQLITE_CONSTRAINT_FOREIGNKEY) {
		rc = run_jail(db, STATEMENT_ADD_JAIL, r->jail);
		if (rc == SQLITE_OK)
			rc = apply(db, r);
	}
	return rc;
}

static struct span
column_text(sqlite3_stmt *stmt, int at)
{
	const char *p = (const char *)sqlite3_column_text(stmt, at);

	return span_from(p, (size_t)sqlite3_column_bytes(stmt, at));
}

/* Upstream binds data as bytes (a blob), others as text: both are JSON. */
static void
read_data(sqlite3_stmt *stmt, int at, struct ticket *t, uint64_t *skipped)
{
	int n = sqlite3_column_bytes(stmt, at);

	if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
		return;
	if (n > ROWS_DATA_MAX)
		(*skipped)++;
	else if (n > 0)
		t->data = xmemdup0(sqlite3_column_blob(stmt, at), (size_t)n);
}

/* False: no row that any of these programs writes. */
static bool
read_ban(sqlite3_stmt *stmt, struct store_row *row, uint64_t *skipped)
{
	struct ticket *t = &row->ticket;
	int64_t time = sqlite3_column_int64(stmt, 2);
	int64_t count = sqlite3_column_int64(stmt, 4);
	struct span ip;

	if (sqlite3_column_type(stmt, 0) != SQLITE_TEXT ||
	    sqlite3_column_type(stmt, 1) != SQLITE_TEXT)
		return false;
	ip = column_text(stmt, 0);
	t->bantime = sqlite3_column_int64(stmt, 3);
	if (ip.n == 0 || ip.n > ID_RAW_MAX || time < 0 ||
	    time > ROWS_TIME_MAX || t->bantime < STORE_BANTIME_UNKNOWN ||
	    t->bantime > ROWS_TIME_MAX || count < 0 || count > UINT32_MAX)
		return false;
	row->jail = (const char *)sqlite3_column_text(stmt, 1);
	t->id = id_from_span(ip);
	t->time = wall_from_seconds(time);
	t->permanent = t->bantime == -1;
	t->restored = true;
	t->bancount = (unsigned)count;
	read_data(stmt, 5, t, skipped);
	return true;
}

/* One step of a statement that reads bans. */
static int
step_ban(sqlite3_stmt *stmt, void (*fn)(struct store_row *row, void *arg),
    void *arg, uint64_t *skipped)
{
	struct store_row row = { 0 };
	int rc = sqlite3_step(stmt);

	if (rc != SQLITE_ROW)
		return rc;
	if (!read_ban(stmt, &row, skipped)) {
		(*skipped)++;
		return rc;
	}
	fn(&row, arg);
	strings_fini(&row.ticket.matches);
	free(row.ticket.data);
	return rc;
}

void
rows_begin_bans(struct database *db, const char *jail, struct wall now)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_LATEST);

	if (jail != NULL)
		bind_text(stmt, 1, jail);
	sqlite3_bind_int64(stmt, 2, wall_seconds(now));
}

int
rows_next_ban(struct database *db,
    void (*fn)(struct store_row *row, void *arg), void *arg,
    uint64_t *skipped)
{
	return step_ban(db->v[STATEMENT_GET_LATEST], fn, arg, skipped);
}

void
rows_end_bans(struct database *db)
{
	sqlite3_reset(db->v[STATEMENT_GET_LATEST]);
}

int
rows_load_bans(struct database *db, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg), void *arg,
    uint64_t *skipped)
{
	int rc;

	rows_begin_bans(db, jail, now);
	while ((rc = rows_next_ban(db, fn, arg, skipped)) == SQLITE_ROW)
		continue;
	rows_end_bans(db);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
rows_load_ban(struct database *db, const char *jail, const char *ip,
    struct wall now, void (*fn)(struct store_row *row, void *arg), void *arg,
    uint64_t *skipped)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_LATEST_OF);
	int rc;

	bind_text(stmt, 1, jail);
	bind_text(stmt, 3, ip);
	sqlite3_bind_int64(stmt, 2, wall_seconds(now));
	rc = step_ban(stmt, fn, arg, skipped);
	sqlite3_reset(stmt);
	return rc;
}

int
rows_count_bans(struct database *db, uint64_t *n)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_COUNT_LATEST);
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		*n = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int
rows_load_position(struct database *db, const char *jail, const char *path,
    struct tail_position *out)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_POSITION);
	struct span hash;
	int rc;

	bind_text(stmt, 1, jail);
	bind_text(stmt, 2, path);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*out = (struct tail_position){ 0 };
		hash = column_text(stmt, 0);
		if (hash.n < sizeof(out->hash) && hash.n > 0)
			memcpy(out->hash, hash.p, hash.n);
		out->offset = sqlite3_column_int64(stmt, 1);
		if (out->offset < 0)
			rc = SQLITE_DONE;
	}
	sqlite3_reset(stmt);
	return rc;
}

int
rows_load_journal(struct database *db, const char *jail, struct wall *out)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_POSITION);
	double seconds;
	int rc;

	bind_text(stmt, 1, jail);
	bind_text(stmt, 2, JOURNAL_PATH);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		seconds = sqlite3_column_double(stmt, 1);
		/* Not what somebody else's number would make of our clock. */
		if (seconds > 0 && seconds < 1e11)
			out->us = (int64_t)llround(seconds * CLOCK_SECOND);
		else
			rc = SQLITE_DONE;
	}
	sqlite3_reset(stmt);
	return rc;
}
