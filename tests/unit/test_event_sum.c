/* A report by way of a day's sums is the report of its events. */
#include "store_scene.h"

#include "access/proxied.h"
#include "access/sum_flat.h"
#include "access/summary.h"
#include "store/event_row.h"
#include "store/event_sum.h"
#include "store/event_table.h"
#include "store/private.h"
#include "tools/report_plan.h"

#define DAYS 5
#define ROWS 1500
#define SLICE 10       /* some of a day's */
#define BEGIN ((NOW / 86400 - DAYS) * ACCESS_SUM_DAY)   /* of the first */
#define END (BEGIN + DAYS * ACCESS_SUM_DAY)
/* All of them have ended. */
#define LATER (END + EVENT_SUM_LATE + CLOCK_SECOND)

static const struct store_query all = { .kind = -1, .service = -1 };

/* --- events ------------------------------------------------------------- */

static int64_t
pick(int64_t n)
{
	return ((int64_t)rand() * 1048576 + rand()) % n;
}

static void
make_place(struct access_event *e)
{
	static const char codes[][3] = { "", "DE", "FR", "CH", "E", "EU" };

	if (pick(9) == 0) {
		/* More than a row shows. */
		e->place.country[0] = (char)('A' + pick(26));
		e->place.country[1] = 'X';
	} else {
		memcpy(e->place.country, codes[pick(6)], 3);
	}
	e->place.lan = pick(4) == 0;
	if (pick(5) == 0)
		e->proxy_ip = (struct addr){ ADDR_V4, 32,
			{ pick(2) == 0 ? 10 : 192, 0, 2, 1 } };
}

static void
make_event(struct access_event *e, int64_t time, char name[16])
{
	static const enum event_kind kinds[] = { EVENT_LOGIN, EVENT_LOGIN,
		EVENT_LOGIN, EVENT_FAILURE, EVENT_MAILBOX, EVENT_LOGOUT };
	static const enum event_tls tls[] = { EVENT_TLS_UNKNOWN,
		EVENT_TLS_NONE, EVENT_TLS_LOCAL, EVENT_TLS_YES };

	access_event_init(e);
	e->time.us = time;
	e->kind = kinds[pick(6)];
	e->service = pick(2) == 0 ? SERVICE_IMAP : SERVICE_POP3;
	e->tls = tls[pick(4)];
	e->numbers[EVENT_ATTEMPTS] = 1 + pick(3);
	make_place(e);
	snprintf(name, 16, "u%d@\xc3\xa4", (int)pick(12));
	if (pick(20) != 0)
		e->texts[EVENT_USER] = span_of(name);
}

/* Within a second, at the day's borders, or anywhere. */
static int64_t
make_time(void)
{
	int64_t day = BEGIN + pick(DAYS) * ACCESS_SUM_DAY;

	switch (pick(4)) {
	case 0:
		return day + pick(2);
	case 1:
		return day + ACCESS_SUM_DAY - 1 - pick(2);
	default:
		return day + pick(86400) * CLOCK_SECOND;
	}
}

static struct event_row *
add_row(struct event_rows *rows, int64_t number, int64_t time)
{
	struct access_event e;
	struct event_row *row;
	char name[16];

	make_event(&e, time, name);
	row = event_rows_add(rows, &e);
	row->number = number;
	return row;
}

static void
write_rows(struct scene *sc, struct event_rows *rows)
{
	const struct store_place here = { .jail = "mail",
		.path = "/mail.log", .position = { .hash = "abc" } };

	assert_true(store_events(sc->store, rows, &here));
	assert_int_equal(sync_store(sc), 0);
}

static void
put(struct scene *sc, int64_t from, int64_t to)
{
	struct event_rows rows = { 0 };

	for (int64_t i = from; i <= to; i++)
		add_row(&rows, i, make_time());
	write_rows(sc, &rows);
}

/* --- one that has sums -------------------------------------------------- */

static void
start(struct scene *sc)
{
	static const struct store_row_hooks hooks = { .tls = proxied_tls };

	store_row_hooks(sc->store, &hooks, NULL);
	assert_int_equal(store_start(sc->store), 0);
}

