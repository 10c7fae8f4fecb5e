/* Rows of many parts are found as those of one are. */
#include "store_scene.h"

#include "base/access_event.h"
#include "store/event_row.h"
#include "store/event_table.h"
#include "store/private.h"

#define ROWS 400
#define ACCOUNTS 5
#define PART 16

static const struct store_query all = { .kind = -1, .service = -1 };

/* Row i, from 1 on: an account's, at a time that others may have, too. */
struct made {
	int64_t time;
	unsigned account;
	enum event_kind kind;
};

static struct made made[ROWS + 1];

static void
make_rows(unsigned seed)
{
	srand(seed);
	for (unsigned i = 1; i <= ROWS; i++) {
		made[i].account = (unsigned)rand() % ACCOUNTS;
		made[i].kind = rand() % 3 == 0 ? EVENT_MAILBOX :
		    rand() % 2 == 0 ? EVENT_LOGIN : EVENT_FAILURE;
		made[i].time = (NOW + i / 3) * CLOCK_SECOND;
		/* Another log is behind, one more is far behind. */
		if (rand() % 4 == 0)
			made[i].time -= rand() % 40 * CLOCK_SECOND;
		if (rand() % 40 == 0)
			made[i].time = rand() % 1000;
	}
}

static void
put_rows(struct scene *sc, unsigned from, unsigned to)
{
	const struct store_place here = { .jail = "mail",
		.path = "/mail.log", .position = { .hash = "abc" } };
	struct event_rows rows = { 0 };
	struct access_event e;
	char name[8];

	for (unsigned i = from; i <= to; i++) {
		access_event_init(&e);
		e.time.us = made[i].time;
		e.kind = made[i].kind;
		snprintf(name, sizeof(name), "u%u", made[i].account);
		e.texts[EVENT_USER] = span_of(name);
		e.ip = (struct addr){ ADDR_V4, 32,
			{ 192, 0, 2, (uint8_t)made[i].account } };
		event_rows_add(&rows, &e)->number = i;
	}
	assert_true(store_events(sc->store, &rows, &here));
	assert_int_equal(sync_store(sc), 0);
}

static void
begin(struct scene *sc)
{
	open_store(sc);
	assert_int_equal(database_open(&sc->store->db), 0);
	sc->store->db.parts.max = PART;
	assert_int_equal(store_start(sc->store), 0);
}

struct answer {
	bool done, more;
	size_t n;
	int64_t v[ROWS];
	struct wall time;
};

static void
on_found(int error, struct store_found *found, void *arg)
{
	struct answer *a = arg;

	assert_int_equal(error, 0);
	for (size_t i = 0; i < found->rows->n; i++) {
		a->v[a->n++] = event_rows_at(found->rows, i)->number;
		a->time = event_rows_at(found->rows, i)->event.time;
	}
	a->more = found->more;
	a->done = true;
}

/* All pages of the look-up. */
static void
find(struct scene *sc, struct store_query q, struct answer *a)
{
	*a = (struct answer){ 0 };
	do {
		a->done = false;
		assert_true(store_find(sc->store, &q, on_found, a));
		while (!a->done)
			event_base_loop(sc->base, EVLOOP_ONCE);
		q.behind = a->time;
		q.number = a->n > 0 ? a->v[a->n - 1] : 0;
	} while (a->more);
}

static bool
is_meant(const struct store_query *q, unsigned account, const struct made *m)
{
	if (q->brief && m->kind == EVENT_MAILBOX)
		return false;
	return (account == ACCOUNTS || m->account == account) && m->time >= q->since.us &&
	    (q->until.us == 0 || m->time < q->until.us);
}

static bool
is_before(int64_t a, int64_t b)
{
	return made[a].time < made[b].time ||
	    (made[a].time == made[b].time && a < b);
}

