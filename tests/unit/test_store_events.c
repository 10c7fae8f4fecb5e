/* Mail accesses in the store: rows, look-ups, overflow, retention. */
#include "store_scene.h"

#include "base/access_event.h"
#include "random.h"
#include "store/event_row.h"

#define US CLOCK_SECOND

struct answer {
	struct event_rows rows;
	bool more, came;
	int error;
};

static void
on_found(int error, struct store_found *found, void *arg)
{
	struct answer *a = arg;

	a->came = true;
	a->error = error;
	if (error != 0)
		return;
	a->rows = *found->rows;
	a->more = found->more;
	*found->rows = (struct event_rows){ 0 };
}

static struct answer
find(struct scene *sc, const struct store_query *q)
{
	struct answer a = { .came = false };

	assert_true(store_find(sc->store, q, on_found, &a));
	while (!a.came)
		event_base_loop(sc->base, EVLOOP_ONCE);
	assert_int_equal(a.error, 0);
	return a;
}

static const struct store_query all = { .kind = -1, .service = -1 };

static struct access_event
event_of(const char *user, const char *ip, enum event_kind kind, int64_t time)
{
	struct access_event e;

	access_event_init(&e);
	e.time.us = time * US;
	e.kind = kind;
	e.service = SERVICE_IMAP;
	e.texts[EVENT_USER] = span_of(user);
	e.line = span_of("a line");
	if (ip != NULL)
		assert_int_equal(addr_parse(span_of(ip), &e.ip), 0);
	return e;
}

static const struct store_place here = { .jail = "mail", .path = "/mail.log",
	.position = { .offset = 4711, .hash = "abc" } };

static void
put(struct scene *sc, const char *user, const char *ip, enum event_kind kind,
    int64_t time)
{
	struct access_event e = event_of(user, ip, kind, time);
	struct event_rows rows = { 0 };

	event_rows_add(&rows, &e);
	assert_true(store_events(sc->store, &rows, &here));
	assert_int_equal(rows.n, 0);
}

static void
start(struct scene *sc)
{
	open_store(sc);
	assert_int_equal(store_start(sc->store), 0);
}

static void
assert_event(const struct access_event *a, const struct access_event *b)
{
	assert_int_equal(a->time.us, b->time.us);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->service, b->service);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->tls, b->tls);
	assert_true(addr_eq(&a->ip, &b->ip));
	assert_true(addr_eq(&a->local_ip, &b->local_ip));
	assert_true(addr_eq(&a->proxy_ip, &b->proxy_ip));
	assert_string_equal(a->place.country, b->place.country);
	assert_string_equal(a->place.network, b->place.network);
	assert_int_equal(a->place.lan, b->place.lan);
	assert_int_equal(a->place.asn, b->place.asn);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		assert_true(span_eq(a->texts[i], b->texts[i]));
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		assert_int_equal(a->numbers[i], b->numbers[i]);
	assert_true(span_eq(a->line, b->line));
}

/* Each field random, known or not. */
static struct access_event
random_event(char texts[EVENT_TEXTS][32])
{
	struct access_event e;

	access_event_init(&e);
	e.time.us = (int64_t)(random_next() % 2000000000) * US + 7;
	e.kind = (enum event_kind)(random_next() % EVENT_KINDS);
	e.service = (enum event_service)(random_next() % SERVICE_KINDS);
	e.reason = (enum event_reason)(random_next() % REASON_KINDS);
	e.tls = (enum event_tls)(random_next() % EVENT_TLS_KINDS);
	for (unsigned i = 0; i < EVENT_TEXTS; i++) {
		snprintf(texts[i], 32, "t%u-%llu", i,
		    (unsigned long long)random_next());
		if (random_next() % 2 == 0)
			e.texts[i] = span_of(texts[i]);
	}
	/* A name as it was written, and its domain, go with a name. */
	if (e.texts[EVENT_USER].n > 0) {
		texts[EVENT_USER][3] = random_next() % 2 == 0 ? '@' : '-';
		e.texts[EVENT_USER_RAW] = random_next() % 2 == 0 ?
		    e.texts[EVENT_USER] : span_of(texts[EVENT_USER_RAW]);
		e.texts[EVENT_DOMAIN] = texts[EVENT_USER][3] == '@' ?
		    span_skip(e.texts[EVENT_USER], 4) :
		    (struct span){ NULL, 0 };
	}
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		if (random_next() % 2 == 0)
			e.numbers[i] = (int64_t)(random_next() >> 1);
	if (random_next() % 2 == 0)
		addr_parse(SPAN("2001:db8::7"), &e.ip);
	if (random_next() % 2 == 0)
		addr_parse(SPAN("192.0.2.9"), &e.proxy_ip);
	e.line = SPAN("the line itself");
	return e;
}

