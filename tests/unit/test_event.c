#include "access/event_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "access/event_flat.h"
#include "access/event_json.h"
#include "config/event_rule.h"

static const struct user_rules no_rules;

static void
add(struct event_line *l, const char *name, const char *value)
{
	l->groups[l->groups_n++] = (struct failure_group){ span_of(name),
		span_of(value) };
}

/* --- events ----------------------------------------------------------- */

static void
test_make(void **state)
{
	struct event_line l = { .kind = EVENT_LOGIN,
		.time = { 1795298751467000 }, .line = SPAN("the line") };
	struct buf user = { 0 };
	struct access_event e;

	(void)state;
	add(&l, "user", "Alice@Example.com");
	add(&l, "service", "imap-login");
	add(&l, "ip4", "198.51.100.7");
	add(&l, "local_ip", "192.0.2.25");
	add(&l, "fport", "40000");
	add(&l, "tls", "TLS");
	add(&l, "session", "X4JW");
	/* What the filter says of all such lines gives way. */
	add(&l, "tls", "none");
	add(&l, "service", "pop3");
	add(&l, "server", "dovecot");
	event_make(&l, &no_rules, &user, &e);
	assert_int_equal(e.kind, EVENT_LOGIN);
	assert_int_equal(e.service, SERVICE_IMAP);
	assert_int_equal(e.tls, EVENT_TLS_YES);
	assert_int_equal(e.numbers[EVENT_PORT], 40000);
	assert_int_equal(e.numbers[EVENT_ATTEMPTS], 1);
	assert_int_equal(e.numbers[EVENT_BYTES_IN], EVENT_NUMBER_UNKNOWN);
	assert_false(e.total);
	assert_true(span_eq(e.texts[EVENT_USER], SPAN("alice@example.com")));
	assert_true(span_eq(e.texts[EVENT_USER_RAW],
	    SPAN("Alice@Example.com")));
	assert_true(span_eq(e.texts[EVENT_DOMAIN], SPAN("example.com")));
	assert_true(span_eq(e.texts[EVENT_SERVER], SPAN("dovecot")));
	buf_fini(&user);
}

/* SASL's dialogue; what is no name stays unknown. */
static void
test_base64(void **state)
{
	static const struct {
		const char *sent, *name;
	} all[] = {
		{ "QWxpY2VAZXhhbXBsZS5jb20=", "Alice@example.com" },
		{ "UVVJVA==", "QUIT" },
		{ "w6TDtg==", "\xc3\xa4\xc3\xb6" },
		{ "QUIT", "" }, { "AGEAYg==", "" }, { "/+8=", "" },
		{ "YQ", "" },
	};
	struct buf user = { 0 };
	struct access_event e;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct event_line l = { .kind = EVENT_OTHER };

		add(&l, "user_base64", all[i].sent);
		event_make(&l, &no_rules, &user, &e);
		assert_true(span_eq(e.texts[EVENT_USER_RAW],
		    span_of(all[i].name)));
		assert_int_equal(e.texts[EVENT_USER].n,
		    span_of(all[i].name).n);
	}
	assert_int_equal(e.texts[EVENT_DOMAIN].n, 0);
	buf_fini(&user);
}

/* logfmt's escapes; what is no name without them is one with them. */
static void
test_quoted(void **state)
{
	static const struct {
		const char *sent, *name;
	} all[] = {
		{ "a b", "a b" }, { "a\\\"b", "a\"b" }, { "a\\\\n", "a\\n" },
		{ "\\x{c3}\\x{a4}", "\xc3\xa4" }, { "a\\n", "a\\n" },
		{ "\\x{1b}[31m", "\\x{1b}[31m" }, { "x\\x{ff}", "x\\x{ff}" },
		{ "\\x{202e}x", "\\x{202e}x" }, { "\\x{", "\\x{" },
		{ "a\\", "a" },
	};
	struct buf user = { 0 };
	struct access_event e;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct event_line l = { .kind = EVENT_FAILURE };

		add(&l, "user_quoted", all[i].sent);
		event_make(&l, &no_rules, &user, &e);
		if (!span_eq(e.texts[EVENT_USER_RAW], span_of(all[i].name)))
			fail_msg("%s: %.*s", all[i].sent,
			    SPAN_FMT(e.texts[EVENT_USER_RAW]));
	}
	buf_fini(&user);
}

