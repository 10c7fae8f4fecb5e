#include "source/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

#define AT INT64_C(1795298751467051)   /* 2026-11-21 22:05:51.467051 UTC */
#define T "2026-11-21T22:05:51.467051123Z"
#define LINE_MAX 100

static struct envelope *e;

static void
start(enum envelope_kind kind)
{
	envelope_free(e);
	e = envelope_new(kind, LINE_MAX);
}

static void
expect_span(struct span line, enum envelope_what what, struct span text,
    int64_t us)
{
	struct enveloped out = { 0 };
	enum envelope_what got = envelope_open(e, line, &out);

	if (got != what)
		fail_msg("%.*s: %d", SPAN_FMT(line), (int)got);
	if (what == ENVELOPE_PART || what == ENVELOPE_REFUSED)
		return;
	if (!span_eq(out.text, text))
		fail_msg("%.*s: '%.*s'", SPAN_FMT(line), SPAN_FMT(out.text));
	if (what != ENVELOPE_PLAIN)
		assert_int_equal(out.time.us, us);
}

static void
expect(const char *line, enum envelope_what what, const char *text)
{
	expect_span(span_of(line), what, span_of(text), AT);
}

/* --- containers ------------------------------------------------------------- */

#define DOCKER(log) "{\"log\":\"" log "\",\"stream\":\"stdout\",\"time\":\"" \
	T "\"}"
#define DOCKER_ERR(log) "{\"log\":\"" log "\",\"stream\":\"stderr\"," \
	"\"time\":\"" T "\"}"

static void
test_docker(void **state)
{
	(void)state;
	start(ENVELOPE_DOCKER);
	expect(DOCKER("Nov 21 22:05:51 mail x: user=\\u003ca\\u003e \\\"q\\\"\\n"),
	    ENVELOPE_STAMPED, "Nov 21 22:05:51 mail x: user=<a> \"q\"");
	expect(DOCKER("\\n"), ENVELOPE_STAMPED, "");
	expect_span(SPAN(DOCKER("a\\u0000b\\n")), ENVELOPE_STAMPED,
	    SPAN("a\0b"), AT);
	expect("{\"log\":\"a\\n\",\"stream\":\"stderr\",\"attrs\":{\"tag\":\"x\"},"
	    "\"time\":\"" T "\"}", ENVELOPE_STAMPED, "a");
	/* What no Docker writes. */
	expect("a", ENVELOPE_REFUSED, "");
	expect("", ENVELOPE_REFUSED, "");
	expect("{\"log\":\"a\\n\",\"stream\":\"stdin\",\"time\":\"" T "\"}",
	    ENVELOPE_REFUSED, "");
	expect("{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"now\"}",
	    ENVELOPE_REFUSED, "");
	expect("{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"" T "\","
	    "\"more\":1}", ENVELOPE_REFUSED, "");
	expect("{\"log\":\"a\\n\",\"log\":\"b\\n\",\"stream\":\"stdout\","
	    "\"time\":\"" T "\"}", ENVELOPE_REFUSED, "");
	expect(DOCKER("a\\nNov 21 22:05:51 forged\\n"), ENVELOPE_REFUSED, "");
	expect(" " DOCKER("a\\n"), ENVELOPE_REFUSED, "");
	assert_int_equal(envelope_counters(e)->refused, 8);
	/* A payload that is an envelope itself is a payload. */
	expect(DOCKER("{\\\"log\\\":\\\"b\\\\n\\\",\\\"stream\\\":\\\"stdout\\\","
	    "\\\"time\\\":\\\"" T "\\\"}\\n"), ENVELOPE_STAMPED,
	    "{\"log\":\"b\\n\",\"stream\":\"stdout\",\"time\":\"" T "\"}");
}

