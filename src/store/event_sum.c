#include "store/event_sum.h"

#include <stdlib.h>
#include <string.h>

#include "store/event_table.h"

#define DAYS_A_STEP 64     /* looked at for one that is to be summed */

/* gaol_days.state */
enum day_state {
	DAY_STALE,         /* its sums are to go, and itself with them */
	DAY_BEGUN,         /* summed up to `time`, `number` */
	DAY_DONE,
	DAY_FULL,          /* it has too many sums: these are to go */
};

/* --- tables ------------------------------------------------------------- */

void
event_sum_tables(struct buf *out)
{
	buf_adds(out, "CREATE TABLE IF NOT EXISTS gaol_days("
	    "day INTEGER PRIMARY KEY, state INTEGER NOT NULL,"
	    " sums INTEGER NOT NULL, time INTEGER NOT NULL,"
	    " number INTEGER NOT NULL);"
	    "CREATE TABLE IF NOT EXISTS gaol_sums("
	    "number INTEGER PRIMARY KEY, day INTEGER NOT NULL,"
	    " \"user\" TEXT NOT NULL, service TEXT NOT NULL,"
	    " logins INTEGER NOT NULL, failures INTEGER NOT NULL,"
	    " told INTEGER NOT NULL, first INTEGER, last INTEGER,"
	    " insecure INTEGER NOT NULL, insecure_first INTEGER,"
	    " insecure_last INTEGER, secure_after INTEGER,"
	    " secure_first INTEGER, countries TEXT NOT NULL);"
	    "CREATE UNIQUE INDEX IF NOT EXISTS gaol_sums_of"
	    " ON gaol_sums(day, \"user\", service);");
}

/* Event by event, in order of time: as summary.c counts. */
static const char add_sum[] =
    "INSERT INTO gaol_sums(number, day, \"user\", service, logins, failures,"
    " told, first, last, insecure, insecure_first, insecure_last,"
    " secure_after, secure_first, countries)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?8, ?9, ?9, NULL, ?10, ?11)"
    " ON CONFLICT(day, \"user\", service) DO UPDATE SET"
    " logins = logins + excluded.logins,"
    " failures = failures + excluded.failures, told = told + 1,"
    " first = ifnull(first, excluded.first),"
    " last = ifnull(excluded.last, last),"
    " insecure = insecure + excluded.insecure,"
    " insecure_first = ifnull(insecure_first, excluded.insecure_first),"
    " insecure_last = ifnull(excluded.insecure_last, insecure_last),"
    " secure_after = CASE WHEN excluded.insecure > 0 THEN NULL"
    " WHEN insecure > 0 THEN ifnull(secure_after, excluded.secure_first) END,"
    " secure_first = ifnull(secure_first, excluded.secure_first),"
    " countries = CASE WHEN instr(countries, excluded.countries) > 0"
    " THEN countries ELSE countries || excluded.countries END";

void
event_sum_sql(enum statement which, struct buf *out)
{
	switch (which) {
	case STATEMENT_ADD_SUM:
		buf_adds(out, add_sum);
		break;
	case STATEMENT_DEL_SUMS:
		buf_adds(out, "DELETE FROM gaol_sums WHERE number IN"
		    " (SELECT number FROM gaol_sums WHERE number >= ?1"
		    " AND number < ?2 LIMIT ?3)");
		break;
	case STATEMENT_GET_SUMS:
		buf_adds(out, "SELECT number, \"user\", service, logins,"
		    " failures, told, first, last, insecure, insecure_first,"
		    " insecure_last, secure_after, secure_first, countries"
		    " FROM gaol_sums WHERE number > ?1 AND number < ?2"
		    " ORDER BY number LIMIT ?3");
		break;
	case STATEMENT_SET_DAY:
		buf_adds(out, "INSERT OR REPLACE INTO gaol_days(day, state,"
		    " sums, time, number) VALUES(?1, ?2, ?3, ?4, ?5)");
		break;
	case STATEMENT_GET_DAY:
		buf_adds(out, "SELECT 1 FROM gaol_days"
		    " WHERE day = ?1 AND state = 2");
		break;
	case STATEMENT_DEL_DAY:
		buf_adds(out, "DELETE FROM gaol_days WHERE day = ?1");
		break;
	case STATEMENT_TOUCH_DAYS:
		buf_adds(out, "UPDATE gaol_days SET state = 0"
		    " WHERE day >= ?1 AND day <= ?2");
		break;
	case STATEMENT_GET_TIME:
		buf_adds(out, "SELECT time FROM gaol_events"
		    " WHERE number = ?1 AND kind IN ('login', 'failure')");
		break;
	case STATEMENT_GET_ENDED:
		/* Each goes by gaol_events_kind. */
		buf_adds(out, "SELECT max(x) FROM ("
		    "SELECT max(time) AS x FROM gaol_events"
		    " WHERE kind = 'login' AND time < ?1 UNION ALL"
		    " SELECT max(time) FROM gaol_events"
		    " WHERE kind = 'failure' AND time < ?1)");
		break;
	default:
		break;
	}
}

