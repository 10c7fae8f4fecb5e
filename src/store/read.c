#include "store/read.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/xalloc.h"
#include "config/clean.h"
#include "store/event_table.h"
#include "store/rows.h"

struct read *
read_new(enum read_kind kind, const char *jail)
{
	struct read *r = xcalloc(1, sizeof(*r));

	r->kind = kind;
	r->jail = jail != NULL ? xstrdup(jail) : NULL;
	return r;
}

static void
forget_rows(struct read *r)
{
	for (size_t i = 0; i < r->rows_n; i++) {
		id_fini(&r->rows[i].ticket.id);
		strings_fini(&r->rows[i].ticket.matches);
		free(r->rows[i].ticket.data);
	}
	free(r->rows);
	r->rows = NULL;
	r->rows_n = 0;
}

static void
forget_past(struct read *r)
{
	for (size_t i = 0; i < r->past_n; i++)
		free(r->past[i].jail);
	free(r->past);
	r->past = NULL;
	r->past_n = 0;
}

static void
forget_answer(struct read *r)
{
	r->history = (struct store_history){ 0 };
	strings_fini(&r->merged.matches);
	r->merged = (struct store_merged){ 0 };
	forget_rows(r);
	forget_past(r);
	event_rows_fini(&r->events);
	event_sums_fini(&r->sums);
	r->skipped = 0;
}

void
read_free(struct read *r)
{
	if (r == NULL)
		return;
	forget_answer(r);
	free(r->jail);
	free(r->id);
	free(r);
}

/* --- history ------------------------------------------------------------- */