/* A name whose domain stands apart is one account with the whole. */
static void
test_realm(void **state)
{
	static const struct {
		const char *name, *realm, *account, *domain;
	} all[] = {
		{ "Alice", "Example.com", "alice@example.com", "example.com" },
		{ "a@b", "c", "a@b@c", "c" }, { "alice", "", "alice", "" },
		{ "", "example.com", "", "" },
	};
	struct buf user = { 0 };
	struct access_event e;
	char longest[USER_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct event_line l = { .kind = EVENT_FAILURE };

		add(&l, "realm", all[i].realm);
		add(&l, "user", all[i].name);
		event_make(&l, &no_rules, &user, &e);
		assert_true(span_eq(e.texts[EVENT_USER_RAW],
		    span_of(all[i].name)));
		assert_true(span_eq(e.texts[EVENT_USER],
		    span_of(all[i].account)));
		assert_true(span_eq(e.texts[EVENT_DOMAIN],
		    span_of(all[i].domain)));
	}
	/* Too long for one: the name alone. */
	memset(longest, 'x', USER_NAME_MAX);
	longest[USER_NAME_MAX] = '\0';
	for (size_t n = 1; n < USER_NAME_MAX; n++) {
		struct event_line l = { .kind = EVENT_FAILURE };

		add(&l, "user", longest + n);
		add(&l, "realm", "r");
		event_make(&l, &no_rules, &user, &e);
		assert_int_equal(e.texts[EVENT_USER].n,
		    n < 2 ? USER_NAME_MAX - n : USER_NAME_MAX - n + 2);
	}
	buf_fini(&user);
}

/* Nonsense is unknown, never guessed. */
static void
test_nonsense(void **state)
{
	struct event_line l = { .kind = EVENT_FAILURE };
	struct buf user = { 0 };
	struct access_event e;

	(void)state;
	add(&l, "ip4", "300.1.1.1");
	add(&l, "fport", "99999");
	add(&l, "attempts", "-3");
	add(&l, "bytes_in", "12345678901234567890");
	add(&l, "service", "gopher");
	add(&l, "reason", "because");
	add(&l, "tls", "maybe");
	add(&l, "unheard", "of");
	event_make(&l, &no_rules, &user, &e);
	assert_int_equal(e.ip.family, ADDR_NONE);
	assert_int_equal(e.numbers[EVENT_PORT], EVENT_NUMBER_UNKNOWN);
	assert_int_equal(e.numbers[EVENT_ATTEMPTS], 1);
	assert_int_equal(e.numbers[EVENT_BYTES_IN], EVENT_NUMBER_UNKNOWN);
	assert_int_equal(e.service, SERVICE_UNKNOWN);
	assert_int_equal(e.reason, REASON_NONE);
	assert_int_equal(e.tls, EVENT_TLS_UNKNOWN);
	assert_int_equal(e.texts[EVENT_USER].n, 0);
	buf_fini(&user);
}