/* Rising; before 1970, too. */
static int64_t
day_of(int64_t time)
{
	int64_t day = time / ACCESS_SUM_DAY;

	return day - (time % ACCESS_SUM_DAY < 0);
}

static int64_t
number_of(int64_t day, int64_t n)
{
	return day * EVENT_SUM_MAX + n;
}

/* --- days known --------------------------------------------------------- */

static int
run_numbers(struct database *db, enum statement which, const int64_t v[],
    int n)
{
	sqlite3_stmt *stmt = database_statement(db, which);

	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(stmt, i + 1, v[i]);
	return database_run(stmt);
}

static int
set_day(struct database *db, int64_t day, enum day_state state, int64_t sums,
    struct wall time, int64_t number)
{
	const int64_t v[] = { day, (int64_t)state, sums, time.us, number };

	if (db->sums.last < day)
		db->sums.last = day;
	return run_numbers(db, STATEMENT_SET_DAY, v, 5);
}

int
event_sum_load(struct database *db)
{
	int64_t v[2] = { 0 };
	int rc = database_row(db->handle, "SELECT (SELECT"
	    " ifnull(max(day), -1) FROM gaol_days),"
	    " (SELECT max(number) FROM gaol_events)", 0, v, 2);

	db->sums = (struct event_sum_known){ .last = v[0], .number = v[1],
		.max = EVENT_SUM_MAX, .slice = EVENT_SUM_SLICE };
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int
event_sum_oldest(struct database *db, enum event_kind kind, int64_t *out)
{
	int64_t v[2] = { 0 };
	struct buf text = { 0 };
	int rc;

	buf_addf(&text, "SELECT min(time), count(time) FROM (SELECT time FROM"
	    " gaol_events WHERE kind = '%s' ORDER BY time LIMIT 1)",
	    event_kind_name(kind));
	rc = database_row(db->handle, text.p, 0, v, 2);
	buf_fini(&text);
	if (rc == SQLITE_ROW && v[1] > 0)
		*out = v[0];
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* --- what events come and go -------------------------------------------- */

int
event_sum_touch_all(struct database *db, int64_t from, int64_t to)
{
	const int64_t v[] = { day_of(from), day_of(to - 1) };

	if (v[0] > db->sums.last)
		return SQLITE_OK;
	return run_numbers(db, STATEMENT_TOUCH_DAYS, v, 2);
}

/* What stood under its number before may be another day's. */
static int
touch_before(struct database *db, int64_t number)
{
	int64_t time;
	bool found;
	int rc;

	rc = database_number(db, STATEMENT_GET_TIME, number, &time, &found);
	if (rc == SQLITE_OK && found)
		rc = event_sum_touch_all(db, time, time + 1);
	return rc;
}

int
event_sum_touch(struct database *db, const struct event_row *row)
{
	const struct access_event *e = &row->event;
	int rc = SQLITE_OK;

	if (row->is_session)
		return SQLITE_OK;
	if (row->number != 0 && row->number <= db->sums.number &&
	    db->sums.last >= 0)
		rc = touch_before(db, row->number);
	/* The file makes up its number: it may be any. */
	if (db->sums.number < row->number || row->number == 0)
		db->sums.number = row->number != 0 ? row->number : INT64_MAX;
	if (rc == SQLITE_OK && !row->is_gone && !row->is_moved &&
	    (e->kind == EVENT_LOGIN || e->kind == EVENT_FAILURE))
		rc = event_sum_touch_all(db, e->time.us, e->time.us + 1);
	return rc;
}

/* --- a day's events ----------------------------------------------------- */

struct day {
	int64_t day, state, sums;
	struct wall time;      /* of the last event that is in it */
	int64_t number;
};

static void
bind_time(sqlite3_stmt *stmt, int at, struct wall time, bool known)
{
	if (known)
		sqlite3_bind_int64(stmt, at, time.us);
}

static void
bind_country(sqlite3_stmt *stmt, int at, const char *country)
{
	char code[ACCESS_SUM_CODE] = { ' ', ' ', ' ' };
	size_t n = strlen(country);

	memcpy(code, country, n < sizeof(code) ? n : sizeof(code));
	sqlite3_bind_text(stmt, at, code, n > 0 ? ACCESS_SUM_CODE : 0,
	    SQLITE_TRANSIENT);
}

static void
bind_login(sqlite3_stmt *stmt, const struct access_event *e,
    enum event_tls tls)
{
	bool login = e->kind == EVENT_LOGIN;
	bool insecure = login && tls == EVENT_TLS_NONE && !e->place.lan;

	sqlite3_bind_int64(stmt, 5, login);
	bind_time(stmt, 7, e->time, login);
	sqlite3_bind_int64(stmt, 8, insecure);
	bind_time(stmt, 9, e->time, insecure);
	bind_time(stmt, 10, e->time, login && tls != EVENT_TLS_NONE &&
	    tls != EVENT_TLS_UNKNOWN && tls != EVENT_TLS_LOCAL);
	bind_country(stmt, 11, login ? e->place.country : "");
}

static int
add_event(struct database *db, const struct event_sum_run *run, struct day *d,
    const struct access_event *e)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_ADD_SUM);
	int64_t number = number_of(d->day, d->sums);
	struct span user = e->texts[EVENT_USER];
	int rc;

	sqlite3_bind_int64(stmt, 1, number);
	sqlite3_bind_int64(stmt, 2, d->day);
	sqlite3_bind_text(stmt, 3, user.p, (int)user.n, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, event_service_name(e->service), -1,
	    SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 6, e->kind == EVENT_FAILURE ?
	    e->numbers[EVENT_ATTEMPTS] : 0);
	bind_login(stmt, e, run->tls != NULL ? run->tls(e) : e->tls);
	sqlite3_set_last_insert_rowid(db->handle, -1);
	rc = database_run(stmt);
	/* One that was there before has its own number. */
	if (rc == SQLITE_OK &&
	    sqlite3_last_insert_rowid(db->handle) == number)
		d->sums++;
	return rc;
}

