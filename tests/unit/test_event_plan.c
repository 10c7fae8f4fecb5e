/* Which way look-ups of mail accesses go, and older files of them. */
#include "store_scene.h"

#include "base/access_event.h"
#include "store/event_row.h"
#include "store/event_sum.h"
#include "store/event_table.h"

static const struct store_query all = { .kind = -1, .service = -1 };

static void
run_sql(struct scene *sc, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* sqlite's plan of the statement, its lines joined. */
static char *
plan_of_text(struct scene *sc, struct span statement)
{
	struct buf text = { 0 }, plan = { 0 };
	sqlite3_stmt *stmt;
	sqlite3 *db;

	buf_adds(&text, "EXPLAIN QUERY PLAN ");
	buf_add_span(&text, statement);
	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, text.p, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), text.p);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		buf_addf(&plan, "%s; ", sqlite3_column_text(stmt, 3));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	buf_fini(&text);
	return buf_take(&plan);
}

static char *
plan_of(struct scene *sc, const struct store_query *q)
{
	struct buf text = { 0 };
	char *plan;

	event_table_query(q, &text);
	plan = plan_of_text(sc, buf_span(&text));
	buf_fini(&text);
	return plan;
}

/* The index that the look-up must go by. */
static const char *
index_of(const struct store_query *q)
{
	bool wide = q->ip.family != ADDR_NONE && q->ip.plen < 16;

	if (q->user.n > 0)
		return "_part_user (part=? AND user=?";
	if (q->ip.family != ADDR_NONE && !wide)
		return addr_is_host(&q->ip) ? "_part_ip (part=? AND ip=?" :
		    "_part_ip (part=? AND ip>? AND ip<?";
	if (q->service != -1)
		return "_by_service (service=?";
	if (q->kind != -1 && !q->sessions)
		return "gaol_events_kind (kind=?";
	return "_time";
}

/* A small network's rows are few: they may be sorted. */
static bool
may_sort(const struct store_query *q)
{
	return q->user.n == 0 && q->ip.family != ADDR_NONE &&
	    !addr_is_host(&q->ip) && q->ip.plen >= 16;
}

static void
check_plan(struct scene *sc, const struct store_query *q)
{
	const char *index = index_of(q);
	bool timed = q->since.us != 0 || q->until.us != 0 || q->number != 0;
	char *plan = plan_of(sc, q);

	if (strstr(plan, index) == NULL)
		fail_msg("not by \"%s\": %s", index, plan);
	if (strstr(plan, "SCAN") != NULL && (strcmp(index, "_time") != 0 ||
	    timed))
		fail_msg("all rows: %s", plan);
	if (!may_sort(q) && strstr(plan, "B-TREE FOR ORDER BY") != NULL)
		fail_msg("sorted: %s", plan);
	free(plan);
}

static void
no_look_up_goes_through_all_rows(void **state)
{
	static const char *const nets[] = { NULL, "192.0.2.7", "192.0.2.0/24",
		"10.0.0.0/8", "2001:db8::7" };
	struct scene *sc = *state;
	struct store_query q = all;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(sync_store(sc), 0);
	/* A bit each: what is asked for. */
	for (unsigned bits = 0; bits < 128; bits++)
		for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
			q = all;
			if (nets[i] != NULL)
				assert_int_equal(addr_parse_net(span_of(
				    nets[i]), &q.ip), 0);
			q.user = span_of(bits & 1 ? "alice" : NULL);
			q.kind = bits & 2 ? EVENT_LOGIN : -1;
			q.service = bits & 4 ? SERVICE_IMAP : -1;
			q.since.us = bits & 8 ? NOW : 0;
			q.until.us = bits & 8 ? NOW + 1 : 0;
			q.number = bits & 16 ? 7 : 0;
			q.newest = (bits & 32) != 0;
			q.sessions = (bits & 64) != 0;
			check_plan(sc, &q);
		}
}

/* However many rows of other kinds lie between. */
static void
a_report_goes_by_kind(void **state)
{
	struct scene *sc = *state;
	struct store_query q = all;
	char *plan, *at;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(sync_store(sc), 0);
	q.brief = true;
	for (unsigned bits = 0; bits < 8; bits++) {
		q.since.us = bits & 1 ? NOW : 0;
		q.number = bits & 2 ? 7 : 0;
		q.newest = (bits & 4) != 0;
		plan = plan_of(sc, &q);
		at = strstr(plan, "gaol_events_kind (kind=?");
		assert_non_null(at);
		assert_non_null(strstr(at + 1, "gaol_events_kind (kind=?"));
		assert_null(strstr(plan, "SCAN gaol_events"));
		free(plan);
	}
}

/* sqlite's plan of a statement of event_sum.c. */
static char *
sum_plan(struct scene *sc, enum statement which)
{
	struct buf text = { 0 };
	char *plan;

	event_sum_sql(which, &text);
	plan = plan_of_text(sc, buf_span(&text));
	buf_fini(&text);
	return plan;
}

