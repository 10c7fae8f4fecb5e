/* Sign-ins through webmails and proxies: two logs, one event, both ways round. */
#include "access/mail_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "access/proxied.h"
#include "access/proxies.h"
#include "random.h"

#define PROXY "10.0.0.2"
#define NETS "10.0.0.0/24, 2001:db8:1::/64, 127.0.0.1"
#define ROWS 4096

/* What a store would hold in the end. */
struct row {
	bool told, gone;
	enum event_service service;
	char ip[ADDR_STRLEN], via[ADDR_STRLEN];
};

struct scene {
	struct mail_sessions *ms;
	struct row rows[ROWS];
	struct row sessions[ROWS];
	int64_t next;
};

static void
put_addr(const struct addr *a, char out[ADDR_STRLEN])
{
	strcpy(out, "-");
	if (a->family != ADDR_NONE)
		addr_format(a, out);
}

static void
put(struct row *row, const struct access_event *e)
{
	row->told = true;
	row->service = e->service;
	put_addr(&e->ip, row->ip);
	put_addr(&e->proxy_ip, row->via);
}

static void
on_closed(const struct mail_session *s, void *arg)
{
	struct scene *sc = arg;

	if (s->signed_in)
		put(&sc->sessions[s->number], s->event);
}

static void
on_amend(const struct mail_amend *a, void *arg)
{
	struct scene *sc = arg;

	if (a->event != 0) {
		struct row *row = &sc->rows[a->event];

		assert_true(row->told && !row->gone);
		row->gone = a->gone;
		if (!a->gone) {
			put_addr(&a->ip, row->ip);
			put_addr(&a->proxy_ip, row->via);
		}
	}
	if (a->session != 0) {
		put_addr(&a->ip, sc->sessions[a->session].ip);
		put_addr(&a->proxy_ip, sc->sessions[a->session].via);
	}
}

static void
begin(struct scene *sc)
{
	memset(sc, 0, sizeof(*sc));
	sc->ms = mail_sessions_new(1000, on_closed, sc);
	mail_sessions_proxies(sc->ms, NETS, on_amend);
}

static struct access_event
make(enum event_kind kind, int64_t second, const char *user, const char *ip)
{
	struct access_event e;

	access_event_init(&e);
	e.kind = kind;
	e.time = wall_from_seconds(100000 + second);
	e.texts[EVENT_USER] = e.texts[EVENT_USER_RAW] = span_of(user);
	e.numbers[EVENT_ATTEMPTS] = 1;
	if (ip != NULL)
		assert_int_equal(addr_parse(span_of(ip), &e.ip), 0);
	return e;
}

/* Its row's number, or 0: another's told it. */
static int64_t
take(struct scene *sc, struct access_event *e)
{
	e->number = ++sc->next;
	assert_true(sc->next < ROWS);
	if (mail_sessions_event(sc->ms, e) == MAIL_SESSION_KNOWN)
		return 0;
	put(&sc->rows[e->number], e);
	return e->number;
}

static int64_t
web(struct scene *sc, enum event_kind kind, int64_t second, const char *user,
    const char *ip)
{
	struct access_event e = make(kind, second, user, ip);

	e.service = SERVICE_HTTP;
	e.texts[EVENT_SERVER] = SPAN("roundcube");
	e.texts[EVENT_LOG] = SPAN("/userlogins.log");
	return take(sc, &e);
}

static int64_t
imap(struct scene *sc, enum event_kind kind, int64_t second, const char *user,
    const char *ip, const char *session)
{
	struct access_event e = make(kind, second, user, ip);

	e.service = SERVICE_IMAP;
	e.texts[EVENT_SERVER] = SPAN("dovecot");
	e.texts[EVENT_SESSION] = span_of(session);
	e.texts[EVENT_LOG] = SPAN("/mail.log");
	return take(sc, &e);
}

