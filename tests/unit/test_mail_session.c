#include "access/mail_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

/* What was closed, as one text a session. */
struct closed {
	size_t n;
	char last[256];
};

static void
on_closed(const struct mail_session *s, void *arg)
{
	struct closed *c = arg;

	c->n++;
	snprintf(c->last, sizeof(c->last), "%.*s %s in=%lld fails=%lld "
	    "%s%s ms=%lld client=%.*s",
	    SPAN_FMT(s->event->texts[EVENT_USER]),
	    event_service_name(s->event->service),
	    (long long)s->event->numbers[EVENT_BYTES_IN],
	    (long long)s->failures, s->signed_in ? "i" : "-",
	    s->signed_out ? "o" : "-", (long long)s->duration_ms,
	    SPAN_FMT(s->event->texts[EVENT_AGENT]));
}

static struct access_event
make(enum event_kind kind, int64_t second, const char *session,
    const char *user, const char *ip)
{
	struct access_event e;

	access_event_init(&e);
	e.kind = kind;
	e.time = wall_from_seconds(1000 + second);
	e.texts[EVENT_SERVER] = SPAN("dovecot");
	e.texts[EVENT_SESSION] = span_of(session);
	e.texts[EVENT_USER] = e.texts[EVENT_USER_RAW] = span_of(user);
	e.numbers[EVENT_ATTEMPTS] = 1;
	if (ip != NULL)
		addr_parse(span_of(ip), &e.ip);
	return e;
}

static void
test_one_session(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	e = make(EVENT_CLIENT, 0, "S1", "", "192.0.2.7");
	e.texts[EVENT_AGENT] = SPAN("Thunderbird");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	e = make(EVENT_LOGIN, 1, "S1", "alice", "192.0.2.7");
	e.service = SERVICE_IMAP;
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_AGENT], SPAN("Thunderbird")));
	/* Another's session does not mix in. */
	e = make(EVENT_LOGIN, 2, "S2", "bob", "192.0.2.8");
	mail_sessions_event(ms, &e);
	e = make(EVENT_LOGOUT, 61, "S1", "", NULL);
	e.numbers[EVENT_BYTES_IN] = 256;
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice")));
	assert_int_equal(e.ip.b[3], 7);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.last,
	    "alice imap in=256 fails=0 io ms=60000 client=Thunderbird");
	assert_int_equal(mail_sessions_open(ms), 1);
	mail_sessions_flush(ms);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.last,
	    "bob unknown in=-1 fails=0 i- ms=-1 client=");
	mail_sessions_free(ms);
}

/* The sign-out's line may come first; not much later than that. */
static void
test_logout_first(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		e = make(EVENT_LOGOUT, 5 + 10 * i, "S1", "alice", NULL);
		e.numbers[EVENT_BYTES_IN] = 44;
		mail_sessions_event(ms, &e);
		assert_int_equal(c.n, 2 * i);
		e = make(EVENT_LOGIN, 5 + 10 * i, "S1", "alice", "192.0.2.7");
		mail_sessions_event(ms, &e);
		assert_int_equal(c.n, 2 * i + 1);
		assert_string_equal(c.last,
		    "alice unknown in=44 fails=0 io ms=0 client=");
		assert_int_equal(mail_sessions_open(ms), 0);
		/* This one's was before the log began. */
		e = make(EVENT_LOGOUT, 6 + 10 * i, "S2", "bob", NULL);
		mail_sessions_event(ms, &e);
		e = make(EVENT_CLIENT, 8 + 10 * i, "S3", "", "192.0.2.7");
		mail_sessions_event(ms, &e);
		assert_int_equal(c.n, 2 * i + 1);
		e = make(EVENT_CLIENT, 9 + 10 * i, "S3", "", "192.0.2.7");
		mail_sessions_event(ms, &e);
		assert_int_equal(c.n, 2 * i + 2);
		assert_string_equal(c.last,
		    "bob unknown in=-1 fails=0 -o ms=-1 client=");
		assert_int_equal(mail_sessions_open(ms), 1);
		e = make(EVENT_ABORT, 10 + 10 * i, "S3", "", NULL);
		mail_sessions_event(ms, &e);
		c.n--;
	}
	mail_sessions_free(ms);
}