static int
add_events(struct database *db, const struct event_sum_run *run,
    struct day *d, const struct event_rows *rows)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < rows->n && rc == SQLITE_OK &&
	    d->sums < db->sums.max; i++) {
		rc = add_event(db, run, d, &rows->v[i].event);
		d->time = rows->v[i].event.time;
		d->number = rows->v[i].number;
	}
	return rc;
}

/* The next events of a day that was begun. */
static int
go_on(struct database *db, const struct event_sum_run *run, struct day *d)
{
	const struct store_query q = { .brief = true, .kind = -1,
		.service = -1, .since = { d->day * ACCESS_SUM_DAY },
		.until = { (d->day + 1) * ACCESS_SUM_DAY },
		.limit = db->sums.slice, .behind = d->time,
		.number = d->number };
	struct event_rows rows = { 0 };
	bool more;
	int rc = event_table_find(db, &q, &rows, &more);

	if (rc == SQLITE_OK)
		rc = add_events(db, run, d, &rows);
	event_rows_fini(&rows);
	if (rc != SQLITE_OK)
		return rc;
	return set_day(db, d->day, d->sums >= db->sums.max ? DAY_FULL :
	    more ? DAY_BEGUN : DAY_DONE, d->sums, d->time, d->number);
}

/* --- which day ---------------------------------------------------------- */