static void
row_is(const struct scene *sc, int64_t n, const char *ip, const char *via)
{
	assert_true(n > 0 && sc->rows[n].told && !sc->rows[n].gone);
	assert_string_equal(sc->rows[n].ip, ip);
	assert_string_equal(sc->rows[n].via, via);
}

/* All that is left told in the end. */
static size_t
rows(const struct scene *sc)
{
	size_t n = 0;

	for (size_t i = 0; i < ROWS; i++)
		n += sc->rows[i].told && !sc->rows[i].gone;
	return n;
}

static void
test_either_order(void **state)
{
	static struct scene sc;
	int64_t w, i;

	(void)state;
	for (int web_first = 0; web_first < 2; web_first++) {
		begin(&sc);
		w = web_first ? web(&sc, EVENT_LOGIN, 0, "alice",
		    "198.51.100.7") : 0;
		i = imap(&sc, EVENT_LOGIN, 1, "alice", PROXY, "S1");
		if (!web_first)
			assert_int_equal(web(&sc, EVENT_LOGIN, 0, "alice",
			    "198.51.100.7"), 0);
		else
			assert_true(w > 0);
		row_is(&sc, i, "198.51.100.7", PROXY);
		assert_int_equal(sc.rows[i].service, SERVICE_IMAP);
		assert_int_equal(rows(&sc), 1);
		/* The session and what comes later of it: the client's, too. */
		i = imap(&sc, EVENT_LOGOUT, 5, "alice", NULL, "S1");
		row_is(&sc, i, "198.51.100.7", PROXY);
		row_is(&(struct scene){ .rows[1] = sc.sessions[1] }, 1,
		    "198.51.100.7", PROXY);
		assert_int_equal(mail_sessions_unpaired(sc.ms), 0);
		mail_sessions_free(sc.ms);
	}
}

/* Over before the webmail's log is read. */
static void
test_closed_session(void **state)
{
	static struct scene sc;

	(void)state;
	begin(&sc);
	imap(&sc, EVENT_LOGIN, 0, "alice", PROXY, "S1");
	imap(&sc, EVENT_LOGOUT, 0, "alice", NULL, "S1");
	row_is(&sc, 2, PROXY, "-");
	assert_string_equal(sc.sessions[1].ip, PROXY);
	assert_int_equal(web(&sc, EVENT_LOGIN, 1, "alice", "198.51.100.7"), 0);
	row_is(&sc, 2, "198.51.100.7", PROXY);
	assert_string_equal(sc.sessions[1].ip, "198.51.100.7");
	assert_string_equal(sc.sessions[1].via, PROXY);
	mail_sessions_free(sc.ms);
}

static void
test_who_does_not_fit(void **state)
{
	static struct scene sc;
	int64_t i;

	(void)state;
	begin(&sc);
	i = imap(&sc, EVENT_LOGIN, 0, "alice", PROXY, "S1");
	/* Another account, too late, not a sign-in, no webmail's host. */
	assert_true(web(&sc, EVENT_LOGIN, 0, "bob", "198.51.100.7") > 0);
	assert_true(web(&sc, EVENT_FAILURE, 0, "alice", "198.51.100.7") > 0);
	row_is(&sc, i, PROXY, "-");
	assert_true(web(&sc, EVENT_LOGIN, 11, "alice", "198.51.100.7") > 0);
	row_is(&sc, i, PROXY, "-");
	i = imap(&sc, EVENT_LOGIN, 11, "alice", "192.0.2.9", "S2");
	row_is(&sc, i, "192.0.2.9", "-");
	/* Within the window, and before the webmail's line. */
	i = imap(&sc, EVENT_LOGIN, 21, "alice", PROXY, "S3");
	row_is(&sc, i, "198.51.100.7", PROXY);
	mail_sessions_free(sc.ms);
	/* Nobody is trusted: nothing is joined. */
	begin(&sc);
	mail_sessions_proxies(sc.ms, NULL, on_amend);
	i = imap(&sc, EVENT_LOGIN, 0, "alice", PROXY, "S1");
	assert_true(web(&sc, EVENT_LOGIN, 0, "alice", "198.51.100.7") > 0);
	row_is(&sc, i, PROXY, "-");
	mail_sessions_free(sc.ms);
}