static uint32_t
believable_count(int64_t n)
{
	return n < 0 ? 0 : n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static int
run_history(struct database *db, struct read *r)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_HISTORY);
	int rc;

	sqlite3_bind_text(stmt, 1, r->id, -1, SQLITE_STATIC);
	if (r->jail != NULL)
		sqlite3_bind_text(stmt, 2, r->jail, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_int64(stmt, 0) > 0) {
		r->history.known = true;
		r->history.bancount =
		    believable_count(sqlite3_column_int64(stmt, 1));
		r->history.time = sqlite3_column_int64(stmt, 2);
		if (r->history.time > ROWS_TIME_MAX)
			r->history.known = false;
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* --- merged -------------------------------------------------------------- */

/* A line may be three pieces: before the date, the date, behind it. */
static char *
line_text(const json_t *line)
{
	struct buf b = { 0 };
	json_t *piece;
	size_t i;

	buf_reserve(&b, 0);
	if (json_is_string(line))
		clean_utf8(span_from(json_string_value(line),
		    json_string_length(line)), &b);
	json_array_foreach(line, i, piece)
		if (json_is_string(piece))
			clean_utf8(span_from(json_string_value(piece),
			    json_string_length(piece)), &b);
	return buf_take(&b);
}

/* Rows come newest first: their lines go before those that are there. */
static void
merge_lines(struct read *r, const json_t *lines)
{
	struct strings all = { 0 };
	size_t have = r->merged.matches.n;
	size_t max = r->maxmatches > 0 ? (size_t)r->maxmatches : 0;
	size_t n = json_array_size(lines);
	size_t room = max > have ? max - have : 0;

	for (size_t i = n > room ? n - room : 0; i < n; i++)
		strings_take(&all, line_text(json_array_get(lines, i)));
	for (size_t i = 0; i < have; i++)
		strings_add(&all, span_of(r->merged.matches.v[i]));
	strings_fini(&r->merged.matches);
	r->merged.matches = all;
}

static void
merge_row(struct read *r, const char *data, size_t size)
{
	json_t *root = size <= ROWS_DATA_MAX ?
	    json_loadb(data, size, JSON_ALLOW_NUL, NULL) : NULL;
	json_t *failures = json_object_get(root, "failures");
	int64_t n = json_is_integer(failures) ?
	    json_integer_value(failures) : 1;

	r->merged.known = true;
	r->merged.failures = believable_count(r->merged.failures +
	    (int64_t)believable_count(n));
	merge_lines(r, json_object_get(root, "matches"));
	json_decref(root);
}

static int
run_merged(struct database *db, struct read *r)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_BANS);
	int rc;

	sqlite3_bind_text(stmt, 1, r->id, -1, SQLITE_STATIC);
	if (r->jail != NULL)
		sqlite3_bind_text(stmt, 2, r->jail, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *data = sqlite3_column_blob(stmt, 0);

		merge_row(r, data != NULL ? data : "",
		    (size_t)sqlite3_column_bytes(stmt, 0));
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* --- bans ---------------------------------------------------------------- */

static void
keep_row(struct store_row *row, void *arg)
{
	struct read *r = arg;
	struct store_row *kept;

	/* Room is doubled: whenever the number is a power of two. */
	if ((r->rows_n & (r->rows_n - 1)) == 0)
		r->rows = xreallocarray(r->rows,
		    r->rows_n > 0 ? r->rows_n * 2 : 1, sizeof(*r->rows));
	kept = &r->rows[r->rows_n++];
	kept->jail = r->jail;
	kept->ticket = row->ticket;
	kept->ticket.id = id_copy(&row->ticket.id);
	row->ticket.matches = (struct strings){ 0 };
	row->ticket.data = NULL;
}

static int
run_bans(struct database *db, struct read *r)
{
	return rows_load_bans(db, r->jail, wall_from_seconds(r->now),
	    keep_row, r, &r->skipped);
}

/* --- past bans ------------------------------------------------------------ */

static int
run_past(struct database *db, struct read *r)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_PAST);
	int rc;

	sqlite3_bind_text(stmt, 1, r->id, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const void *jail = sqlite3_column_text(stmt, 0);
		struct buf name = { 0 };

		buf_reserve(&name, 0);
		clean_utf8(span_from(jail, (size_t)sqlite3_column_bytes(stmt,
		    0)), &name);
		r->past = xreallocarray(r->past, r->past_n + 1,
		    sizeof(*r->past));
		r->past[r->past_n++] = (struct store_past){
			.jail = buf_take(&name),
			.time = sqlite3_column_int64(stmt, 1),
			.bantime = sqlite3_column_int64(stmt, 2),
			.bancount = believable_count(
			    sqlite3_column_int64(stmt, 3)),
		};
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
read_run(struct database *db, struct read *r)
{
	forget_answer(r);
	switch (r->kind) {
	case READ_HISTORY:
		return run_history(db, r);
	case READ_MERGED:
		return run_merged(db, r);
	case READ_BANS:
		return run_bans(db, r);
	case READ_PAST:
		return run_past(db, r);
	case READ_FOUND:
		r->found.rows = &r->events;
		return event_table_find(db, &r->query, &r->events,
		    &r->found.more);
	case READ_SUMS:
		return r->days.first < 0 ? event_sum_days(db, &r->sums) :
		    event_sum_find(db, &r->days, &r->sums);
	}
	return SQLITE_MISUSE;
}

/* fn borrows the id and may take matches and data. */
static void
tell_rows(struct read *r, int error)
{
	for (size_t i = 0; error == 0 && i < r->rows_n; i++) {
		struct store_row row = r->rows[i];

		r->rows[i].ticket.matches = (struct strings){ 0 };
		r->rows[i].ticket.data = NULL;
		r->fn.row(&row, r->arg);
		strings_fini(&row.ticket.matches);
		free(row.ticket.data);
	}
	r->done(error, r->arg);
}

void
read_tell(struct read *r, int error)
{
	switch (r->kind) {
	case READ_HISTORY:
		r->fn.history(error, &r->history, r->arg);
		break;
	case READ_MERGED:
		r->fn.merged(error, &r->merged, r->arg);
		break;
	case READ_BANS:
		tell_rows(r, error);
		break;
	case READ_PAST:
		r->fn.past(error, r->past, r->past_n, r->arg);
		break;
	case READ_FOUND:
		r->fn.found(error, &r->found, r->arg);
		break;
	case READ_SUMS:
		r->fn.sums(error, &r->sums, r->arg);
		break;
	}
}