static void
test_parts(void **state)
{
	struct buf line = { 0 }, want = { 0 };

	(void)state;
	start(ENVELOPE_DOCKER);
	expect(DOCKER("one "), ENVELOPE_PART, "");
	expect(DOCKER_ERR("other "), ENVELOPE_PART, "");
	expect(DOCKER("two "), ENVELOPE_PART, "");
	expect(DOCKER_ERR("text\\n"), ENVELOPE_STAMPED, "other text");
	expect(DOCKER("three\\n"), ENVELOPE_STAMPED, "one two three");
	expect(DOCKER("four\\n"), ENVELOPE_STAMPED, "four");
	/* Bounded: what comes behind line_max is dropped, once counted. */
	for (size_t i = 0; i < 1000; i++)
		expect(DOCKER("0123456789"), ENVELOPE_PART, "");
	for (size_t i = 0; i < LINE_MAX; i++)
		buf_addc(&want, (char)('0' + i % 10));
	buf_adds(&line, DOCKER("end\\n"));
	expect_span(buf_span(&line), ENVELOPE_STAMPED, buf_span(&want), AT);
	assert_int_equal(envelope_counters(e)->cut, 1);
	expect(DOCKER("short\\n"), ENVELOPE_STAMPED, "short");
	buf_fini(&line);
	buf_fini(&want);
}

static void
test_cri(void **state)
{
	(void)state;
	start(ENVELOPE_CRI);
	expect(T " stdout F a b", ENVELOPE_STAMPED, "a b");
	expect(T " stderr F ", ENVELOPE_STAMPED, "");
	expect(T " stderr F", ENVELOPE_STAMPED, "");
	expect("2026-11-21T23:05:51.467051123+01:00 stdout F:x:y  a",
	    ENVELOPE_STAMPED, " a");
	expect(T " stdout P one", ENVELOPE_PART, "");
	expect(T " stderr F other", ENVELOPE_STAMPED, "other");
	expect(T " stdout F  two", ENVELOPE_STAMPED, "one two");
	expect(T " stdout F " T " stdout F x", ENVELOPE_STAMPED,
	    T " stdout F x");
	expect("a " T " stdout F a", ENVELOPE_REFUSED, "");
	expect(T " stdin F a", ENVELOPE_REFUSED, "");
	expect(T " stdout X a", ENVELOPE_REFUSED, "");
	expect(T "  stdout F a", ENVELOPE_REFUSED, "");
	expect("2026-11-21 stdout F a", ENVELOPE_REFUSED, "");
	expect("", ENVELOPE_REFUSED, "");
}

/* --- the journal, syslog ------------------------------------------------------ */

static void
test_journal(void **state)
{
	(void)state;
	start(ENVELOPE_JOURNAL);
	expect("{\"__REALTIME_TIMESTAMP\":\"1795298751467051\",\"_HOSTNAME\":"
	    "\"mail\",\"SYSLOG_IDENTIFIER\":\"dovecot\",\"SYSLOG_PID\":\"241\","
	    "\"_PID\":\"7\",\"MESSAGE\":\"imap-login: Login\"}",
	    ENVELOPE_MESSAGE, "mail dovecot[241]: imap-login: Login");
	expect_span(SPAN("\x1e{\"__REALTIME_TIMESTAMP\":\"1\","
	    "\"_SOURCE_REALTIME_TIMESTAMP\":\"1795298751467051\",\"_COMM\":"
	    "\"c\",\"_PID\":\"7\",\"MESSAGE\":[97,10,255,0,98]}"),
	    ENVELOPE_MESSAGE, SPAN("c[7]: a\\n\xff\0b"), AT);
	expect("{\"__REALTIME_TIMESTAMP\":\"1795298751467051\",\"MESSAGE\":null}",
	    ENVELOPE_MESSAGE, "");
	expect("{\"__REALTIME_TIMESTAMP\":\"1795298751467051\",\"MESSAGE\":"
	    "[\"a\",[98],\"c\"],\"_COMM\":[\"d\",\"e\"]}",
	    ENVELOPE_MESSAGE, "d: a b c");
	expect("{\"__REALTIME_TIMESTAMP\":\"1795298751467051\",\"MESSAGE\":[],"
	    "\"_PID\":{\"x\":1}}", ENVELOPE_MESSAGE, "");
	/* One entry is one line. */
	expect("{\"__REALTIME_TIMESTAMP\":\"1795298751467051\",\"MESSAGE\":"
	    "\"a\\nmail dovecot: x\"}", ENVELOPE_MESSAGE,
	    "a\\nmail dovecot: x");
	expect("{\"MESSAGE\":\"a\"}", ENVELOPE_REFUSED, "");
	expect("{\"__REALTIME_TIMESTAMP\":\"1795298751467051\"}",
	    ENVELOPE_REFUSED, "");
	expect("{\"__REALTIME_TIMESTAMP\":\"x\",\"MESSAGE\":\"a\"}",
	    ENVELOPE_REFUSED, "");
	expect("a", ENVELOPE_REFUSED, "");
}