static void
test_failures(void **state)
{
	static struct scene sc;
	int64_t i;

	(void)state;
	begin(&sc);
	web(&sc, EVENT_FAILURE, 0, "alice", "203.0.113.9");
	i = imap(&sc, EVENT_FAILURE, 2, "alice", PROXY, "S1");
	row_is(&sc, i, "203.0.113.9", PROXY);
	i = imap(&sc, EVENT_FAILURE, 3, "alice", PROXY, "S2");
	row_is(&sc, i, PROXY, "-");
	assert_int_equal(web(&sc, EVENT_FAILURE, 4, "alice", "203.0.113.8"),
	    0);
	row_is(&sc, i, "203.0.113.8", PROXY);
	assert_int_equal(rows(&sc), 2);
	/* Who fails says nothing of whose the next connection is. */
	i = imap(&sc, EVENT_LOGIN, 5, "alice", PROXY, "S3");
	row_is(&sc, i, PROXY, "-");
	mail_sessions_free(sc.ms);
}

/* A webmail connects for every page. */
static void
test_later_connections(void **state)
{
	static struct scene sc;
	int64_t i, k;

	(void)state;
	begin(&sc);
	/* Both before the webmail's line is read. */
	i = imap(&sc, EVENT_LOGIN, 0, "alice", PROXY, "S1");
	k = imap(&sc, EVENT_LOGIN, 2, "alice", PROXY, "S2");
	assert_int_equal(web(&sc, EVENT_LOGIN, 0, "alice", "198.51.100.7"), 0);
	row_is(&sc, i, "198.51.100.7", PROXY);
	row_is(&sc, k, "198.51.100.7", PROXY);
	i = imap(&sc, EVENT_LOGIN, 3600, "alice", PROXY, "S3");
	row_is(&sc, i, "198.51.100.7", PROXY);
	/* Another comes: the one that belongs to that line is put right. */
	i = imap(&sc, EVENT_LOGIN, 7200, "alice", PROXY, "S4");
	row_is(&sc, i, "198.51.100.7", PROXY);
	assert_int_equal(web(&sc, EVENT_LOGIN, 7200, "alice", "192.0.2.1"), 0);
	row_is(&sc, i, "192.0.2.1", PROXY);
	/* Then nobody can say whose the others are, … */
	i = imap(&sc, EVENT_LOGIN, 8000, "alice", PROXY, "S5");
	row_is(&sc, i, PROXY, "-");
	/* … until the first one's time is over; then the second's is, too. */
	i = imap(&sc, EVENT_LOGIN, 12 * 3600 + 1, "alice", PROXY, "S6");
	row_is(&sc, i, "192.0.2.1", PROXY);
	i = imap(&sc, EVENT_LOGIN, 15 * 3600, "alice", PROXY, "S7");
	row_is(&sc, i, PROXY, "-");
	mail_sessions_free(sc.ms);
}

/* The server was told the client (ID, XCLIENT), and says so. */
static void
test_named_by_the_server(void **state)
{
	static struct scene sc;
	struct access_event e;
	int64_t i;

	(void)state;
	begin(&sc);
	for (int way = 0; way < 3; way++) {
		e = make(EVENT_LOGIN, 100 * way, "alice", "198.51.100.7");
		e.service = SERVICE_IMAP;
		e.texts[EVENT_SESSION] = SPAN("S");
		if (way == 0)
			addr_parse(SPAN(PROXY), &e.proxy_ip);
		else if (way == 1)
			addr_parse(SPAN("127.0.0.1"), &e.local_ip);
		else
			e.tls = EVENT_TLS_LOCAL;
		i = take(&sc, &e);
		row_is(&sc, i, "198.51.100.7", way == 0 ? PROXY :
		    way == 1 ? "127.0.0.1" : "-");
		assert_true(web(&sc, EVENT_LOGIN, 100 * way, "alice",
		    "198.51.100.8") > 0);
		assert_int_equal(web(&sc, EVENT_LOGIN, 100 * way, "alice",
		    "198.51.100.7"), 0);
		e = make(EVENT_LOGOUT, 100 * way + 1, "alice", NULL);
		e.texts[EVENT_SESSION] = SPAN("S");
		take(&sc, &e);
	}
	/* An ordinary client at the webmail's user's address is another. */
	i = imap(&sc, EVENT_LOGIN, 400, "alice", "198.51.100.7", "S9");
	assert_true(web(&sc, EVENT_LOGIN, 400, "alice", "198.51.100.7") > 0);
	row_is(&sc, i, "198.51.100.7", "-");
	mail_sessions_free(sc.ms);
}