/* A slice of the sums of a day that has none. */
static int
clear(struct database *db, const struct day *d)
{
	const int64_t v[] = { number_of(d->day, 0), number_of(d->day + 1, 0),
		EVENT_SUM_SLICE };
	int rc = run_numbers(db, STATEMENT_DEL_SUMS, v, 3);

	if (rc != SQLITE_OK ||
	    sqlite3_changes(db->handle) == EVENT_SUM_SLICE)
		return rc;
	if (d->state == (int64_t)DAY_FULL)
		return set_day(db, d->day, DAY_FULL, 0, d->time, d->number);
	return run_numbers(db, STATEMENT_DEL_DAY, &d->day, 1);
}

/*
 * A day of which only some sign-ins are kept yet loses events with each purge:
 * it is summed when it has lost all of them.
 */
static bool
is_whole(const struct event_sum_run *run, int64_t day)
{
	int64_t begin = day * ACCESS_SUM_DAY, end = begin + ACCESS_SUM_DAY;

	for (int i = 0; i < 2; i++)
		if (begin < run->now - run->keep[i] &&
		    end > run->now - run->keep[i])
			return false;
	return true;
}

static int
is_known(struct database *db, int64_t day, bool *known)
{
	int64_t n = 0;
	int rc = database_row(db->handle, "SELECT count(*) FROM gaol_days"
	    " WHERE day = ?1", day, &n, 1);

	*known = n > 0;
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Begins the next day that is to be summed; *more: there may be one. */
static int
choose(struct database *db, struct event_sum_run *run, bool *more)
{
	bool found = true, known = true;
	int rc = SQLITE_OK;
	int64_t time;

	for (int i = 0; i < DAYS_A_STEP; i++) {
		rc = database_number(db, STATEMENT_GET_ENDED, run->before *
		    ACCESS_SUM_DAY, &time, &found);
		/* No server has signed anybody in before 1970-01-02. */
		*more = found && time >= ACCESS_SUM_DAY;
		if (rc != SQLITE_OK || !*more)
			return rc;
		run->before = day_of(time);
		rc = is_known(db, run->before, &known);
		if (rc != SQLITE_OK)
			return rc;
		if (!known && is_whole(run, run->before))
			return set_day(db, run->before, DAY_BEGUN, 0,
			    (struct wall){ 0 }, 0);
	}
	return SQLITE_OK;
}

static void
begin_run(struct event_sum_run *run)
{
	int64_t day = day_of(run->now - EVENT_SUM_LATE);

	if (run->before == 0)
		run->before = day;
}

int
event_sum_step(struct database *db, struct event_sum_run *run, bool *more)
{
	int64_t v[5] = { 0 };
	struct day d;
	/* What is to go goes first. */
	int rc = database_row(db->handle, "SELECT day, state, sums, time,"
	    " number FROM gaol_days"
	    " WHERE state IN (0, 1) OR (state = 3 AND sums > 0)"
	    " ORDER BY state = 1 LIMIT 1", 0, v, 5);

	begin_run(run);
	*more = true;
	if (rc == SQLITE_DONE)
		return choose(db, run, more);
	if (rc != SQLITE_ROW)
		return rc;
	d = (struct day){ v[0], v[1], v[2], { v[3] }, v[4] };
	return d.state == (int64_t)DAY_BEGUN ? go_on(db, run, &d) :
	    clear(db, &d);
}

int
event_sum_count(struct database *db, struct store_sum_counters *out)
{
	int64_t v[5] = { 0 };
	int rc = database_row(db->handle, "SELECT sum(state = 2),"
	    " sum(state = 3), sum(sums),"
	    " min(CASE WHEN state = 2 THEN day END),"
	    " max(CASE WHEN state = 2 THEN day END) FROM gaol_days", 0, v,
	    5);

	*out = (struct store_sum_counters){ .days = (uint64_t)v[0],
		.left = (uint64_t)v[1], .sums = (uint64_t)v[2],
		.first = v[3], .last = v[4] };
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}