#define ENTRY(fields) "{\"__REALTIME_TIMESTAMP\":\"1795298751467051\"," \
	"\"_PID\":\"7\",\"_COMM\":\"c\"," fields "}"
#define PART(id, ordinal, text) "\"CONTAINER_PARTIAL_ID\":\"" id "\"," \
	"\"CONTAINER_PARTIAL_ORDINAL\":\"" ordinal "\",\"MESSAGE\":\"" text "\""
#define MORE ",\"CONTAINER_PARTIAL_MESSAGE\":\"true\""

static void
test_journal_parts(void **state)
{
	(void)state;
	/* Also where the kind is found by the first part. */
	for (int i = 0; i < 2; i++) {
		start(i == 0 ? ENVELOPE_JOURNAL : ENVELOPE_AUTO);
		expect(ENTRY(PART("x", "1", "one ") MORE), ENVELOPE_PART, "");
		expect(ENTRY("\"MESSAGE\":\"a\""), ENVELOPE_MESSAGE,
		    "c[7]: a");
		expect(ENTRY(PART("x", "2", "two ") MORE), ENVELOPE_PART, "");
		expect(ENTRY(PART("x", "3", "three")), ENVELOPE_MESSAGE,
		    "c[7]: one two three");
		expect(ENTRY(PART("x", "4", "lost")), ENVELOPE_PART, "");
		assert_int_equal(envelope_counters(e)->lost, 1);
		assert_int_equal(envelope_counters(e)->cut, 0);
	}
	envelope_before(e, SPAN(ENTRY(PART("y", "2", "lost"))));
	envelope_before(e, SPAN(ENTRY(PART("y", "1", "before ") MORE)));
	expect(ENTRY(PART("y", "2", "behind")), ENVELOPE_MESSAGE,
	    "c[7]: before behind");
	assert_int_equal(envelope_counters(e)->lost, 1);
}

static void
test_syslog(void **state)
{
	(void)state;
	start(ENVELOPE_SYSLOG);
	expect("<22>1 " T " mail dovecot 241 - - imap-login: Login",
	    ENVELOPE_MESSAGE, "mail dovecot[241]: imap-login: Login");
	expect("<22>1 " T " mail postfix/smtpd 9 ID [a b=\"c\\\"] d\" e=\"\"]"
	    "[f] \xef\xbb\xbfm", ENVELOPE_MESSAGE, "mail postfix/smtpd[9]: m");
	expect("<0>1 " T " 2001:db8::7 a - - -", ENVELOPE_MESSAGE,
	    "2001:db8::7 a: ");
	expect("<191>1 " T " - - - - - m", ENVELOPE_MESSAGE, "m");
	/* No name ends another, or begins a message. */
	expect("<22>1 " T " h: a]:b[7 x - - m", ENVELOPE_MESSAGE,
	    "h a__b_7[x]: m");
	/* A payload that is an envelope is a payload. */
	expect("<22>1 " T " h a - - - <22>1 " T " h b - - - m",
	    ENVELOPE_MESSAGE, "h a: <22>1 " T " h b - - - m");
	expect("<22>Nov 21 22:05:51 mail dovecot: m", ENVELOPE_PLAIN,
	    "Nov 21 22:05:51 mail dovecot: m");
	expect("Jun 17 14:37:39 <mail.notice> robin sm-mta[2794]: m",
	    ENVELOPE_PLAIN, "Jun 17 14:37:39 robin sm-mta[2794]: m");
	expect("2026-11-21T22:05:51.467051+00:00 <22> mail m", ENVELOPE_PLAIN,
	    "2026-11-21T22:05:51.467051+00:00 mail m");
	expect("Jun 17 14:37:39 robin <mail.notice> m", ENVELOPE_PLAIN,
	    "Jun 17 14:37:39 robin <mail.notice> m");
	/* What is no whole envelope keeps all but its number. */
	expect("<22>1 " T " h a - - [x m", ENVELOPE_PLAIN,
	    "1 " T " h a - - [x m");
	expect("<22>1 tomorrow h a - - - m", ENVELOPE_PLAIN,
	    "1 tomorrow h a - - - m");
	expect("<192>1 " T " h a - - - m", ENVELOPE_PLAIN,
	    "<192>1 " T " h a - - - m");
	expect("<+2>x", ENVELOPE_PLAIN, "<+2>x");
	expect("<>x", ENVELOPE_PLAIN, "<>x");
	expect("<", ENVELOPE_PLAIN, "<");
	expect("", ENVELOPE_PLAIN, "");
}

