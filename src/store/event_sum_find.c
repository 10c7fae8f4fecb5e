/* Sums looked up. */
#include "store/event_sum.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define PAGE 2000

void
event_sums_fini(struct event_sums *s)
{
	free(s->v);
	free(s->days);
	buf_fini(&s->texts);
	*s = (struct event_sums){ 0 };
}

/* --- days --------------------------------------------------------------- */

int
event_sum_days(struct database *db, struct event_sums *out)
{
	sqlite3_stmt *stmt;
	size_t cap = 0;
	int rc = sqlite3_prepare_v2(db->handle, "SELECT day FROM gaol_days"
	    " WHERE state = 2 ORDER BY day", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (out->days_n == cap) {
			cap = cap > 0 ? cap * 2 : 64;
			out->days = xreallocarray(out->days, cap,
			    sizeof(*out->days));
		}
		out->days[out->days_n++] = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* --- sums --------------------------------------------------------------- */

static struct access_sum *
add(struct event_sums *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 64;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	return &s->v[s->n++];
}

/* Its place in the texts, which move while they grow: the length only. */
static struct span
keep_text(struct event_sums *s, sqlite3_stmt *stmt, int at)
{
	const void *p = sqlite3_column_text(stmt, at);
	size_t n = (size_t)sqlite3_column_bytes(stmt, at);

	buf_add_span(&s->texts, span_from(p, n));
	return span_from(NULL, n);
}

static struct wall
time_at(sqlite3_stmt *stmt, int at)
{
	return (struct wall){ sqlite3_column_int64(stmt, at) };
}

static void
read_sum(sqlite3_stmt *stmt, struct event_sums *s)
{
	const void *service = sqlite3_column_text(stmt, 2);
	struct access_sum *sum = add(s);

	*sum = (struct access_sum){
		.number = sqlite3_column_int64(stmt, 0),
		.user = keep_text(s, stmt, 1),
		.logins = sqlite3_column_int64(stmt, 3),
		.failures = sqlite3_column_int64(stmt, 4),
		.told = sqlite3_column_int64(stmt, 5),
		.first = time_at(stmt, 6), .last = time_at(stmt, 7),
		.insecure = sqlite3_column_int64(stmt, 8),
		.insecure_first = time_at(stmt, 9),
		.insecure_last = time_at(stmt, 10),
		.secure_after = time_at(stmt, 11),
		.secure_first = time_at(stmt, 12),
	};
	event_service_parse(span_from(service,
	    (size_t)sqlite3_column_bytes(stmt, 2)), &sum->service);
	sum->countries = keep_text(s, stmt, 13);
}

/* Now that they stay where they are. */
static void
place_texts(struct event_sums *s)
{
	const char *p = s->texts.p;

	for (size_t i = 0; i < s->n; i++) {
		s->v[i].user.p = p;
		p += s->v[i].user.n;
		s->v[i].countries.p = p;
		p += s->v[i].countries.n;
	}
}

int
event_sum_find(struct database *db, int64_t day, int64_t behind,
    struct event_sums *out)
{
	int64_t begin = day * EVENT_SUM_MAX;
	sqlite3_stmt *stmt;
	int64_t one;
	int rc = database_number(db, STATEMENT_GET_DAY, day, &one,
	    &out->summed);

	if (rc != SQLITE_OK || !out->summed)
		return rc;
	stmt = database_statement(db, STATEMENT_GET_SUMS);
	sqlite3_bind_int64(stmt, 1, behind != 0 ? behind : begin - 1);
	sqlite3_bind_int64(stmt, 2, begin + EVENT_SUM_MAX);
	sqlite3_bind_int64(stmt, 3, PAGE);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		read_sum(stmt, out);
	sqlite3_reset(stmt);
	place_texts(out);
	out->more = out->n == PAGE;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