static void
begin(struct scene *sc)
{
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srand(seed);
	open_store(sc);
	assert_int_equal(database_open(&sc->store->db), 0);
	sc->store->db.sums.page = 1 + (size_t)pick(9);
	sc->store->db.sums.slice = 1 + (size_t)pick(2 * SLICE);
	sc->store->db.sums.fold = 1 + (size_t)pick(40);
	start(sc);
	put(sc, 1, ROWS);
}

/* A purge, and all that follows it. */
static void
purge(struct scene *sc)
{
	assert_true(store_purge_events(sc->store, (struct wall){ LATER }));
	do
		assert_int_equal(sync_store(sc), 0);
	while (sc->store->summing);
}

static void
assert_days(struct scene *sc, const char *state, const char *n)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM gaol_days"
	    " WHERE state = %s", state);
	assert_answer(sc, sql, n);
}

/* --- reports ------------------------------------------------------------ */

struct report {
	struct scene *sc;
	struct summary *summary;
	bool in_period, done, more, summed;
	unsigned days;            /* read as sums */
	struct wall behind;
	int64_t number;
	struct buf user;          /* of the last sum */
	int service;
	struct report_days answer;
};

static void
on_found(int error, struct store_found *found, void *arg)
{
	struct report *r = arg;

	assert_int_equal(error, 0);
	for (size_t i = 0; i < found->rows->n; i++) {
		const struct event_row *row = event_rows_at(found->rows, i);

		summary_add(r->summary, &row->event, r->in_period);
		r->behind = row->event.time;
		r->number = row->number;
	}
	r->more = found->more;
	r->done = true;
}

static void
wait_done(struct report *r)
{
	while (!r->done)
		event_base_loop(r->sc->base, EVLOOP_ONCE);
	r->done = false;
}

static void
read_events(struct report *r, struct wall since, struct wall until)
{
	struct store_query q = all;

	q.brief = true;
	q.since = since;
	q.until = until;
	r->number = 0;
	do {
		q.behind = r->behind;
		q.number = r->number;
		assert_true(store_find(r->sc->store, &q, on_found, r));
		wait_done(r);
	} while (r->more);
}

static void
on_sums(int error, struct event_sums *sums, void *arg)
{
	struct report *r = arg;

	assert_int_equal(error, 0);
	for (size_t i = 0; i < sums->n; i++) {
		json_t *json = sum_flat(&sums->v[i]);
		struct access_sum sum;

		/* By way of the control socket. */
		assert_true(sum_flat_read(json, &sum));
		summary_add_sum(r->summary, &sum, r->in_period);
		buf_clear(&r->user);
		buf_add_span(&r->user, sum.user);
		r->service = (int)sum.service;
		json_decref(json);
	}
	r->more = sums->more;
	r->summed = sums->summed;
	r->done = true;
}

static void
read_piece(struct report *r, const struct report_piece *p)
{
	struct store_sums_query q = { .first = p->since.us / ACCESS_SUM_DAY,
		.last = p->until.us / ACCESS_SUM_DAY - 1, .service = -1 };

	if (!p->summed) {
		read_events(r, p->since, p->until);
		return;
	}
	q.user = summary_from(r->summary);
	do {
		assert_true(store_sums(r->sc->store, &q, on_sums, r));
		wait_done(r);
		assert_true(r->summed);
		q.user = buf_span(&r->user);
		q.service = r->service;
	} while (r->more && !summary_ends_before(r->summary, q.user));
	r->days += (unsigned)(q.last - q.first + 1);
	buf_fini(&r->user);
}

static void
on_days(int error, struct event_sums *sums, void *arg)
{
	struct report *r = arg;

	assert_int_equal(error, 0);
	r->answer = (struct report_days){ sums->days, sums->days_n };
	sums->days = NULL;
	r->done = true;
}