/* What is stored of both is enough for the other half after a restart. */
static void
test_restart(void **state)
{
	static struct scene sc;
	struct access_event before;
	int64_t i;

	(void)state;
	begin(&sc);
	before = make(EVENT_LOGIN, 0, "alice", "198.51.100.7");
	before.service = SERVICE_HTTP;
	before.number = 5;
	sc.rows[5].told = true;
	mail_sessions_recall(sc.ms, &before);
	before = make(EVENT_LOGIN, 0, "bob", PROXY);
	before.service = SERVICE_IMAP;
	before.number = 6;
	sc.rows[6].told = true;
	mail_sessions_recall(sc.ms, &before);
	before = make(EVENT_LOGIN, 0, "carol", "192.0.2.1");
	before.service = SERVICE_IMAP;
	addr_parse(SPAN(PROXY), &before.proxy_ip);
	before.number = 7;
	mail_sessions_recall(sc.ms, &before);
	sc.next = 7;
	i = imap(&sc, EVENT_LOGIN, 1, "alice", PROXY, "S1");
	row_is(&sc, i, "198.51.100.7", PROXY);
	assert_true(sc.rows[5].gone);
	assert_int_equal(web(&sc, EVENT_LOGIN, 2, "bob", "198.51.100.8"), 0);
	row_is(&sc, 6, "198.51.100.8", PROXY);
	i = imap(&sc, EVENT_LOGIN, 600, "carol", PROXY, "S2");
	row_is(&sc, i, "192.0.2.1", PROXY);
	mail_sessions_free(sc.ms);
}

/* Any number of accounts and sign-ins: what was forgotten is counted. */
static void
test_bounded(void **state)
{
	static struct scene sc;
	char name[32];

	(void)state;
	begin(&sc);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "S%d", i);
		imap(&sc, EVENT_LOGIN, i, "alice", PROXY, name);
	}
	assert_int_equal(mail_sessions_unpaired(sc.ms), 12);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		sc.next = i % 100;
		sc.rows[sc.next + 1].gone = false;
		web(&sc, EVENT_LOGIN, 100 + i, name, "198.51.100.7");
	}
	/* The last 16384 accounts wait; the others, and alice's, do not. */
	assert_int_equal(mail_sessions_unpaired(sc.ms), 20 + 20000 - 16384);
	mail_sessions_free(sc.ms);
}

/*
 * A model of it: accounts sign in to the webmail one at a time, each pair of
 * lines is read in either order and up to a few seconds apart. Every sign-in
 * is told once and has its client.
 */
static void
test_model(void **state)
{
	static struct scene sc;
	(void)state;
	random_start();
	for (int round = 0; round < 50; round++) {
		begin(&sc);
		for (int i = 0; i < 200; i++) {
			int64_t at = 30 * i, row, off;
			char user[16], ip[32], id[16];

			off = (int64_t)(random_next() % 10);
			snprintf(user, sizeof(user), "u%d",
			    (int)(random_next() % 9));
			snprintf(ip, sizeof(ip), "198.51.100.%d", i % 250);
			snprintf(id, sizeof(id), "S%d", i);
			if (random_next() % 2 == 0) {
				web(&sc, EVENT_LOGIN, at, user, ip);
				row = imap(&sc, EVENT_LOGIN, at + off, user,
				    PROXY, id);
			} else {
				row = imap(&sc, EVENT_LOGIN, at, user, PROXY,
				    id);
				assert_int_equal(web(&sc, EVENT_LOGIN,
				    at + off, user, ip), 0);
			}
			row_is(&sc, row, ip, PROXY);
			assert_int_equal(rows(&sc), (size_t)i + 1);
		}
		mail_sessions_free(sc.ms);
	}
}

