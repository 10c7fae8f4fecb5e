#include "store/event_sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/event_fold.h"
#include "store/event_table.h"

#define DAYS_A_STEP 64     /* looked at for one that is to be summed */
#define LARGE 50000        /* sums of a day, worth giving their memory back */

/* gaol_days.state */
enum day_state {
	DAY_STALE,         /* its sums are to go, and itself with them */
	DAY_BEGUN,         /* by the daemon that runs; else the same */
	DAY_DONE,
};

/* The day that is being summed. */
struct event_sum_work {
	struct event_fold *fold;
	int64_t day, sums;        /* sums: of it, in the file */
	struct wall time;         /* of the last event that was added */
	int64_t number;           /* … its own */
	bool more;                /* events may lie behind it */
	bool writing;             /* what was added goes to the file */
};

/* --- tables ------------------------------------------------------------- */

void
event_sum_tables(struct buf *out)
{
	buf_adds(out, "CREATE TABLE IF NOT EXISTS gaol_days("
	    "day INTEGER PRIMARY KEY, state INTEGER NOT NULL,"
	    " sums INTEGER NOT NULL);"
	    "CREATE TABLE IF NOT EXISTS gaol_sums("
	    "day INTEGER NOT NULL, \"user\" TEXT NOT NULL,"
	    " service TEXT NOT NULL,"
	    " logins INTEGER NOT NULL, failures INTEGER NOT NULL,"
	    " first INTEGER, last INTEGER,"
	    " insecure INTEGER NOT NULL, insecure_first INTEGER,"
	    " insecure_last INTEGER, secure_after INTEGER,"
	    " secure_first INTEGER, countries TEXT NOT NULL,"
	    " PRIMARY KEY(day, \"user\", service)) WITHOUT ROWID;");
}

void
event_sum_sql(enum statement which, struct buf *out)
{
	switch (which) {
	case STATEMENT_GET_SUM:
		buf_adds(out, "SELECT " EVENT_SUM_COLUMNS " FROM gaol_sums"
		    " WHERE day = ?1 AND \"user\" = ?2 AND service = ?3");
		break;
	case STATEMENT_SET_SUM:
		buf_adds(out, "INSERT OR REPLACE INTO gaol_sums(day, "
		    EVENT_SUM_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7,"
		    " ?8, ?9, ?10, ?11, ?12, ?13)");
		break;
	case STATEMENT_DEL_SUMS:
		buf_adds(out, "DELETE FROM gaol_sums WHERE day = ?1"
		    " AND (\"user\", service) IN (SELECT \"user\", service"
		    " FROM gaol_sums WHERE day = ?1 LIMIT ?2)");
		break;
	case STATEMENT_SET_DAY:
		buf_adds(out, "INSERT OR REPLACE INTO gaol_days(day, state,"
		    " sums) VALUES(?1, ?2, ?3)");
		break;
	case STATEMENT_COUNT_DAYS:
		buf_adds(out, "SELECT count(*) FROM gaol_days"
		    " WHERE day >= ?1 AND day <= ?2 AND state = 2");
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
set_day(struct database *db, int64_t day, enum day_state state, int64_t sums)
{
	const int64_t v[] = { day, (int64_t)state, sums };

	if (db->sums.last < day)
		db->sums.last = day;
	return run_numbers(db, STATEMENT_SET_DAY, v, 3);
}

int
event_sum_load(struct database *db)
{
	int64_t v[2] = { 0 };
	int rc = database_row(db->handle, "SELECT (SELECT"
	    " ifnull(max(day), -1) FROM gaol_days),"
	    " (SELECT max(number) FROM gaol_events)", 0, v, 2);

	db->sums = (struct event_sum_known){ .last = v[0], .number = v[1],
		.slice = EVENT_SUM_SLICE, .page = EVENT_SUM_PAGE,
		.fold = EVENT_FOLD_MAX };
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

static void
bind_key(sqlite3_stmt *stmt, int64_t day, const struct access_sum *sum)
{
	sqlite3_bind_int64(stmt, 1, day);
	sqlite3_bind_text(stmt, 2, sum->user.p, (int)sum->user.n,
	    SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, event_service_name(sum->service), -1,
	    SQLITE_STATIC);
}

static void
bind_time(sqlite3_stmt *stmt, int at, struct wall time)
{
	if (time.us != 0)
		sqlite3_bind_int64(stmt, at, time.us);
}

static int
set_sum(struct database *db, int64_t day, const struct access_sum *sum)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_SET_SUM);

	bind_key(stmt, day, sum);
	sqlite3_bind_int64(stmt, 4, sum->logins);
	sqlite3_bind_int64(stmt, 5, sum->failures);
	bind_time(stmt, 6, sum->first);
	bind_time(stmt, 7, sum->last);
	sqlite3_bind_int64(stmt, 8, sum->insecure);
	bind_time(stmt, 9, sum->insecure_first);
	bind_time(stmt, 10, sum->insecure_last);
	bind_time(stmt, 11, sum->secure_after);
	bind_time(stmt, 12, sum->secure_first);
	/* Not NULL, as it would be without a place. */
	sqlite3_bind_text(stmt, 13, sum->countries.n > 0 ?
	    sum->countries.p : "", (int)sum->countries.n, SQLITE_STATIC);
	return database_run(stmt);
}

/* To the day's sum of its account and service, which is made if need be. */
static int
add_sum(struct database *db, struct event_sum_work *w,
    const struct access_sum *more)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_GET_SUM);
	struct buf countries = { 0 };
	struct access_sum sum = *more;
	int rc;

	bind_key(stmt, w->day, more);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		event_sum_read(stmt, &sum);
		buf_add_span(&countries, sum.countries);
		access_sum_add(&sum, more, &countries);
		sum.user = more->user;
	} else {
		w->sums++;
	}
	sqlite3_reset(stmt);
	rc = rc == SQLITE_ROW || rc == SQLITE_DONE ?
	    set_sum(db, w->day, &sum) : rc;
	buf_fini(&countries);
	return rc;
}