/* As report_read.c does. */
static void
report_of_sums(struct report *r, struct wall since, struct wall until)
{
	static const struct store_sums_query days = { .first = -1, .last = -1 };
	struct report_pieces p = { 0 };

	assert_true(store_sums(r->sc->store, &days, on_days, r));
	wait_done(r);
	r->in_period = true;
	report_plan(&r->answer, 1 + pick(DAYS), since, until, &p);
	for (size_t i = 0; i < p.n; i++)
		read_piece(r, &p.v[i]);
	report_plan_fini(&p);
	summary_counted(r->summary);
	r->in_period = false;
	if (since.us != 0)
		report_plan(&r->answer, 1 + pick(DAYS), (struct wall){ 0 },
		    since, &p);
	for (size_t i = p.n; i > 0 && summary_has_news(r->summary); i--)
		read_piece(r, &p.v[i - 1]);
	report_plan_fini(&p);
	free(r->answer.v);
}

static void
report_of_events(struct report *r, struct wall since, struct wall until)
{
	r->in_period = true;
	read_events(r, since, until);
	summary_counted(r->summary);
	r->in_period = false;
	if (since.us != 0)
		read_events(r, (struct wall){ 0 }, since);
}

static void
add_row_text(struct buf *out, const struct summary_row *row)
{
	buf_addf(out, "%.*s %d: %llu %llu %lld %lld, %llu %lld %lld %lld,",
	    (int)row->user.n, row->user.p, (int)row->service,
	    (unsigned long long)row->logins, (unsigned long long)row->failures,
	    (long long)row->first.us, (long long)row->last.us,
	    (unsigned long long)row->insecure,
	    (long long)row->insecure_first.us,
	    (long long)row->insecure_last.us, (long long)row->secure_after.us);
	for (size_t i = 0; i < row->countries_n && i < SUMMARY_COUNTRIES; i++)
		buf_addf(out, " %s%s", row->countries[i].is_new ? "+" : "",
		    row->countries[i].code);
	buf_addf(out, " of %zu\n", row->countries_n);
}

static void
add_rows_text(struct buf *out, struct summary *s)
{
	size_t n;
	const struct summary_row *const *rows = summary_rows(s, &n);

	for (size_t i = 0; i < n; i++)
		add_row_text(out, rows[i]);
	assert_int_equal(summary_left_out(s), 0);
}

/* All that the report could print, with room for `max` rows at a time. */
static char *
text_of(struct report *r, void (*read)(struct report *r, struct wall since,
    struct wall until), int64_t since, int64_t until, size_t max)
{
	struct buf out = { 0 };

	r->summary = summary_new(max, false);
	do {
		read(r, (struct wall){ since }, (struct wall){ until });
		add_rows_text(&out, r->summary);
	} while (summary_next(r->summary));
	summary_free(r->summary);
	buf_addc(&out, '\n');
	return buf_take(&out);
}

/* Returns how many days were read as sums. */
static unsigned
compare(struct scene *sc, int64_t since, int64_t until, size_t max)
{
	struct report a = { .sc = sc }, b = { .sc = sc };
	char *x = text_of(&a, report_of_events, since, until, 1000);
	char *y = text_of(&b, report_of_sums, since, until, max);

	if (strcmp(x, y) != 0)
		fail_msg("from %lld to %lld, %zu\n%s\n--- sums\n%s",
		    (long long)since, (long long)until, max, x, y);
	free(x);
	free(y);
	return b.days;
}

/* Periods of any kind; returns how many days of sums were in them. */
static unsigned
compare_all(struct scene *sc)
{
	unsigned days = compare(sc, 0, 0, 1000);
	int64_t since, until;

	days += compare(sc, BEGIN, END, 1000);
	days += compare(sc, BEGIN + 2 * ACCESS_SUM_DAY, 0, 1000);
	days += compare(sc, 0, 0, 5);
	for (int i = 0; i < (getenv("SOAK") != NULL ? 50 : 5); i++) {
		since = make_time();
		until = pick(3) == 0 ? 0 : make_time();
		days += compare(sc, since, until, 1 + (size_t)pick(30));
	}
	return days;
}

/* --- tests -------------------------------------------------------------- */