static void
test_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_KINDS; i++) {
		enum event_kind kind;
		const char *name = event_kind_name((enum event_kind)i);

		assert_int_equal(event_kind_parse(span_of(name), &kind), 0);
		assert_int_equal(kind, i);
	}
	for (unsigned i = 0; i < REASON_KINDS; i++) {
		enum event_reason reason;
		const char *name = event_reason_name((enum event_reason)i);

		assert_int_equal(event_reason_parse(span_of(name), &reason),
		    0);
		assert_int_equal(reason, i);
	}
	assert_int_equal(event_service_of(SPAN("submission/smtpd")),
	    SERVICE_SMTP);
	assert_int_equal(event_service_of(SPAN("imapd-ssl")), SERVICE_IMAP);
	assert_int_equal(event_service_of(SPAN("pop3s")), SERVICE_POP3);
	assert_int_equal(event_tls_of(SPAN("TLSv1.3")), EVENT_TLS_YES);
	assert_int_equal(event_tls_of(SPAN("TSL")), EVENT_TLS_YES);
	assert_int_equal(event_tls_of(SPAN("secured")), EVENT_TLS_LOCAL);
	assert_int_equal(event_tls_of(SPAN("")), EVENT_TLS_UNKNOWN);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		assert_non_null(event_texts[i].path);
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		assert_non_null(event_numbers[i].path);
}

static void
test_copy(void **state)
{
	char text[] = "alice";
	struct access_event e, copy;

	(void)state;
	access_event_init(&e);
	e.texts[EVENT_USER] = span_from(text, 5);
	e.line = span_from(text, 3);
	access_event_copy(&copy, &e);
	memset(text, 'x', 5);
	assert_true(span_eq(copy.texts[EVENT_USER], SPAN("alice")));
	assert_true(span_eq(copy.line, SPAN("ali")));
	access_event_fini(&copy);
	assert_null(copy.owned);
}

/* --- JSON ------------------------------------------------------------- */

static void
test_json(void **state)
{
	struct access_event e;
	json_t *json;
	char *text;

	(void)state;
	access_event_init(&e);
	e.time.us = 1795298751467999;
	e.kind = EVENT_LOGIN;
	e.service = SERVICE_IMAP;
	e.tls = EVENT_TLS_NONE;
	addr_parse(SPAN("198.51.100.7"), &e.ip);
	memcpy(e.place.country, "DE", 3);
	e.place.asn = 64496;
	e.texts[EVENT_USER] = SPAN("al\xff" "ice");
	e.texts[EVENT_DETAIL] = SPAN("x (given password: S3cret)");
	e.line = SPAN("AUTH PLAIN AGEAUzNjcmV0");
	e.numbers[EVENT_BYTES_OUT] = 1378;
	json = event_json(&e);
	text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	assert_string_equal(text,
	    "{\"@timestamp\":\"2026-11-21T22:05:51.467999Z\","
	    "\"destination\":{\"bytes\":1378},"
	    "\"event\":{\"action\":\"login\",\"category\":"
	    "[\"authentication\"],\"kind\":\"event\","
	    "\"original\":\"AUTH PLAIN ***\",\"outcome\":\"success\"},"
	    "\"gaol\":{\"detail\":\"x (given password: ***)\","
	    "\"tls\":\"none\"},\"network\":{\"protocol\":\"imap\"},"
	    "\"source\":{\"as\":{\"number\":64496},\"geo\":"
	    "{\"country_iso_code\":\"DE\",\"country_name\":\"Germany\"},"
	    "\"ip\":\"198.51.100.7\"},\"tls\":{\"established\":false},"
	    "\"user\":{\"name\":\"al\xef\xbf\xbdice\"}}");
	free(text);
	json_decref(json);
}