/* --- a day's work -------------------------------------------------------- */

void
event_sum_forget(struct database *db)
{
	if (db->sums.work != NULL)
		event_fold_free(db->sums.work->fold);
	free(db->sums.work);
	db->sums.work = NULL;
}

static int
begin_day(struct database *db, int64_t day)
{
	event_sum_forget(db);
	db->sums.work = xcalloc(1, sizeof(*db->sums.work));
	db->sums.work->fold = event_fold_new();
	db->sums.work->day = day;
	return set_day(db, day, DAY_BEGUN, 0);
}

static void
add_events(struct event_sum_work *w, const struct event_sum_run *run,
    const struct event_rows *rows)
{
	char code[ACCESS_SUM_CODE];

	for (size_t i = 0; i < rows->n; i++) {
		const struct event_row *row = event_rows_at(rows, i);
		const struct access_event *e = &row->event;
		struct access_sum one = access_sum_of(e, run->tls != NULL ?
		    run->tls(e) : e->tls, code);

		event_fold_add(w->fold, &one);
		w->time = e->time;
		w->number = row->number;
	}
}

/* The next events. */
static int
read_on(struct database *db, const struct event_sum_run *run)
{
	struct event_sum_work *w = db->sums.work;
	const struct store_query q = { .brief = true, .kind = -1,
		.service = -1, .since = { w->day * ACCESS_SUM_DAY },
		.until = { (w->day + 1) * ACCESS_SUM_DAY },
		.limit = db->sums.slice, .behind = w->time,
		.number = w->number };
	struct event_rows rows = { 0 };
	int rc = event_table_find(db, &q, &rows, &w->more);

	if (rc == SQLITE_OK)
		add_events(w, run, &rows);
	w->writing = !w->more || event_fold_count(w->fold) >= db->sums.fold;
	event_rows_fini(&rows);
	return rc;
}

/* The next sums, to the file; behind the last of the day it is done. */
static int
write_on(struct database *db)
{
	struct event_sum_work *w = db->sums.work;
	const struct access_sum *sum;
	int rc = SQLITE_OK;
	bool large;

	for (size_t i = 0; i < db->sums.slice && rc == SQLITE_OK; i++) {
		sum = event_fold_take(w->fold);
		if (sum == NULL) {
			w->writing = false;
			break;
		}
		rc = add_sum(db, w, sum);
	}
	if (rc != SQLITE_OK || w->writing || w->more)
		return rc;
	rc = set_day(db, w->day, DAY_DONE, w->sums);
	large = w->sums >= LARGE;
	event_sum_forget(db);
	if (large)
		xtrim();
	return rc;
}

/* --- which day ---------------------------------------------------------- */

/* A slice of the sums of a day that has none. */
static int
clear(struct database *db, int64_t day)
{
	const int64_t v[] = { day, EVENT_SUM_SLICE };
	int rc = run_numbers(db, STATEMENT_DEL_SUMS, v, 2);

	if (rc != SQLITE_OK ||
	    sqlite3_changes(db->handle) == EVENT_SUM_SLICE)
		return rc;
	return run_numbers(db, STATEMENT_DEL_DAY, &day, 1);
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
			return begin_day(db, run->before);
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
	struct event_sum_work *w = db->sums.work;
	int64_t v[2] = { 0 };
	/* What is to go goes first. */
	int rc = database_row(db->handle, "SELECT day, state FROM gaol_days"
	    " WHERE state IN (0, 1) ORDER BY state LIMIT 1", 0, v, 2);

	begin_run(run);
	*more = true;
	if (rc == SQLITE_DONE)
		return choose(db, run, more);
	if (rc != SQLITE_ROW)
		return rc;
	if (w != NULL && w->day == v[0] && v[1] == (int64_t)DAY_BEGUN)
		return w->writing ? write_on(db) : read_on(db, run);
	if (w != NULL && w->day == v[0])
		event_sum_forget(db);
	return clear(db, v[0]);
}

int
event_sum_count(struct database *db, struct store_sum_counters *out)
{
	int64_t v[4] = { 0 };
	int rc = database_row(db->handle, "SELECT count(*), sum(sums),"
	    " min(day), max(day) FROM gaol_days WHERE state = 2", 0, v, 4);

	*out = (struct store_sum_counters){ .days = (uint64_t)v[0],
		.sums = (uint64_t)v[1], .first = v[2], .last = v[3] };
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}