static void
ended_days_are_summed(void **state)
{
	struct scene *sc = *state;
	struct store_counters c;

	begin(sc);
	assert_int_equal(compare_all(sc), 0);
	purge(sc);
	assert_days(sc, "2", "5");
	assert_true(compare_all(sc) >= 17);
	store_counters(sc->store, &c);
	assert_int_equal(c.sums.days, DAYS);
	assert_int_equal(c.sums.first, BEGIN / ACCESS_SUM_DAY);
	assert_int_equal(c.sums.last, BEGIN / ACCESS_SUM_DAY + DAYS - 1);
	assert_true(c.sums.sums > 0);
}

/* Nobody knows yet what the day's logs will tell. */
static void
today_is_not(void **state)
{
	struct scene *sc = *state;

	begin(sc);
	assert_true(store_purge_events(sc->store,
	    (struct wall){ END + EVENT_SUM_LATE - CLOCK_SECOND }));
	do
		assert_int_equal(sync_store(sc), 0);
	while (sc->store->summing);
	assert_days(sc, "2", "4");
	compare_all(sc);
}

/* New ones, one of another place, one that is none, one of another day. */
static void
a_late_event_makes_its_day_stale(void **state)
{
	struct scene *sc = *state;
	struct event_rows rows = { 0 };
	int64_t number;

	begin(sc);
	purge(sc);
	for (int i = 0; i < 16; i++) {
		number = i % 4 == 0 ? ROWS + 1 + i : 1 + pick(ROWS);
		struct event_row *row = add_row(&rows, number, make_time());

		row->is_moved = i % 4 == 1;
		row->is_gone = i % 4 == 2;
		write_rows(sc, &rows);
		compare(sc, 0, 0, 1000);
		if (i % 3 == 0)
			purge(sc);
	}
	purge(sc);
	assert_days(sc, "2", "5");
	assert_true(compare_all(sc) >= 17);
	assert_answer(sc, "SELECT count(*) FROM gaol_sums WHERE day NOT IN"
	    " (SELECT day FROM gaol_days)", "0");
}

static void
keep(struct scene *sc, enum store_class class, int64_t since)
{
	struct store_keep k = { 0 };

	for (int i = 0; i < STORE_CLASSES; i++)
		k.seconds[i] = STORE_KEEP_ALL;
	k.seconds[class] = (LATER - since) / CLOCK_SECOND;
	store_keep(sc->store, &k);
}

/* Sign-ins go in the middle of a day, their failures stay. */
static void
what_is_kept_no_longer_is_in_no_sum(void **state)
{
	struct scene *sc = *state;
	int64_t since = BEGIN + 2 * ACCESS_SUM_DAY + ACCESS_SUM_DAY / 2;

	begin(sc);
	purge(sc);
	keep(sc, STORE_LOGIN, since);
	purge(sc);
	purge(sc);
	/* The day in the middle loses more with the next purge. */
	assert_days(sc, "2", "4");
	assert_answer(sc, "SELECT sum(logins) FROM gaol_sums WHERE day <"
	    " (SELECT max(day) - 2 FROM gaol_days)", "0");
	assert_answer(sc, "SELECT sum(failures) > 0 FROM gaol_sums WHERE"
	    " day < (SELECT max(day) - 2 FROM gaol_days)", "1");
	compare_all(sc);
	keep(sc, STORE_FAILURE, LATER);
	purge(sc);
	purge(sc);
	keep(sc, STORE_LOGIN, LATER);
	purge(sc);
	purge(sc);
	assert_answer(sc, "SELECT count(*) FROM gaol_sums", "0");
	assert_answer(sc, "SELECT count(*) FROM gaol_events WHERE kind IN"
	    " ('login', 'failure')", "0");
	compare_all(sc);
}

/* Some steps by hand, as far as a day that has been begun. */
static void
step(struct scene *sc, unsigned steps)
{
	struct event_sum_run run = { .now = LATER, .tls = proxied_tls,
		.keep = { INT64_C(1) << 56, INT64_C(1) << 56 } };
	bool more = true;

	open_store(sc);
	assert_int_equal(database_open(&sc->store->db), 0);
	sc->store->db.sums.slice = SLICE;
	sc->store->db.sums.fold = 9;
	for (unsigned i = 0; i < steps; i++) {
		assert_int_equal(event_sum_step(&sc->store->db, &run, &more),
		    SQLITE_OK);
		assert_true(more);
	}
}