static void
check(struct scene *sc, const struct store_query *q, unsigned account)
{
	struct answer a;
	size_t meant = 0;

	find(sc, *q, &a);
	for (unsigned i = 1; i <= ROWS; i++)
		meant += is_meant(q, account, &made[i]);
	assert_int_equal(a.n, meant);
	for (size_t i = 0; i < a.n; i++) {
		assert_true(is_meant(q, account, &made[a.v[i]]));
		if (i > 0)
			assert_true(q->newest ?
			    is_before(a.v[i], a.v[i - 1]) :
			    is_before(a.v[i - 1], a.v[i]));
	}
}

/* What a report reads, of all accounts or of one. */
static void
check_brief(struct scene *sc, struct store_query q, unsigned account)
{
	q.brief = true;
	check(sc, &q, account);
	q.user = (struct span){ NULL, 0 };
	check(sc, &q, ACCOUNTS);
}

/* By the account, by its address and by a network; pages of 7. */
static void
check_account(struct scene *sc, unsigned account, bool newest, bool timed)
{
	struct store_query q = all;
	char name[8];

	snprintf(name, sizeof(name), "u%u", account);
	q.newest = newest;
	q.limit = 7;
	if (timed) {
		q.since.us = (NOW + 30) * CLOCK_SECOND;
		q.until.us = (NOW + 90) * CLOCK_SECOND;
	}
	q.user = span_of(name);
	check(sc, &q, account);
	check_brief(sc, q, account);
	q.user = (struct span){ NULL, 0 };
	q.ip = (struct addr){ ADDR_V4, 32, { 192, 0, 2, (uint8_t)account } };
	check(sc, &q, account);
	q.user = span_of(name);
	q.ip = (struct addr){ ADDR_V4, 24, { 192, 0, 2, 0 } };
	check(sc, &q, account);
}

static void
check_all(struct scene *sc)
{
	for (unsigned bits = 0; bits < 4; bits++)
		for (unsigned i = 0; i < ACCOUNTS; i++)
			check_account(sc, i, bits & 1, bits & 2);
}

static void
rows_of_many_parts_are_in_order(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct scene *sc = *state;
	size_t parts;

	print_message("seed %u\n", seed);
	make_rows(seed);
	begin(sc);
	put_rows(sc, 1, ROWS / 2);
	put_rows(sc, ROWS / 2 + 1, ROWS - 20);
	parts = sc->store->db.parts.n;
	assert_in_range(parts, ROWS / PART / 4, ROWS / PART + 1);
	close_store(sc);
	/* Another start knows them, and how full the last one is. */
	begin(sc);
	assert_int_equal(sc->store->db.parts.n, parts);
	put_rows(sc, ROWS - 19, ROWS);
	assert_in_range(sc->store->db.parts.n, parts, parts + 3);
	check_all(sc);
}