/* What the engine would look up from a disk. */
static void
look_up(struct access_event *e)
{
	memcpy(e->place.country, "DE", 3);
	memcpy(e->place.network, "EXAMPLE", 8);
	e->place.asn = 64500;
}

static void
complete(struct event_row *row, void *arg)
{
	(void)arg;
	look_up(&row->event);
}

static void
written(const struct event_row *row, void *arg)
{
	assert_string_equal(row->event.place.country, "DE");
	++*(unsigned *)arg;
}

/* What another log says of rows that are there already. */
static void
rows_are_amended(void **state)
{
	struct scene *sc = *state;
	const struct store_row_hooks hooks = { .complete = complete };
	struct event_rows rows = { 0 };
	struct store_query q = all;
	struct access_event e;
	struct answer a;

	open_store(sc);
	store_row_hooks(sc->store, &hooks, NULL);
	assert_int_equal(store_start(sc->store), 0);
	for (int i = 7; i < 10; i++) {
		e = event_of("alice", "10.0.0.2", EVENT_LOGIN, 1000 + i);
		event_rows_add(&rows, &e)->number = i;
	}
	e = event_of("alice", "10.0.0.2", EVENT_LOGIN, 1007);
	event_rows_add(&rows, &e)->number = 3;
	event_rows_at(&rows, 3)->is_session = true;
	event_rows_at(&rows, 3)->signed_in = true;
	assert_true(store_events(sc->store, &rows, &here));
	e = event_of("", "198.51.100.7", EVENT_OTHER, 0);
	addr_parse(SPAN("10.0.0.2"), &e.proxy_ip);
	event_rows_add(&rows, &e)->number = 7;
	event_rows_add(&rows, &e)->number = 8;
	event_rows_add(&rows, &e)->number = 3;
	event_rows_add(&rows, &e)->number = 4711;   /* purged since */
	for (int i = 0; i < 4; i++)
		event_rows_at(&rows, i)->is_moved = true;
	event_rows_at(&rows, 1)->is_moved = false;
	event_rows_at(&rows, 1)->is_gone = event_rows_at(&rows, 2)->is_session = true;
	assert_true(store_events(sc->store, &rows, &here));
	a = find(sc, &q);
	assert_int_equal(a.rows.n, 2);
	assert_int_equal(event_rows_at(&a.rows, 0)->number, 7);
	assert_true(addr_eq(&event_rows_at(&a.rows, 0)->event.ip, &e.ip));
	assert_true(addr_eq(&event_rows_at(&a.rows, 0)->event.proxy_ip, &e.proxy_ip));
	assert_string_equal(event_rows_at(&a.rows, 0)->event.place.country, "DE");
	assert_int_equal(event_rows_at(&a.rows, 0)->event.time.us, 1007 * US);
	assert_true(span_eq(event_rows_at(&a.rows, 0)->event.texts[EVENT_USER],
	    SPAN("alice")));
	assert_int_equal(event_rows_at(&a.rows, 1)->number, 9);
	assert_int_equal(event_rows_at(&a.rows, 1)->event.proxy_ip.family, ADDR_NONE);
	event_rows_fini(&a.rows);
	q.sessions = true;
	q.ip = e.ip;
	a = find(sc, &q);
	assert_int_equal(a.rows.n, 1);
	assert_int_equal(event_rows_at(&a.rows, 0)->number, 3);
	assert_true(addr_eq(&event_rows_at(&a.rows, 0)->event.proxy_ip, &e.proxy_ip));
	event_rows_fini(&a.rows);
}