/* Through the control socket and back: nothing is lost. */
static void
test_flat(void **state)
{
	struct access_event e, back;
	json_t *json;

	(void)state;
	access_event_init(&e);
	e.time.us = 1795298751467999;
	e.kind = EVENT_FAILURE;
	e.service = SERVICE_SIEVE;
	e.reason = REASON_LOCKED;
	e.tls = EVENT_TLS_STARTTLS;
	addr_parse(SPAN("2001:db8::1"), &e.ip);
	addr_parse(SPAN("192.0.2.1"), &e.local_ip);
	memcpy(e.place.country, "DE", 3);
	memcpy(e.place.network, "EXAMPLE", 8);
	e.place.asn = 4200000000;
	e.place.lan = true;
	e.line = SPAN("line");
	for (unsigned i = 0; i < EVENT_TEXTS; i += 2)
		e.texts[i] = span_of(event_texts[i].path);
	for (unsigned i = 1; i < EVENT_NUMBERS; i += 2)
		e.numbers[i] = i;
	json = event_flat(&e);
	event_flat_read(json, &back);
	assert_int_equal(back.time.us, e.time.us);
	assert_int_equal(back.kind, e.kind);
	assert_int_equal(back.service, e.service);
	assert_int_equal(back.reason, e.reason);
	assert_int_equal(back.tls, e.tls);
	assert_true(addr_eq(&back.ip, &e.ip));
	assert_true(addr_eq(&back.local_ip, &e.local_ip));
	assert_int_equal(back.proxy_ip.family, ADDR_NONE);
	assert_memory_equal(&back.place, &e.place, sizeof(e.place));
	assert_true(span_eq(back.line, e.line));
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		assert_true(span_eq(back.texts[i], e.texts[i]));
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		assert_int_equal(back.numbers[i], e.numbers[i]);
	json_decref(json);
	/* What another program sent is no event, and no harm. */
	json = json_pack("{s:s, s:i, s:s, s:[]}", "time", "x", "user", 7,
	    "ip", "nowhere", "kind");
	event_flat_read(json, &back);
	assert_int_equal(back.kind, EVENT_OTHER);
	assert_int_equal(back.ip.family, ADDR_NONE);
	assert_int_equal(back.texts[EVENT_USER].n, 0);
	json_decref(json);
}

/* --- eventregex ------------------------------------------------------- */

static void
expect_error(const char *text, const char *part)
{
	struct filter_config f = { 0 };
	struct buf why = { 0 };

	assert_int_equal(event_rules_add(&f, text, &why), -1);
	if (strstr(why.p, part) == NULL)
		print_error("%s\n", why.p);
	assert_non_null(strstr(why.p, part));
	event_rules_fini(&f);
	buf_fini(&why);
}

static void
test_rules(void **state)
{
	struct filter_config f = { 0 };
	struct buf why = { 0 };

	(void)state;
	assert_int_equal(event_rules_add(&f,
	    "\n login: ^Login: user=<<F-USER>.*</F-USER>>\n"
	    "failure[reason=disabled, tls=none]: ^a[b]: c\n\n"
	    "logout[server=dovecot]:^x", &why), 0);
	assert_int_equal(f.events_n, 3);
	assert_int_equal(f.events[0].kind, EVENT_LOGIN);
	assert_string_equal(f.events[0].regex,
	    "^Login: user=<<F-USER>.*</F-USER>>");
	assert_int_equal(f.events[1].kind, EVENT_FAILURE);
	assert_string_equal(f.events[1].regex, "^a[b]: c");
	assert_int_equal(f.events[1].fixed.n, 2);
	assert_string_equal(f.events[1].fixed.v[1].key, "tls");
	assert_string_equal(f.events[1].fixed.v[1].value, "none");
	assert_string_equal(f.events[2].regex, "^x");
	event_rules_fini(&f);
	assert_int_equal(f.events_n, 0);
}

static void
test_rule_errors(void **state)
{
	(void)state;
	expect_error("^no kind", "line 1: it begins with no kind");
	expect_error("login: x\n\nlogni: y", "line 3: 'logni' is no kind");
	expect_error("login:", "it has no regex");
	expect_error("login[tls=yes]: x", "tls 'yes'; accepted: unknown");
	expect_error("login[reason=x]: y", "accepted: none, bad_password");
	expect_error("login[service=x]: y", "accepted: unknown, imap");
	expect_error("login[color=red]: y", "'color' is no field");
	expect_error("login[tls=none: y", "begins with no kind");
	expect_error("login[tls]: y", "line 1: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_realm),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rule_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