static void
run_sql(struct scene *sc, const char *text)
{
	char *why = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

/* What was there before parts were is all in the first. */
static void
older_rows_are_the_first_part(void **state)
{
	struct scene *sc = *state;

	make_rows(1);
	begin(sc);
	sc->store->db.parts.max = ROWS;
	put_rows(sc, 1, ROWS / 2);
	close_store(sc);
	run_sql(sc, "DROP INDEX gaol_events_part_user;"
	    "DROP INDEX gaol_events_part_ip; DROP TABLE gaol_parts;"
	    "ALTER TABLE gaol_events DROP COLUMN part;"
	    "UPDATE gaol_schema SET version = 2;");
	begin(sc);
	assert_answer(sc, "SELECT version FROM gaol_schema", "7");
	assert_int_equal(sc->store->db.parts.n, 1);
	put_rows(sc, ROWS / 2 + 1, ROWS);
	assert_true(sc->store->db.parts.n > 1);
	check_all(sc);
}

/* Before version 6 the number of a part was its time. */
static void
older_parts_keep_their_numbers(void **state)
{
	struct scene *sc = *state;
	size_t parts;

	make_rows((unsigned)time(NULL));
	begin(sc);
	put_rows(sc, 1, ROWS / 2);
	parts = sc->store->db.parts.n;
	assert_true(parts > 2);
	close_store(sc);
	assert_answer(sc, "SELECT max(part) < 100 FROM gaol_events", "1");
	run_sql(sc, "UPDATE gaol_events SET part = (SELECT begin FROM"
	    " gaol_parts WHERE number = part);"
	    "DROP TABLE gaol_parts; DROP TABLE gaol_logs;"
	    "ALTER TABLE gaol_events DROP COLUMN log;"
	    "ALTER TABLE gaol_sessions DROP COLUMN log;"
	    "UPDATE gaol_schema SET version = 5;");
	begin(sc);
	assert_answer(sc, "SELECT version FROM gaol_schema", "7");
	assert_int_equal(sc->store->db.parts.n, parts);
	put_rows(sc, ROWS / 2 + 1, ROWS);
	assert_true(sc->store->db.parts.n > parts);
	assert_in_range(sc->store->db.parts.next, 2, 100);
	check_all(sc);
}

/* Of what is kept no longer the part goes, too, but not the first. */
static void
a_part_without_rows_goes(void **state)
{
	struct scene *sc = *state;
	size_t parts;

	make_rows(2);
	begin(sc);
	put_rows(sc, 1, ROWS);
	parts = sc->store->db.parts.n;
	close_store(sc);
	run_sql(sc, "DELETE FROM gaol_events WHERE part IN (0, 1, 3)");
	begin(sc);
	assert_int_equal(sc->store->db.parts.n, parts - 2);
	assert_answer(sc, "SELECT group_concat(number) FROM gaol_parts"
	    " WHERE number < 5", "0,2,4");
}

static int
count_steps(void *arg)
{
	++*(unsigned *)arg;
	return 0;
}

/* What the look-up of ten rows costs, in hundreds of sqlite's steps. */
static unsigned
cost(struct scene *sc, struct store_query q)
{
	sqlite3 *db = sc->store->db.handle;
	struct answer a = { 0 };
	unsigned n = 0;

	q.limit = 10;
	sqlite3_progress_handler(db, 100, count_steps, &n);
	assert_true(store_find(sc->store, &q, on_found, &a));
	while (!a.done)
		event_base_loop(sc->base, EVLOOP_ONCE);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	assert_int_equal(a.n, 10);
	return n;
}

/* A late page costs what the first costs, in a period, too. */
static void
no_page_goes_through_those_before(void **state)
{
	struct scene *sc = *state;
	struct store_query q = all;
	unsigned first, late;

	begin(sc);
	sc->store->db.parts.max = 10 * ROWS;
	for (unsigned i = 1; i <= ROWS; i++)
		made[i] = (struct made){ .time = (NOW + i) * CLOCK_SECOND,
			.kind = i % 2 ? EVENT_LOGIN : EVENT_FAILURE };
	put_rows(sc, 1, ROWS);
	for (unsigned bits = 0; bits < 16; bits++) {
		q = all;
		q.brief = (bits & 1) != 0;
		q.newest = (bits & 2) != 0;
		if (bits & 4)
			q.user = SPAN("u0");
		q.kind = bits & 8 ? EVENT_LOGIN : -1;
		q.since.us = (NOW + 1) * CLOCK_SECOND;
		q.until.us = (NOW + ROWS + 1) * CLOCK_SECOND;
		first = cost(sc, q);
		q.number = q.newest ? 40 : ROWS - 40;
		q.behind.us = made[q.number].time;
		late = cost(sc, q);
		if (late > first + 2)
			fail_msg("%u: first %u, late %u", bits, first, late);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(rows_of_many_parts_are_in_order),
		SCENE(older_rows_are_the_first_part),
		SCENE(older_parts_keep_their_numbers),
		SCENE(a_part_without_rows_goes),
		SCENE(no_page_goes_through_those_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