/* --- hops --------------------------------------------------------------- */

static void
hops(const char *text, const char *peer, const char *want, const char *who)
{
	struct proxies *p = proxies_new(NETS);
	struct addr a = { 0 }, client = { 0 };
	char got[ADDR_STRLEN];
	bool known;

	if (peer != NULL)
		addr_parse(span_of(peer), &a);
	known = proxies_client(p, span_of(text), &a, &client);
	put_addr(&client, got);
	assert_string_equal(got, want);
	assert_int_equal(known, strcmp(want, "-") != 0);
	put_addr(&a, got);
	assert_string_equal(got, who);
	proxies_free(p);
}

static void
test_hops(void **state)
{
	(void)state;
	hops("X-Forwarded-For: 203.0.113.9", PROXY, "203.0.113.9", PROXY);
	hops("X-Real-IP: 203.0.113.9,X-Forwarded-For: 9.9.9.9, 203.0.113.9",
	    PROXY, "203.0.113.9", PROXY);
	hops("X-Forwarded-For: 9.9.9.9, 2001:db8:5::7, 10.0.0.3, 10.0.0.4",
	    PROXY, "2001:db8:5::7", PROXY);
	hops("X-Real-IP: 203.0.113.9", PROXY, "203.0.113.9", PROXY);
	hops("[2001:db8:5::7], 10.0.0.3", NULL, "2001:db8:5::7", "10.0.0.3");
	/* Whatever a client wrote stands before the hop that is not trusted. */
	hops("X-Forwarded-For: 6.6.6.6) in session x, 203.0.113.9", PROXY,
	    "203.0.113.9", PROXY);
	hops("X-Forwarded-For: 6.6.6.6", "203.0.113.9", "-", "203.0.113.9");
	hops("6.6.6.6, 203.0.113.9", NULL, "-", "203.0.113.9");
	/* No address, or nothing but proxies. */
	hops("X-Forwarded-For: unknown", PROXY, "-", PROXY);
	hops("X-Forwarded-For: 6.6.6.6, unknown, 10.0.0.3", PROXY, "-", PROXY);
	hops("X-Forwarded-For: 10.0.0.3", PROXY, "-", PROXY);
	hops("203.0.113.9", NULL, "-", "203.0.113.9");
	hops("", NULL, "-", "-");
	hops("", PROXY, "-", PROXY);
	hops(",,,", PROXY, "-", PROXY);
}

/* The webmail's connection is not the client's. */
static void
test_tls(void **state)
{
	struct access_event e = make(EVENT_LOGIN, 0, "alice", "198.51.100.7");

	(void)state;
	e.tls = EVENT_TLS_NONE;
	assert_int_equal(proxied_tls(&e), EVENT_TLS_NONE);
	addr_parse(SPAN(PROXY), &e.proxy_ip);
	assert_int_equal(proxied_tls(&e), EVENT_TLS_UNKNOWN);
	e.tls = EVENT_TLS_YES;
	assert_int_equal(proxied_tls(&e), EVENT_TLS_UNKNOWN);
	e.tls = EVENT_TLS_NONE;
	addr_parse(SPAN("192.0.2.2"), &e.proxy_ip);
	assert_int_equal(proxied_tls(&e), EVENT_TLS_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_either_order),
		cmocka_unit_test(test_closed_session),
		cmocka_unit_test(test_who_does_not_fit),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_later_connections),
		cmocka_unit_test(test_named_by_the_server),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