/* Neither a day's sums nor the days to come are looked for among all. */
static void
sums_go_by_their_keys(void **state)
{
	static const struct {
		enum statement which;
		const char *by;
	} ways[] = {
		{ STATEMENT_GET_SUM, "(day=? AND user=? AND service=?)" },
		{ STATEMENT_DEL_SUMS, "(day=? AND user=? AND service=?)" },
		{ STATEMENT_COUNT_DAYS, "(rowid>? AND rowid<?)" },
		{ STATEMENT_DEL_DAY, "(rowid=?)" },
		{ STATEMENT_TOUCH_DAYS, "(rowid>? AND rowid<?)" },
		{ STATEMENT_GET_TIME, "(rowid=?)" },
		{ STATEMENT_GET_ENDED, "gaol_events_kind (kind=? AND time<?)" },
	};
	struct scene *sc = *state;
	char *plan;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(sync_store(sc), 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		plan = sum_plan(sc, ways[i].which);
		if (strstr(plan, ways[i].by) == NULL ||
		    strstr(plan, "SCAN gaol") != NULL ||
		    strstr(plan, "B-TREE") != NULL)
			fail_msg("%zu not by %s: %s", i, ways[i].by, plan);
		free(plan);
	}
}

static void
put(struct scene *sc)
{
	const struct store_place here = { .jail = "mail",
		.path = "/mail.log", .position = { .hash = "abc" } };
	struct event_rows rows = { 0 };
	struct access_event e;

	access_event_init(&e);
	e.time.us = NOW * CLOCK_SECOND;
	e.kind = EVENT_LOGIN;
	e.texts[EVENT_USER] = SPAN("alice@example.com");
	e.texts[EVENT_USER_RAW] = SPAN("alice@example.com");
	e.texts[EVENT_DOMAIN] = SPAN("example.com");
	e.texts[EVENT_LOG] = SPAN("/new.log");
	event_rows_add(&rows, &e);
	assert_true(store_events(sc->store, &rows, &here));
}

static void
on_found(int error, struct store_found *found, void *arg)
{
	assert_int_equal(error, 0);
	*(struct event_rows *)arg = *found->rows;
	*found->rows = (struct event_rows){ 0 };
}

/* The name as it was written, the domain and the log, of the only row. */
static void
assert_row(struct scene *sc, struct span raw, struct span domain,
    struct span log)
{
	struct store_query q = all;
	struct event_rows rows = { 0 };
	const struct access_event *found;

	q.user = SPAN("alice@example.com");
	assert_true(store_find(sc->store, &q, on_found, &rows));
	assert_int_equal(sync_store(sc), 0);
	while (rows.n == 0)
		event_base_loop(sc->base, EVLOOP_ONCE);
	assert_int_equal(rows.n, 1);
	found = &event_rows_at(&rows, 0)->event;
	assert_true(span_eq(found->texts[EVENT_USER_RAW], raw));
	assert_true(span_eq(found->texts[EVENT_DOMAIN], domain));
	assert_true(span_eq(found->texts[EVENT_LOG], log));
	event_rows_fini(&rows);
}

/* What version 1 wrote is found, and looked up by the new indexes. */
static void
an_older_file_is_brought_up(void **state)
{
	struct scene *sc = *state;
	struct store_query q = all;

	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	put(sc);
	assert_row(sc, SPAN("alice@example.com"), SPAN("example.com"),
	    SPAN("/new.log"));
	close_store(sc);
	assert_answer(sc, "SELECT user_raw IS NULL AND domain IS NULL"
	    " AND path IS NULL FROM gaol_events", "1");
	run_sql(sc, "UPDATE gaol_events SET user_raw = 'Alice@Example.com',"
	    " domain = 'example.com', path = '/old.log';"
	    "DROP INDEX gaol_events_part_user;"
	    "DROP INDEX gaol_events_by_service;"
	    "DROP INDEX gaol_events_part_ip;"
	    "ALTER TABLE gaol_events DROP COLUMN part;"
	    "ALTER TABLE gaol_events DROP COLUMN log;"
	    "DROP TABLE gaol_parts; DROP TABLE gaol_logs;"
	    "CREATE INDEX gaol_events_user ON gaol_events(\"user\", time)"
	    " WHERE \"user\" IS NOT NULL;"
	    "UPDATE gaol_schema SET version = 1;");
	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
	q.user = SPAN("alice@example.com");
	check_plan(sc, &q);
	assert_row(sc, SPAN("Alice@Example.com"), SPAN("example.com"),
	    SPAN("/old.log"));
	assert_answer(sc, "SELECT version FROM gaol_schema", "7");
	assert_answer(sc, "SELECT count(*) FROM sqlite_master"
	    " WHERE name = 'gaol_events_user'", "0");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(no_look_up_goes_through_all_rows),
		SCENE(a_report_goes_by_kind),
		SCENE(sums_go_by_their_keys),
		SCENE(an_older_file_is_brought_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