static void
every_field_comes_back(void **state)
{
	struct scene *sc = *state;
	const struct store_row_hooks hooks = {
		.complete = complete, .written = written,
	};
	char texts[EVENT_TEXTS][32];
	unsigned told = 0;

	random_start();
	open_store(sc);
	store_row_hooks(sc->store, &hooks, &told);
	assert_int_equal(store_start(sc->store), 0);
	for (int i = 0; i < 50; i++) {
		struct access_event e = random_event(texts);
		struct event_rows rows = { 0 };
		struct store_query q = all;
		struct answer a;

		event_rows_add(&rows, &e);
		store_events(sc->store, &rows, &here);
		look_up(&e);
		q.since = e.time;
		q.until.us = e.time.us + 1;
		a = find(sc, &q);
		assert_true(a.rows.n >= 1);
		assert_event(&event_rows_at(&a.rows, a.rows.n - 1)->event, &e);
		event_rows_fini(&a.rows);
	}
	close_store(sc);
	assert_int_equal(told, 50);
}

static void
foreign_bytes_become_utf8_and_lines_are_cut(void **state)
{
	struct scene *sc = *state;
	struct access_event e = event_of("a\xff" "b", NULL, EVENT_LOGIN, NOW);
	struct event_rows rows = { 0 };
	char line[3000];
	struct answer a;

	memset(line, 'x', sizeof(line));
	e.line = span_from(line, sizeof(line));
	start(sc);
	event_rows_add(&rows, &e);
	store_events(sc->store, &rows, &here);
	a = find(sc, &all);
	assert_int_equal(a.rows.n, 1);
	assert_true(span_eq(event_rows_at(&a.rows, 0)->event.texts[EVENT_USER],
	    SPAN("a\xef\xbf\xbd" "b")));
	assert_int_equal(event_rows_at(&a.rows, 0)->event.line.n, EVENT_LINE_MAX);
	event_rows_fini(&a.rows);
}

static size_t
count(struct scene *sc, const struct store_query *q)
{
	struct answer a = find(sc, q);
	size_t n = a.rows.n;

	event_rows_fini(&a.rows);
	return n;
}

static void
look_ups_by_account_address_kind_and_time(void **state)
{
	struct scene *sc = *state;
	struct store_query q = all;

	start(sc);
	put(sc, "alice", "192.0.2.1", EVENT_LOGIN, NOW);
	put(sc, "alice", "192.0.2.129", EVENT_FAILURE, NOW + 1);
	put(sc, "bob", "192.0.3.1", EVENT_LOGIN, NOW + 2);
	put(sc, "bob", "2001:db8::1", EVENT_LOGIN, NOW + 3);
	assert_int_equal(count(sc, &q), 4);
	q.user = SPAN("alice");
	assert_int_equal(count(sc, &q), 2);
	q.kind = EVENT_LOGIN;
	assert_int_equal(count(sc, &q), 1);
	q = all;
	addr_parse_net(SPAN("192.0.2.0/25"), &q.ip);
	assert_int_equal(count(sc, &q), 1);
	addr_parse_net(SPAN("192.0.2.0/23"), &q.ip);
	assert_int_equal(count(sc, &q), 3);
	addr_parse_net(SPAN("2001:db8::/32"), &q.ip);
	assert_int_equal(count(sc, &q), 1);
	q = all;
	q.since.us = (NOW + 1) * US;
	q.until.us = (NOW + 3) * US;
	assert_int_equal(count(sc, &q), 2);
	q = all;
	q.service = SERVICE_SMTP;
	assert_int_equal(count(sc, &q), 0);
}

