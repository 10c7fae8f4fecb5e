/* Sums looked up. */
#include "store/event_sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

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

static struct wall
time_at(sqlite3_stmt *stmt, int at)
{
	return (struct wall){ sqlite3_column_int64(stmt, at) };
}

void
event_sum_read(sqlite3_stmt *stmt, struct access_sum *out)
{
	*out = (struct access_sum){
		.user = database_text(stmt, 0),
		.logins = sqlite3_column_int64(stmt, 2),
		.failures = sqlite3_column_int64(stmt, 3),
		.first = time_at(stmt, 4), .last = time_at(stmt, 5),
		.insecure = sqlite3_column_int64(stmt, 6),
		.insecure_first = time_at(stmt, 7),
		.insecure_last = time_at(stmt, 8),
		.secure_after = time_at(stmt, 9),
		.secure_first = time_at(stmt, 10),
		.countries = database_text(stmt, 11),
	};
	event_service_parse(database_text(stmt, 1), &out->service);
}

/* The sum, its countries added up apart. Texts move while they grow. */
static void
keep(struct event_sums *s, const struct access_sum *sum)
{
	struct access_sum *kept;

	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 64;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	kept = &s->v[s->n++];
	*kept = *sum;
	buf_add_span(&s->texts, sum->user);
	buf_add_span(&s->texts, sum->countries);
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

/* --- days side by side -------------------------------------------------- */

/* How far one day is. */
struct cursor {
	sqlite3_stmt *stmt;
	struct access_sum sum;    /* the next; texts are the statement's */
	bool ended;
};

struct merge {
	struct cursor v[ACCESS_SUM_DAYS];   /* in order of time */
	size_t n;
	size_t read;              /* sums of days */
	struct buf countries;
};

static int
next(struct merge *m, struct cursor *c)
{
	int rc = sqlite3_step(c->stmt);

	c->ended = rc != SQLITE_ROW;
	if (!c->ended) {
		event_sum_read(c->stmt, &c->sum);
		m->read++;
	}
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
begin(struct merge *m, struct database *db, const struct store_sums_query *q,
    int64_t day)
{
	struct cursor *c = &m->v[m->n];
	int rc = sqlite3_prepare_v2(db->handle, "SELECT " EVENT_SUM_COLUMNS
	    " FROM gaol_sums WHERE day = ?1"
	    " AND (\"user\", service) > (?2, ?3)"
	    " ORDER BY \"user\", service", -1, &c->stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	m->n++;
	sqlite3_bind_int64(c->stmt, 1, day);
	sqlite3_bind_text(c->stmt, 2, q->user.n > 0 ? q->user.p : "",
	    (int)q->user.n, SQLITE_STATIC);
	sqlite3_bind_text(c->stmt, 3, q->service < 0 ? "" :
	    event_service_name((enum event_service)q->service), -1,
	    SQLITE_STATIC);
	return next(m, c);
}

int
event_sum_compare(const struct access_sum *a, const struct access_sum *b)
{
	int order = span_cmp(a->user, b->user);

	return order != 0 ? order : strcmp(event_service_name(a->service),
	    event_service_name(b->service));
}

/* The day that has the first account; the first of these days. NULL: none. */
static const struct cursor *
first_of(const struct merge *m)
{
	const struct cursor *first = NULL;

	for (const struct cursor *c = m->v; c < m->v + m->n; c++)
		if (!c->ended && (first == NULL ||
			event_sum_compare(&c->sum, &first->sum) < 0))
			first = c;
	return first;
}

/* Adds up what the days from `first` on have of its account. */
static int
add_up(struct merge *m, const struct cursor *first, struct event_sums *out)
{
	struct access_sum sum = first->sum;
	bool same[ACCESS_SUM_DAYS] = { false };
	int rc = SQLITE_OK;

	buf_clear(&m->countries);
	buf_add_span(&m->countries, sum.countries);
	sum.countries = buf_span(&m->countries);
	for (size_t i = (size_t)(first - m->v); i < m->n; i++) {
		same[i] = !m->v[i].ended &&
		    event_sum_compare(&m->v[i].sum, &first->sum) == 0;
		if (same[i] && &m->v[i] != first)
			access_sum_add(&sum, &m->v[i].sum, &m->countries);
	}
	keep(out, &sum);
	for (size_t i = 0; i < m->n && rc == SQLITE_OK; i++)
		if (same[i])
			rc = next(m, &m->v[i]);
	return rc;
}

static int
run_merge(struct merge *m, size_t page, struct event_sums *out)
{
	const struct cursor *first;
	int rc = SQLITE_OK;

	while (rc == SQLITE_OK && (first = first_of(m)) != NULL) {
		out->more = out->n >= page || m->read >= page * 10;
		if (out->more)
			break;
		rc = add_up(m, first, out);
	}
	place_texts(out);
	return rc;
}

static int
count_days(struct database *db, const struct store_sums_query *q, int64_t *n)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_COUNT_DAYS);
	int rc;

	sqlite3_bind_int64(stmt, 1, q->first);
	sqlite3_bind_int64(stmt, 2, q->last);
	rc = sqlite3_step(stmt);
	*n = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int
event_sum_find(struct database *db, const struct store_sums_query *q,
    struct event_sums *out)
{
	struct merge m = { .n = 0 };
	int64_t n;
	int rc = count_days(db, q, &n);

	out->summed = rc == SQLITE_OK && n > 0 && n == q->last - q->first + 1;
	if (!out->summed)
		return rc;
	for (int64_t day = q->first; day <= q->last && rc == SQLITE_OK &&
	    m.n < ACCESS_SUM_DAYS; day++)
		rc = begin(&m, db, q, day);
	if (rc == SQLITE_OK)
		rc = run_merge(&m, db->sums.page, out);
	for (size_t i = 0; i < m.n; i++)
		sqlite3_finalize(m.v[i].stmt);
	buf_fini(&m.countries);
	return rc;
}