/* … also when he had to try before; a failed name's end is not waited for. */
static void
test_logout_first_after_failures(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		e = make(EVENT_FAILURE, i, "S1", "alice", "192.0.2.7");
		mail_sessions_event(ms, &e);
	}
	e = make(EVENT_LOGOUT, 5, "S1", "alice", NULL);
	e.numbers[EVENT_BYTES_IN] = 44;
	mail_sessions_event(ms, &e);
	assert_int_equal(c.n, 0);
	e = make(EVENT_LOGIN, 5, "S1", "alice", "192.0.2.7");
	mail_sessions_event(ms, &e);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.last,
	    "alice unknown in=44 fails=2 io ms=0 client=");
	e = make(EVENT_FAILURE, 6, "S2", "root", "192.0.2.8");
	mail_sessions_event(ms, &e);
	e = make(EVENT_LOGOUT, 6, "S2", "", NULL);
	mail_sessions_event(ms, &e);
	assert_int_equal(c.n, 2);
	assert_int_equal(mail_sessions_open(ms), 0);
	mail_sessions_free(ms);
}

/* A failed name is nobody's: not the session's, nor its sign-out's. */
static void
test_failed_name(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	e = make(EVENT_FAILURE, 0, "S1", "root", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_LOGIN, 1, "S1", "alice", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_FAILURE, 2, "S1", "", NULL);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	assert_int_equal(e.ip.b[3], 7);
	mail_sessions_flush(ms);
	assert_string_equal(c.last,
	    "alice unknown in=-1 fails=2 i- ms=-1 client=");
	mail_sessions_free(ms);
}

/* The auth process tells each attempt, the login process their number. */
static void
test_totals(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		e = make(EVENT_FAILURE, i, "S1", "a", "192.0.2.7");
		assert_int_equal(mail_sessions_event(ms, &e),
		    MAIL_SESSION_NEWS);
	}
	e = make(EVENT_FAILURE, 3, "S1", "a", "192.0.2.7");
	e.total = true;
	e.numbers[EVENT_ATTEMPTS] = 3;
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	assert_int_equal(e.numbers[EVENT_ATTEMPTS], 1);
	/* It was the connection's last line. */
	assert_int_equal(mail_sessions_open(ms), 0);
	e = make(EVENT_FAILURE, 4, "S3", "a", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e.total = true;
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_KNOWN);
	mail_sessions_free(ms);
}

static struct access_event
exim(int64_t second, const char *user, const char *log)
{
	struct access_event e = make(EVENT_FAILURE, second, "", user,
	    "192.0.2.7");

	e.texts[EVENT_LOG] = span_of(log);
	return e;
}

static void
test_two_logs(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	e = exim(0, "a", "main");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	e = exim(0, "a", "reject");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_KNOWN);
	/* Twice in one log is twice. */
	e = exim(1, "a", "main");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	e = exim(1, "a", "main");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	/* Another name, or much later, is another attempt. */
	e = exim(1, "b", "reject");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	e = exim(60, "a", "reject");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	mail_sessions_free(ms);
}

/* Processes stand for sessions where there is no id; one serves many. */
static void
test_process(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	for (int i = 0; i < 2; i++) {
		e = make(EVENT_CONNECT, i * 10, "", "",
		    i == 0 ? "192.0.2.7" : "192.0.2.8");
		e.numbers[EVENT_PID] = 99;
		mail_sessions_event(ms, &e);
	}
	assert_int_equal(c.n, 1);
	e = make(EVENT_LOGIN, 11, "", "alice", NULL);
	e.numbers[EVENT_PID] = 99;
	mail_sessions_event(ms, &e);
	assert_int_equal(e.ip.b[3], 8);
	/* That somebody did is known already. */
	e = make(EVENT_LOGIN, 12, "", "", NULL);
	e.numbers[EVENT_PID] = 99;
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_KNOWN);
	/* An id that looks like a process is none. */
	e = make(EVENT_LOGOUT, 12, "99", "", NULL);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	mail_sessions_free(ms);
}

/* Where no line has either, the client's port does. */
static void
test_client(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	static const enum event_kind kinds[] = { EVENT_CONNECT, EVENT_LOGIN,
	    EVENT_LOGOUT };
	struct access_event e;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		e = make(kinds[i / 2], i, "", i / 2 == 1 ? "alice" : "",
		    i % 2 == 0 ? "192.0.2.7" : "192.0.2.8");
		e.numbers[EVENT_PORT] = 40000;
		mail_sessions_event(ms, &e);
		assert_int_equal(mail_sessions_open(ms), i == 0 || i == 4 ? 1 :
		    i == 5 ? 0 : 2);
	}
	assert_int_equal(c.n, 2);
	assert_string_equal(c.last,
	    "alice unknown in=-1 fails=0 io ms=2000 client=");
	mail_sessions_free(ms);
}

static struct access_event
of_process(enum event_kind kind, const char *session, int64_t pid)
{
	struct access_event e = make(kind, 1, session, "", NULL);

	e.numbers[EVENT_PID] = pid;
	return e;
}