/* Pages, one behind the other, are all of it once, in both orders. */
static void
pages_neither_lose_nor_repeat(void **state)
{
	struct scene *sc = *state;

	start(sc);
	/* Many of one second: the number decides. */
	for (int i = 0; i < 100; i++)
		put(sc, "u", "192.0.2.1", EVENT_LOGIN, NOW + i / 30);
	for (int newest = 0; newest < 2; newest++) {
		struct store_query q = all;
		bool seen[101] = { false };
		size_t n = 0;
		struct answer a;

		q.newest = newest;
		q.limit = 7;
		do {
			a = find(sc, &q);
			for (size_t i = 0; i < a.rows.n; i++, n++) {
				assert_false(seen[event_rows_at(&a.rows, i)->number]);
				seen[event_rows_at(&a.rows, i)->number] = true;
				q.behind = event_rows_at(&a.rows, i)->event.time;
				q.number = event_rows_at(&a.rows, i)->number;
			}
			event_rows_fini(&a.rows);
		} while (a.more);
		assert_int_equal(n, 100);
	}
}

static void
a_place_is_written_with_its_rows(void **state)
{
	struct scene *sc = *state;
	struct tail_position pos;

	start(sc);
	put(sc, "alice", NULL, EVENT_LOGIN, NOW);
	close_store(sc);
	open_store(sc);
	assert_true(store_load_position(sc->store, "mail", "/mail.log",
	    &pos));
	assert_int_equal(pos.offset, 4711);
	assert_string_equal(pos.hash, "abc");
}

static void
put_session(struct scene *sc, int64_t number, bool open, bool gone)
{
	struct access_event e = event_of("alice", "192.0.2.1", EVENT_LOGIN,
	    NOW);
	struct event_rows rows = { 0 };
	struct event_row *row = event_rows_add(&rows, &e);

	row->number = number;
	row->is_session = true;
	row->is_open = open;
	row->is_gone = gone;
	row->signed_in = true;
	row->signed_out = !open;
	row->login.us = NOW * US;
	row->end.us = (NOW + 60) * US;
	row->failures = 2;
	row->duration_ms = open ? -1 : 60000;
	store_events(sc->store, &rows, &here);
}

