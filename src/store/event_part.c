#include "store/event_part.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "store/database.h"

#define NUMBER_MAX UINT32_MAX   /* what is above it is an old one: a time */

static void
add(struct event_parts *p, int64_t number, int64_t begin)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct event_part){ number, begin };
	if (number < NUMBER_MAX && p->next <= number)
		p->next = number + 1;
}

static int
ask(sqlite3 *db, const char *sql, int64_t with, int64_t *out)
{
	int rc = database_row(db, sql, with, out, 1);

	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* --- as the file has them ------------------------------------------------ */

/* Each goes by its index. */
#define NEXT_PART(op) "SELECT min(x) FROM (" \
	"SELECT min(part) AS x FROM gaol_events" \
	" WHERE part " op " ?1 AND \"user\" IS NOT NULL UNION ALL" \
	" SELECT min(part) FROM gaol_events" \
	" WHERE part " op " ?1 AND ip IS NOT NULL UNION ALL" \
	" SELECT min(part) FROM gaol_sessions" \
	" WHERE part " op " ?1 AND \"user\" IS NOT NULL UNION ALL" \
	" SELECT min(part) FROM gaol_sessions" \
	" WHERE part " op " ?1 AND ip IS NOT NULL)"

static int
insert(sqlite3 *db, int64_t number, int64_t begin)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "INSERT INTO gaol_parts(number, begin)"
	    " VALUES(?1, ?2)", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, number);
	sqlite3_bind_int64(stmt, 2, begin);
	rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
event_parts_fill(sqlite3 *db)
{
	int64_t number = 0, last, n = 0;
	int rc = ask(db, "SELECT count(*) FROM gaol_parts", 0, &n);

	if (rc != SQLITE_OK || n > 0)
		return rc;
	do {
		last = number;
		rc = insert(db, number, number);
		if (rc == SQLITE_OK)
			rc = ask(db, NEXT_PART(">"), last, &number);
	} while (rc == SQLITE_OK && number > last);
	return rc;
}

static int
has_rows(sqlite3 *db, int64_t number, bool *out)
{
	int64_t found = -1;
	int rc = ask(db, NEXT_PART("="), number, &found);

	*out = found == number;
	return rc;
}

/* What has been kept long enough took some with it. */
static int
drop_empty(struct event_parts *p, sqlite3 *db)
{
	int64_t one;
	size_t n = 1;
	bool rows;
	int rc = SQLITE_OK;

	for (size_t i = 1; i < p->n && rc == SQLITE_OK; i++) {
		rc = has_rows(db, p->v[i].number, &rows);
		if (rc == SQLITE_OK && !rows)
			rc = ask(db, "DELETE FROM gaol_parts"
			    " WHERE number = ?1", p->v[i].number, &one);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
		else if (rc == SQLITE_OK)
			p->v[n++] = p->v[i];
	}
	p->n = n;
	return rc;
}

static int
read_all(struct event_parts *p, sqlite3 *db)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "SELECT number, begin FROM gaol_parts"
	    " ORDER BY begin", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		add(p, sqlite3_column_int64(stmt, 0),
		    sqlite3_column_int64(stmt, 1));
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
event_parts_load(struct event_parts *p, sqlite3 *db)
{
	int rc;

	event_parts_fini(p);
	p->max = EVENT_PART_ROWS;
	rc = read_all(p, db);
	if (rc == SQLITE_OK)
		rc = drop_empty(p, db);
	if (rc == SQLITE_OK)
		rc = ask(db, "SELECT max(x) FROM ("
		    "SELECT max(time) AS x FROM gaol_events UNION ALL"
		    " SELECT max(time) FROM gaol_sessions)", 0, &p->newest);
	if (rc == SQLITE_OK)
		rc = ask(db, "SELECT count(*) FROM gaol_events"
		    " WHERE part = ?1 AND \"user\" IS NOT NULL",
		    p->v[p->n - 1].number, &p->rows);
	return rc;
}

void
event_parts_fini(struct event_parts *p)
{
	free(p->v);
	*p = (struct event_parts){ 0 };
}

/* --- of rows ------------------------------------------------------------- */

static int
begin_part(struct database *db, int64_t begin)
{
	struct event_parts *p = &db->parts;
	int rc = insert(db->handle, p->next, begin);

	if (rc == SQLITE_OK) {
		add(p, p->next, begin);
		p->rows = 0;
	}
	return rc;
}

int
event_parts_of(struct database *db, int64_t time, bool session,
    int64_t *number)
{
	struct event_parts *p = &db->parts;
	int rc = SQLITE_OK;
	size_t i;

	if (p->rows >= p->max && time > p->newest)
		rc = begin_part(db, time);
	if (time > p->newest)
		p->newest = time;
	/* Nearly always the last. */
	for (i = p->n - 1; i > 0 && p->v[i].begin > time; i--)
		;
	if (i == p->n - 1 && !session)
		p->rows++;
	*number = p->v[i].number;
	return rc;
}

int64_t
event_parts_end(const struct event_parts *p, size_t i)
{
	return i + 1 < p->n ? p->v[i + 1].begin : INT64_MAX;
}