/* What a process says of a session before it names it (Cyrus). */
static void
test_unnamed(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(2, on_closed, &c);
	char version[] = "TLSv1.2";
	struct access_event e;

	(void)state;
	/* A connection that came to nothing, and the next one. */
	e = of_process(EVENT_OTHER, "", 7);
	e.texts[EVENT_TLS_VERSION] = SPAN("SSLv3");
	mail_sessions_event(ms, &e);
	e = of_process(EVENT_OTHER, "", 7);
	e.texts[EVENT_TLS_VERSION] = span_of(version);
	mail_sessions_event(ms, &e);
	version[0] = 'x';
	e = of_process(EVENT_LOGIN, "S1", 7);
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_TLS_VERSION], SPAN("TLSv1.2")));
	assert_int_equal(mail_sessions_open(ms), 1);
	e = of_process(EVENT_OTHER, "", 7);
	e.numbers[EVENT_FETCHED] = 3;
	mail_sessions_event(ms, &e);
	/* Another process's is not its. */
	e = of_process(EVENT_LOGOUT, "S2", 8);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.numbers[EVENT_FETCHED], EVENT_NUMBER_UNKNOWN);
	e = of_process(EVENT_OTHER, "", 7);
	e.numbers[EVENT_FETCHED] = 3;
	mail_sessions_event(ms, &e);
	e = of_process(EVENT_LOGOUT, "S1", 7);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.numbers[EVENT_FETCHED], 3);
	/* Nothing is left of it, and nothing counts in the clear. */
	e = of_process(EVENT_LOGIN, "S3", 7);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_TLS_VERSION].n, 0);
	e = of_process(EVENT_OTHER, "", 7);
	e.texts[EVENT_TLS_VERSION] = SPAN("TLSv1.3");
	mail_sessions_event(ms, &e);
	e = of_process(EVENT_LOGIN, "S4", 7);
	e.tls = EVENT_TLS_NONE;
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_TLS_VERSION].n, 0);
	mail_sessions_free(ms);
}

static struct access_event
message(enum event_kind kind, int64_t second, const char *id)
{
	struct access_event e = make(kind, second, "", "", NULL);

	e.texts[EVENT_QUEUE_ID] = span_of(id);
	return e;
}

/* Who sent a message is known of its deliveries, too; and of no others. */
static void
test_messages(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	char user[] = "alice", sender[] = "alice@example.com";
	char id[] = "m1@example.com";
	struct access_event e;

	(void)state;
	e = message(EVENT_OTHER, 0, "Q0");
	addr_parse(SPAN("192.0.2.8"), &e.ip);
	mail_sessions_event(ms, &e);
	e = message(EVENT_SENT, 1, "Q0");
	mail_sessions_event(ms, &e);
	assert_int_equal(e.ip.b[3], 8);
	e = message(EVENT_LOGIN, 0, "Q1");
	e.texts[EVENT_USER] = span_of(user);
	addr_parse(SPAN("192.0.2.7"), &e.ip);
	e.numbers[EVENT_PID] = 7;
	mail_sessions_event(ms, &e);
	/* Another process's line of it. */
	e = message(EVENT_OTHER, 0, "Q1");
	e.texts[EVENT_MESSAGE_ID] = span_of(id);
	mail_sessions_event(ms, &e);
	memset(id, 'x', 5);
	e = message(EVENT_RECEIVED, 0, "Q1");
	e.texts[EVENT_SENDER] = span_of(sender);
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice")));
	memset(user, 'x', 5);
	memset(sender, 'x', 5);
	for (int i = 0; i < 3; i++) {
		e = message(EVENT_SENT, 9, "Q1");
		e.tls = EVENT_TLS_NONE;
		mail_sessions_event(ms, &e);
		assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice")));
		assert_true(span_eq(e.texts[EVENT_SENDER],
		    SPAN("alice@example.com")));
		assert_true(span_eq(e.texts[EVENT_MESSAGE_ID],
		    SPAN("m1@example.com")));
		assert_int_equal(e.ip.b[3], 7);
	}
	e = message(EVENT_SENT, 9, "Q2");
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	/* A session that is called like a message is another thing. */
	e = make(EVENT_LOGOUT, 9, "Q1", "", NULL);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	mail_sessions_flush(ms);
	/* The process's session and the last one; messages are none. */
	assert_int_equal(c.n, 2);
	mail_sessions_free(ms);
}

struct noted {
	size_t n;
	struct mail_session session;
	struct access_event event;      /* owned */
};

static void
on_changed(const struct mail_session *s, void *arg)
{
	struct noted *noted = arg;

	if (noted->n++ > 0)
		access_event_fini(&noted->event);
	noted->session = *s;
	access_event_copy(&noted->event, s->event);
	noted->session.event = &noted->event;
}

