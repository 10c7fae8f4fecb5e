#include "store/event_part.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "store/database.h"

static void
add(struct event_parts *p, int64_t begin)
{
	p->begins = xreallocarray(p->begins, p->n + 1, sizeof(*p->begins));
	p->begins[p->n++] = begin;
}

static int
ask(sqlite3 *db, const char *sql, int64_t with, int64_t *out)
{
	int rc = database_row(db, sql, with, out, 1);

	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* The next one that has rows of either kind; *out stays if there is none. */
static int
next_begin(sqlite3 *db, int64_t behind, int64_t *out)
{
	/* Each goes by its index. */
	return ask(db, "SELECT min(x) FROM ("
	    "SELECT min(part) AS x FROM gaol_events"
	    " WHERE part > ?1 AND \"user\" IS NOT NULL UNION ALL"
	    " SELECT min(part) FROM gaol_events"
	    " WHERE part > ?1 AND ip IS NOT NULL UNION ALL"
	    " SELECT min(part) FROM gaol_sessions"
	    " WHERE part > ?1 AND \"user\" IS NOT NULL UNION ALL"
	    " SELECT min(part) FROM gaol_sessions"
	    " WHERE part > ?1 AND ip IS NOT NULL)", behind, out);
}

int
event_parts_load(struct event_parts *p, sqlite3 *db)
{
	int64_t begin = 0;
	int rc;

	event_parts_fini(p);
	p->max = EVENT_PART_ROWS;
	do
		add(p, begin);
	while ((rc = next_begin(db, begin, &begin)) == SQLITE_OK &&
	    begin > p->begins[p->n - 1]);
	if (rc == SQLITE_OK)
		rc = ask(db, "SELECT max(x) FROM ("
		    "SELECT max(time) AS x FROM gaol_events UNION ALL"
		    " SELECT max(time) FROM gaol_sessions)", 0, &p->newest);
	if (rc == SQLITE_OK)
		rc = ask(db, "SELECT count(*) FROM gaol_events"
		    " WHERE part = ?1 AND \"user\" IS NOT NULL",
		    p->begins[p->n - 1], &p->rows);
	return rc;
}

void
event_parts_fini(struct event_parts *p)
{
	free(p->begins);
	*p = (struct event_parts){ 0 };
}

int64_t
event_parts_of(struct event_parts *p, int64_t time, bool session)
{
	size_t i;

	if (p->rows >= p->max && time > p->newest) {
		add(p, time);
		p->rows = 0;
	}
	if (time > p->newest)
		p->newest = time;
	/* Nearly always the last. */
	for (i = p->n - 1; i > 0 && p->begins[i] > time; i--)
		;
	if (i == p->n - 1 && !session)
		p->rows++;
	return p->begins[i];
}

int64_t
event_parts_end(const struct event_parts *p, size_t i)
{
	return i + 1 < p->n ? p->begins[i + 1] : INT64_MAX;
}