static void
open_sessions_come_back_at_a_start(void **state)
{
	struct scene *sc = *state;
	struct event_rows rows = { 0 };
	struct store_query q = all;
	struct answer a;
	int64_t next;

	start(sc);
	put_session(sc, 1, true, false);
	put_session(sc, 2, true, false);
	put_session(sc, 3, true, false);
	put_session(sc, 1, false, false);
	put_session(sc, 3, false, true);
	close_store(sc);
	open_store(sc);
	assert_int_equal(store_load_sessions(sc->store, &rows, &next), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(event_rows_at(&rows, 0)->number, 2);
	assert_int_equal(event_rows_at(&rows, 0)->failures, 2);
	assert_true(event_rows_at(&rows, 0)->login.us == NOW * US);
	assert_int_equal(next, 3);
	event_rows_fini(&rows);
	assert_int_equal(store_start(sc->store), 0);
	q.sessions = true;
	a = find(sc, &q);
	assert_int_equal(a.rows.n, 2);
	assert_false(event_rows_at(&a.rows, 0)->is_open);
	assert_true(event_rows_at(&a.rows, 0)->signed_out);
	assert_int_equal(event_rows_at(&a.rows, 0)->duration_ms, 60000);
	assert_true(event_rows_at(&a.rows, 1)->is_open);
	assert_false(event_rows_at(&a.rows, 1)->signed_out);
	event_rows_fini(&a.rows);
}

/* The thread is not there yet: nothing is written. Bans still have room. */
static void
events_are_dropped_before_bans(void **state)
{
	struct scene *sc = *state;
	struct access_event e = event_of("u", NULL, EVENT_LOGIN, NOW);
	struct store_counters c;

	open_store(sc);
	for (int i = 0; i < 60; i++) {
		struct event_rows rows = { 0 };

		for (int k = 0; k < 1000; k++)
			event_rows_add(&rows, &e);
		assert_true(store_events(sc->store, &rows, &here));
	}
	assert_true(store_events_full(sc->store));
	store_counters(sc->store, &c);
	assert_int_equal(c.events_waiting, STORE_EVENTS_MAX);
	assert_int_equal(c.events_dropped, 60000 - STORE_EVENTS_MAX);
	ban(sc, "mail", "192.0.2.1", NOW, 600);
	assert_int_equal(store_start(sc->store), 0);
	assert_int_equal(sync_store(sc), 0);
	store_counters(sc->store, &c);
	assert_int_equal(c.events, STORE_EVENTS_MAX);
	assert_int_equal(c.events_waiting, 0);
	assert_int_equal(c.lost, 0);
	assert_false(store_events_full(sc->store));
	assert_answer(sc, "SELECT count(*) FROM bips", "1");
	assert_answer(sc, "SELECT count(*) FROM gaol_events", "50000");
}

static void
a_purge_goes_by_class(void **state)
{
	struct scene *sc = *state;
	const struct store_keep keep = { {
		[STORE_LOGIN] = 100, [STORE_FAILURE] = 10,
		[STORE_SESSION] = 10, [STORE_MESSAGE] = 10,
		[STORE_OTHER] = 10,
	} };

	start(sc);
	store_keep(sc->store, &keep);
	put(sc, "old", NULL, EVENT_LOGIN, NOW - 101);
	put(sc, "kept", NULL, EVENT_LOGIN, NOW - 99);
	put(sc, "old", NULL, EVENT_FAILURE, NOW - 11);
	put(sc, "kept", NULL, EVENT_FAILURE, NOW - 9);
	put_session(sc, 1, false, false);
	assert_true(store_purge(sc->store, wall_from_seconds(NOW)));
	assert_int_equal(sync_store(sc), 0);
	assert_answer(sc, "SELECT group_concat(DISTINCT \"user\")"
	    " FROM gaol_events", "kept");
	assert_answer(sc, "SELECT count(*) FROM gaol_sessions", "1");
	assert_true(store_purge(sc->store, wall_from_seconds(NOW + 11)));
	assert_int_equal(sync_store(sc), 0);
	assert_answer(sc, "SELECT count(*) FROM gaol_sessions", "0");
}

/* More than one slice: between them others get their turn. */
static void
a_long_purge_goes_on_by_itself(void **state)
{
	struct scene *sc = *state;
	const struct store_keep keep = { { 1, 1, 1, 1, 1 } };
	struct access_event e = event_of("u", NULL, EVENT_LOGIN, NOW - 100);
	struct event_rows rows = { 0 };

	start(sc);
	store_keep(sc->store, &keep);
	for (int i = 0; i < 12000; i++)
		event_rows_add(&rows, &e);
	store_events(sc->store, &rows, &here);
	store_purge(sc->store, wall_from_seconds(NOW));
	for (int i = 0; i < 10; i++)
		sync_store(sc);
	assert_answer(sc, "SELECT count(*) FROM gaol_events", "0");
}

static void
tables_of_a_later_release_are_left_alone(void **state)
{
	struct scene *sc = *state;
	char *error;

	start(sc);
	close_store(sc);
	free(ask(sc, "UPDATE gaol_schema SET version = 99"
	    " RETURNING version"));
	open_store(sc);
	error = xstrdup(store_error(sc->store));
	assert_non_null(strstr(error, "version 99 of gaol's own tables is not "
	    "known; accepted: 1..7"));
	free(error);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(every_field_comes_back),
		SCENE(rows_are_amended),
		SCENE(foreign_bytes_become_utf8_and_lines_are_cut),
		SCENE(look_ups_by_account_address_kind_and_time),
		SCENE(pages_neither_lose_nor_repeat),
		SCENE(a_place_is_written_with_its_rows),
		SCENE(open_sessions_come_back_at_a_start),
		SCENE(events_are_dropped_before_bans),
		SCENE(a_purge_goes_by_class),
		SCENE(a_long_purge_goes_on_by_itself),
		SCENE(tables_of_a_later_release_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