/* --- which ------------------------------------------------------------------- */

static void
expect_kind(const char *line, enum envelope_kind kind)
{
	struct enveloped out;

	start(ENVELOPE_AUTO);
	envelope_open(e, span_of(line), &out);
	if (envelope_kind(e) != kind)
		fail_msg("%s: %s", line,
		    envelope_kind_name(envelope_kind(e)));
}

static void
test_auto(void **state)
{
	(void)state;
	expect_kind(DOCKER("a\\n"), ENVELOPE_DOCKER);
	expect_kind(DOCKER("part"), ENVELOPE_DOCKER);
	expect_kind(T " stdout F a", ENVELOPE_CRI);
	expect_kind("{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"\"}",
	    ENVELOPE_JOURNAL);
	expect_kind("<22>1 " T " h a - - - m", ENVELOPE_SYSLOG);
	expect_kind("<22>1 - h a - - - m", ENVELOPE_SYSLOG);
	expect_kind("<22>Nov 21 22:05:51 mail m", ENVELOPE_SYSLOG);
	expect_kind("Nov 21 22:05:51 mail m", ENVELOPE_NONE);
	expect_kind("{\"event\":\"x\",\"time\":\"" T "\"}", ENVELOPE_NONE);
	expect_kind(T " mail m", ENVELOPE_NONE);
	expect_kind("<a>", ENVELOPE_NONE);
	expect_kind("", ENVELOPE_AUTO);
}

/*
 * A planted line decides for an envelope: the others are none of it, and are
 * all read. And what looks like another envelope is never opened.
 */
static void
test_planted(void **state)
{
	(void)state;
	start(ENVELOPE_AUTO);
	expect(DOCKER("a\\n"), ENVELOPE_STAMPED, "a");
	expect("Nov 21 22:05:51 mail sshd: m", ENVELOPE_PLAIN,
	    "Nov 21 22:05:51 mail sshd: m");
	expect(T " stdout F b", ENVELOPE_PLAIN, T " stdout F b");
	expect("<22>1 " T " h a - - - m", ENVELOPE_PLAIN,
	    "<22>1 " T " h a - - - m");
	assert_int_equal(envelope_counters(e)->refused, 0);
	start(ENVELOPE_AUTO);
	expect("", ENVELOPE_PLAIN, "");
	expect("Nov 21 22:05:51 mail sshd: m", ENVELOPE_PLAIN,
	    "Nov 21 22:05:51 mail sshd: m");
	expect(DOCKER("a\\n"), ENVELOPE_PLAIN, DOCKER("a\\n"));
	expect(T " stdout F b", ENVELOPE_PLAIN, T " stdout F b");
	start(ENVELOPE_NONE);
	expect(DOCKER("a\\n"), ENVELOPE_PLAIN, DOCKER("a\\n"));
}

static void
test_names(void **state)
{
	enum envelope_kind kind;

	(void)state;
	for (unsigned i = 0; i < ENVELOPE_KINDS; i++) {
		const char *name = envelope_kind_name((enum envelope_kind)i);

		assert_int_equal(envelope_kind_parse(span_of(name), &kind), 0);
		assert_int_equal(kind, i);
		assert_non_null(strstr(ENVELOPE_NAMES, name));
	}
	assert_int_equal(envelope_kind_parse(SPAN("Docker"), &kind), -1);
	assert_int_equal(envelope_line_max(ENVELOPE_NONE, 100), 100);
	assert_true(envelope_line_max(ENVELOPE_DOCKER, 100) > 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_cri),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_journal_parts),
		cmocka_unit_test(test_syslog),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_planted),
		cmocka_unit_test(test_names),
	};
	int failed;

	clock_freeze((struct wall){ AT }, (struct boot){ 1 });
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	envelope_free(e);
	return failed;
}