/* Days that are summed stay, the one that was begun is begun anew. */
static void
a_restart_goes_on(void **state)
{
	struct scene *sc = *state;

	begin(sc);
	close_store(sc);
	for (unsigned i = 0; i < 4; i++) {
		step(sc, i + 1);
		if (i == 2)
			assert_days(sc, "1", "1");
		start(sc);
		compare_all(sc);
		close_store(sc);
	}
	step(sc, 1);
	start(sc);
	purge(sc);
	assert_days(sc, "2", "5");
	compare_all(sc);
}

/* It is begun anew, not gone on with. */
static void
an_event_of_a_day_that_was_begun(void **state)
{
	struct scene *sc = *state;
	struct event_rows rows = { 0 };
	bool written = false;
	char *sums;

	begin(sc);
	for (unsigned i = 0; i < 6; i++) {
		close_store(sc);
		/* One more: what was begun before goes first. */
		step(sc, i + 3);
		assert_days(sc, "1", "1");
		start(sc);
		sums = ask(sc, "SELECT count(*) > 0 FROM gaol_sums");
		written |= strcmp(sums, "1") == 0;
		free(sums);
		add_row(&rows, ROWS + 1 + i, END - ACCESS_SUM_DAY);
		event_rows_at(&rows, 0)->event.kind = EVENT_FAILURE;
		write_rows(sc, &rows);
		assert_days(sc, "1", "0");
		compare_all(sc);
	}
	assert_true(written);
	purge(sc);
	purge(sc);
	assert_days(sc, "2", "5");
	compare_all(sc);
}

static void
make_older(struct scene *sc, const char *sql)
{
	sqlite3 *db;

	close_store(sc);
	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	open_store(sc);
	start(sc);
}

/* A file of version 3 has none, one of version 4 other ones. */
static void
an_older_file_gets_sums(void **state)
{
	struct scene *sc = *state;

	begin(sc);
	make_older(sc, "DROP TABLE gaol_sums; DROP TABLE gaol_days;"
	    "UPDATE gaol_schema SET version = 3;");
	assert_answer(sc, "SELECT version FROM gaol_schema", "7");
	assert_days(sc, "2", "0");
	purge(sc);
	assert_days(sc, "2", "5");
	compare_all(sc);
	make_older(sc, "DROP TABLE gaol_sums; CREATE TABLE gaol_sums("
	    "number INTEGER PRIMARY KEY, day INTEGER, \"user\" TEXT);"
	    "INSERT INTO gaol_sums VALUES(1, 2, 'alice');"
	    "ALTER TABLE gaol_days ADD COLUMN number INTEGER;"
	    "UPDATE gaol_schema SET version = 4;");
	assert_days(sc, "2", "0");
	purge(sc);
	assert_days(sc, "2", "5");
	compare_all(sc);
}

/* Rows beyond those there is room for are counted, if it is told once. */
static void
what_is_told_once_may_be_left_out(void **state)
{
	struct summary *s = summary_new(2, true);
	struct access_event e;
	char name[2] = "x";
	size_t n;

	(void)state;
	access_event_init(&e);
	e.kind = EVENT_LOGIN;
	for (int i = 0; i < 8; i++) {
		name[0] = "cbadabca"[i];
		e.texts[EVENT_USER] = span_of(name);
		summary_add(s, &e, true);
	}
	assert_int_equal(summary_left_out(s), 4);
	assert_true(span_eq(summary_rows(s, &n)[0]->user, SPAN("b")));
	assert_int_equal(n, 2);
	assert_int_equal(summary_rows(s, &n)[1]->logins, 2);
	assert_false(summary_next(s));
	summary_free(s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(ended_days_are_summed),
		SCENE(today_is_not),
		SCENE(a_late_event_makes_its_day_stale),
		SCENE(what_is_kept_no_longer_is_in_no_sum),
		SCENE(a_restart_goes_on),
		SCENE(an_event_of_a_day_that_was_begun),
		SCENE(an_older_file_gets_sums),
		cmocka_unit_test(what_is_told_once_may_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