/* What a restart knows of: an open session goes on as if there was none. */
static void
test_restart(void **state)
{
	struct closed c = { 0 };
	struct noted noted = { 0 };
	struct mail_sessions *ms = mail_sessions_new(8, on_closed, &c);
	struct access_event e;

	(void)state;
	mail_sessions_number(ms, 41);
	e = make(EVENT_CONNECT, 0, "S0", "", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_FAILURE, 1, "S1", "alice", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_LOGIN, 2, "S1", "alice", "192.0.2.7");
	mail_sessions_event(ms, &e);
	mail_sessions_changed(ms, on_changed, &noted);
	assert_int_equal(noted.n, 1);
	assert_int_equal(noted.session.number, 42);
	mail_sessions_changed(ms, on_changed, &noted);
	assert_int_equal(noted.n, 1);
	mail_sessions_free(ms);

	ms = mail_sessions_new(8, on_closed, &c);
	mail_sessions_restore(ms, &noted.session);
	mail_sessions_number(ms, 43);
	mail_sessions_changed(ms, on_changed, &noted);
	assert_int_equal(noted.n, 1);
	/* Told before the restart. */
	e = make(EVENT_LOGIN, 2, "S1", "alice", "192.0.2.7");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_KNOWN);
	e = make(EVENT_LOGOUT, 5, "S1", "", NULL);
	e.numbers[EVENT_BYTES_IN] = 9;
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice")));
	assert_string_equal(c.last, "alice unknown in=9 fails=1 io ms=3000 "
	    "client=");
	assert_int_equal(c.n, 1);
	mail_sessions_free(ms);
	access_event_fini(&noted.event);
}

static void
test_bounded(void **state)
{
	static char longest[60000];
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(8, on_closed, &c);
	struct access_event e;
	char id[32];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "S%d", i);
		e = make(EVENT_LOGIN, i, id, longest, "192.0.2.7");
		for (int k = 0; k < EVENT_TEXTS; k++)
			if (k != EVENT_SESSION && k != EVENT_QUEUE_ID)
				e.texts[k] = span_of(longest);
		mail_sessions_event(ms, &e);
		assert_true(mail_sessions_open(ms) <= 8);
	}
	assert_int_equal(mail_sessions_evicted(ms) +
	    mail_sessions_open(ms), 1000);
	assert_int_equal(c.n, mail_sessions_evicted(ms));
	/* More text than eight sessions usually have: fewer sessions. */
	assert_true(mail_sessions_open(ms) < 8);
	mail_sessions_free(ms);
}

/* The account stands in a line before the answer (hMailServer). */
static void
test_asked(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	e = make(EVENT_OTHER, 0, "S1", "bob", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_FAILURE, 1, "S1", "", "192.0.2.7");
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("bob")));
	assert_true(span_eq(e.texts[EVENT_USER_RAW], SPAN("bob")));
	/* The answer was given: the next one is about nobody known. */
	e = make(EVENT_FAILURE, 2, "S1", "", "192.0.2.7");
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	/* Of two names the last one. */
	e = make(EVENT_OTHER, 3, "S1", "carol", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_OTHER, 4, "S1", "alice", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_LOGIN, 5, "S1", "", "192.0.2.7");
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice")));
	/* Who has signed in stays who they are. */
	e = make(EVENT_OTHER, 6, "S1", "mallory", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_FAILURE, 7, "S1", "", "192.0.2.7");
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	e = make(EVENT_LOGOUT, 8, "S1", "", NULL);
	mail_sessions_event(ms, &e);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice")));
	mail_sessions_free(ms);
}

/* A server that was restarted gives its numbers again (hMailServer). */
static void
test_number_again(void **state)
{
	struct closed c = { 0 };
	struct mail_sessions *ms = mail_sessions_new(10, on_closed, &c);
	struct access_event e;

	(void)state;
	e = make(EVENT_CONNECT, 0, "30", "", "192.0.2.7");
	mail_sessions_event(ms, &e);
	e = make(EVENT_LOGIN, 1, "30", "alice", "192.0.2.7");
	mail_sessions_event(ms, &e);
	assert_int_equal(c.n, 0);
	e = make(EVENT_CONNECT, 90, "30", "", "192.0.2.8");
	assert_int_equal(mail_sessions_event(ms, &e), MAIL_SESSION_NEWS);
	assert_int_equal(c.n, 1);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	assert_int_equal(e.ip.b[3], 8);
	/* Nobody has signed in to the new one. */
	e = make(EVENT_LOGOUT, 91, "30", "", NULL);
	mail_sessions_event(ms, &e);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	assert_int_equal(e.ip.b[3], 8);
	mail_sessions_free(ms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_session),
		cmocka_unit_test(test_logout_first),
		cmocka_unit_test(test_logout_first_after_failures),
		cmocka_unit_test(test_failed_name),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_two_logs),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_unnamed),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_number_again),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
