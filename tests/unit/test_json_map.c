#include "match/json_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_read.h"
#include "config/filter_load.h"
#include "match/event_filter.h"
#include "random.h"

/* --- json_read ------------------------------------------------------------ */

static struct buf scratch;

static const char *
why_not(struct span text)
{
	const char *why = NULL;
	json_t *o = json_read(text, &scratch, &why);

	json_decref(o);
	return o == NULL ? why : NULL;
}

static struct span
member(struct span text, const char *name, json_t **o)
{
	const char *why = "";
	json_t *m;

	*o = json_read(text, &scratch, &why);
	if (*o == NULL)
		print_error("%s\n", why);
	assert_non_null(*o);
	m = json_object_get(*o, name);
	assert_true(json_is_string(m));
	return span_from(json_string_value(m), json_string_length(m));
}

static void
expect_text(struct span text, struct span want)
{
	json_t *o;

	assert_true(span_eq(member(text, "a", &o), want));
	json_decref(o);
}

static void
test_texts(void **state)
{
	(void)state;
	expect_text(SPAN("{\"a\":\"b\"}"), SPAN("b"));
	expect_text(SPAN(" { \"\\u0061\" :\t\"\\u0062\" } "), SPAN("b"));
	expect_text(SPAN("{\"a\":\"x\\u0000y\"}"), SPAN("x\0y"));
	/* Half a pair is no character, and no reason to lose the rest. */
	expect_text(SPAN("{\"a\":\"\\ud83d\\ude00\"}"),
	    SPAN("\xf0\x9f\x98\x80"));
	expect_text(SPAN("{\"a\":\"\\ud83dx\"}"), SPAN("\xef\xbf\xbdx"));
	expect_text(SPAN("{\"a\":\"\\ude00\"}"), SPAN("\xef\xbf\xbd"));
	expect_text(SPAN("{\"a\":\"\\ud83d\\ud83d\\ude00\"}"),
	    SPAN("\xef\xbf\xbd\xf0\x9f\x98\x80"));
	expect_text(SPAN("{\"a\":\"\\\\ud83d\"}"), SPAN("\\ud83d"));
	/* No 64 bits: its text. */
	expect_text(SPAN("{\"a\":18446744073709551615,\"b\":-1}"),
	    SPAN("18446744073709551615"));
	expect_text(SPAN("{\"b\":1,\"a\":-92233720368547758080}"),
	    SPAN("-92233720368547758080"));
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"", "{", "}", "[]", "[1]", "\"a\"", "1", "null", "{\"a\":1}x",
		"{\"a\":1}{\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":}",
		"{\"a\":\"x\ny\"}", "{\"a\":\"\\\"}", "{\"a\":\"\\u00\"}",
		"{'a':1}", "{\"a\\u0000b\":1}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":1e999}", "{\"a\":tru}",
	};
	struct buf deep = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (why_not(span_of(bad[i])) == NULL)
			fail_msg("%s was taken", bad[i]);
	buf_adds(&deep, "{\"a\":");
	for (size_t i = 0; i < 100000; i++)
		buf_adds(&deep, "[");
	assert_string_equal(why_not(buf_span(&deep)), "too many levels");
	buf_clear(&deep);
	buf_adds(&deep, "{\"a\":[1");
	for (size_t i = 0; i < 70000; i++)
		buf_adds(&deep, ",1");
	buf_adds(&deep, "]}");
	assert_string_equal(why_not(buf_span(&deep)), "too many values");
	buf_fini(&deep);
}

/* --- rules ---------------------------------------------------------------- */

static void
expect_error(const char *option, const char *text, const char *part)
{
	struct filter_config f = { 0 };
	struct buf why = { 0 };

	assert_int_equal(filter_add_own(&f, option, text, &why), -1);
	if (strstr(why.p, part) == NULL)
		print_error("%s\n", why.p);
	assert_non_null(strstr(why.p, part));
	filter_config_fini(&f);
	buf_fini(&why);
}

static void
test_errors(void **state)
{
	(void)state;
	expect_error("eventjson", "lgoin: a -> user=b",
	    "eventjson: line 1: 'lgoin' is no kind of event; accepted: login");
	expect_error("eventjson", "login: a -> user=b\n\na -> user=b",
	    "line 3: it begins with no kind");
	expect_error("eventjson", "login: a", "CONDITION ... -> FIELD=MEMBER");
	expect_error("eventjson", "login: -> user=b",
	    "no member must be there; accepted: at least one MEMBER");
	expect_error("eventjson", "login: !a b!=c -> user=b",
	    "no member must be there");
	expect_error("eventjson", "login: a -> colour=b",
	    "'colour' is no field; accepted: ip, local_ip");
	expect_error("eventjson", "login: a -> user", "'user' is no field");
	expect_error("eventjson", "login: a -> user=", "the name of a member");
	expect_error("eventjson", "login: a= -> user=b", "accepted: a value");
	expect_error("eventjson", "login: a=b|-> user=b", "at '> user=b'");
	expect_error("eventjson", "login: !a=b -> user=b",
	    "at '=b -> user=b': accepted: MEMBER, !MEMBER");
	expect_error("eventjson", "login: \"a -> user=b", "quote is not closed");
	expect_error("eventjson", "login: a.b.c.d.e.f.g.h.i -> user=b",
	    "at most 8 names");
	expect_error("eventjson", "login[tls=x]: a -> user=b", "tls 'x'");
	expect_error("jsontime", "a b", "accepted: one member");
	expect_error("jsontime", ".", "jsontime: at '.'");
	expect_error("jsonprefix", "^x$", "it does not say where the JSON is");
}

struct seen {
	size_t n;
	struct buf text;       /* of all of them */
};

static void
on_event(const struct event_line *line, void *arg)
{
	struct seen *seen = arg;

	seen->n++;
	buf_addf(&seen->text, "%s #%u @%lld",
	    event_kind_name(line->kind), line->regex,
	    (long long)line->time.us);
	for (size_t i = 0; i < line->groups_n; i++) {
		buf_addc(&seen->text, ' ');
		buf_add_span(&seen->text, line->groups[i].name);
		buf_addc(&seen->text, '=');
		buf_add_span(&seen->text, line->groups[i].value);
	}
	buf_addc(&seen->text, '\n');
}

static void
set(struct filter_config *f, const char *option, const char *text)
{
	struct buf why = { 0 };

	if (filter_add_own(f, option, text, &why) != 0)
		fail_msg("%s", why.p);
	buf_fini(&why);
}

static struct event_filter *
compile(struct filter_config *f, const struct filter_options *options)
{
	struct report report = { 0 };
	struct event_filter *ef = event_filter_new(f, options, &report);

	if (ef == NULL)
		fail_msg("%s", report.n > 0 ? report.v[0].text : "nothing");
	report_fini(&report);
	return ef;
}

static void
expect(struct event_filter *ef, const char *line, const char *want)
{
	struct seen seen = { 0 };

	buf_adds(&seen.text, "");
	event_filter_line(ef, span_of(line), on_event, &seen);
	assert_string_equal(seen.text.p, want);
	buf_fini(&seen.text);
}

static const char rules[] =
    "login[tls=none]: event=done|finished ok=yes -> user=who.name|who.id "
    "ip=who.ip fport=who.port tls=tls\n"
    "failure[reason=bad_password]: event=done !ok -> user=who.name ip=who.ip\n"
    "failure: event=done ok=no -> user=who.id\n"
    "client: \"a b\".c who!=x -> client=\"a b\".c\n"
    "other: list=two|three n=3 b=true -> user=list.1 pid=n size=big\n"
    "admin: list.0=one -> detail=list.0|deep.0.x\n";

static void
test_events(void **state)
{
	struct filter_config f = { 0 };
	struct filter_options options = { 0 };
	struct event_filter *ef;

	(void)state;
	clock_freeze(wall_from_seconds(1795298892), (struct boot){ 1 });
	set(&f, "eventjson", rules);
	set(&f, "jsontime", "at");
	ef = compile(&f, &options);
	expect(ef, "{\"event\":\"done\",\"ok\":\"yes\",\"who\":{\"name\":\"al\","
	    "\"ip\":\"192.0.2.1\",\"port\":7},\"at\":1795298751.25}",
	    "login #1 @1795298751250000 user=al ip=192.0.2.1 fport=7 tls=none\n");
	/* The first of a kind counts; "" and null are not there. */
	expect(ef, "{\"at\":\"2026-11-21T22:05:51.467Z\",\"event\":\"done\","
	    "\"ok\":\"\",\"who\":{\"name\":\"\",\"id\":9}}",
	    "failure #2 @1795298751467000 reason=bad_password\n");
	expect(ef, "{\"event\":\"done\",\"ok\":\"no\",\"at\":1795298751467,"
	    "\"who\":{\"name\":null,\"id\":9}}",
	    "failure #3 @1795298751467000 user=9\n");
	expect(ef, "{\"a b\":{\"c\":\"x y\"},\"at\":1}",
	    "client #4 @1000000 client=x y\n");
	expect(ef, "{\"a b\":{\"c\":\"x y\"},\"who\":\"x\"}", "");
	expect(ef, "{\"list\":[\"one\",\"two\"],\"n\":3,\"b\":true,\"at\":1,"
	    "\"big\":99999999999999999999}",
	    "other #5 @1000000 user=two pid=3 size=99999999999999999999\n"
	    "admin #6 @1000000 detail=one\n");
	expect(ef, "{\"list\":[\"one\",\"two\"],\"n\":\"3\",\"b\":\"true\","
	    "\"at\":1}", "other #5 @1000000 user=two pid=3\n"
	    "admin #6 @1000000 detail=one\n");
	/* No time: the line's, which has none either. */
	expect(ef, "  {\"list\":[\"one\"],\"at\":\"soon\"}\r",
	    "admin #6 @1795298892000000 detail=one\n");
	expect(ef, "2026-11-21 22:05:51 {\"list\":[\"one\"]}",
	    "admin #6 @1795298751000000 detail=one\n");
	expect(ef, "x {\"list\":[\"one\"]}", "");
	expect(ef, "{\"list\":[\"one\"]} x", "");
	event_filter_free(ef);
	filter_config_fini(&f);
}

/* An envelope of text, eventregexes beside, what was refused. */
static void
test_prefix(void **state)
{
	struct filter_config f = { 0 };
	struct filter_options options = { 0 };
	struct event_filter *ef;
	const char *why = NULL;

	(void)state;
	clock_freeze(wall_from_seconds(1795298892), (struct boot){ 1 });
	set(&f, "jsonprefix", "^\\s*<F-HOST>\\w+</F-HOST> d: <F-JSON>\\{.*\\}"
	    "</F-JSON>$");
	set(&f, "eventjson", "login: event=in -> user=u host=h");
	set(&f, "eventregex", "logout: ^\\s*\\w+ d: out <F-USER>\\S+</F-USER>$");
	ef = compile(&f, &options);
	expect(ef, "2026-11-21 22:05:51 mx d: {\"event\":\"in\",\"u\":\"a\"}",
	    "login #2 @1795298751000000 user=a host=mx\n");
	/* What the object says stands before. */
	expect(ef, "2026-11-21 22:05:51 mx d: {\"event\":\"in\",\"h\":\"b\"}",
	    "login #2 @1795298751000000 host=b host=mx\n");
	expect(ef, "2026-11-21 22:05:51 mx d: out a",
	    "logout #1 @1795298751000000 user=a\n");
	assert_int_equal(event_filter_refused(ef, &why), 0);
	expect(ef, "2026-11-21 22:05:51 mx d: {\"event\":\"in\",\"u\":1,\"u\":2}",
	    "");
	assert_int_equal(event_filter_refused(ef, &why), 1);
	assert_non_null(strstr(why, "duplicate"));
	/* Without one of its texts it is not even decoded. */
	expect(ef, "2026-11-21 22:05:51 mx d: {\"u\":1,\"u\":2}", "");
	assert_int_equal(event_filter_refused(ef, &why), 1);
	event_filter_free(ef);
	filter_config_fini(&f);
}

/* --- however it is written -------------------------------------------------- */

static void
add_text(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (random_below(6) == 0)
			buf_addf(out, random_below(2) == 0 ? "\\u%04x" :
			    "\\u%04X", (unsigned)*text);
		else if (*text == '"' || *text == '\\' ||
		    (*text == '/' && random_below(2) == 0))
			buf_addf(out, "\\%c", *text);
		else
			buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

static void
add_blanks(struct buf *out)
{
	while (random_below(3) == 0)
		buf_addc(out, random_below(2) == 0 ? ' ' : '\t');
}

static void
add_member(struct buf *out, const char *name, const char *value)
{
	add_blanks(out);
	add_text(out, name);
	add_blanks(out);
	buf_addc(out, ':');
	add_blanks(out);
	add_text(out, value);
	add_blanks(out);
}

/*
 * The texts that are looked for first are in each line that a rule is true of:
 * with and without the search the events are the same, in blocks and alone.
 */
static void
test_writings(void **state)
{
	static const char *const names[] = { "event", "what/ever", "q\"uote",
		"back\\slash", "other" };
	static const char *const values[] = { "sign in", "a/path/to", "no\"w",
		"x\\y\\zzz", "nothing" };
	struct filter_config f = { 0 };
	struct filter_options with = { 0 }, without = { .scan_off = true };
	struct event_filter *a, *b;
	struct seen seen[3] = { 0 };
	struct buf block = { 0 };
	struct span rest, line;
	uint64_t passed;

	(void)state;
	set(&f, "eventjson",
	    "login: event=\"sign in\" -> user=u\n"
	    "failure: \"what/ever\"=\"a/path/to\" -> user=u\n"
	    "logout: \"q\\\"uote\"=\"no\\\"w\" -> user=u\n"
	    "client: \"back\\\\slash\" !event -> user=u\n");
	a = compile(&f, &with);
	b = compile(&f, &without);
	for (size_t i = 0; i < 20000; i++) {
		buf_addc(&block, '{');
		add_member(&block, names[random_below(5)],
		    values[random_below(5)]);
		buf_addc(&block, ',');
		add_member(&block, "u", "somebody");
		buf_adds(&block, "}\n");
	}
	rest = buf_span(&block);
	while (span_cut(&rest, '\n', &line)) {
		event_filter_line(a, line, on_event, &seen[0]);
		event_filter_line(b, line, on_event, &seen[1]);
	}
	filter_block(event_filter_inside(a), buf_span(&block));
	rest = buf_span(&block);
	while (rest.n > 0) {
		rest = span_skip(rest, filter_skip(event_filter_inside(a),
		    rest, FILTER_ASIS, &passed));
		if (span_cut(&rest, '\n', &line))
			event_filter_line(a, line, on_event, &seen[2]);
	}
	filter_block(event_filter_inside(a), (struct span){ NULL, 0 });
	assert_true(seen[0].n > 2000 && seen[0].n < 8000);
	assert_int_equal(filter_literals(event_filter_inside(a)), 5);
	for (size_t i = 1; i < 3; i++)
		assert_true(span_eq(buf_span(&seen[0].text),
		    buf_span(&seen[i].text)));
	for (size_t i = 0; i < 3; i++)
		buf_fini(&seen[i].text);
	buf_fini(&block);
	event_filter_free(a);
	event_filter_free(b);
	filter_config_fini(&f);
}

/* More kinds of lines than texts can be looked for: what they have in common. */
static void
test_many_values(void **state)
{
	struct buf many = { 0 };
	struct literals out;
	struct json_map *map;

	(void)state;
	for (int i = 0; i < 5; i++)
		buf_addf(&many, "login: what=one-%d|two-%d|six-%d|ten-%d "
		    "address -> user=who\n", i, i, i, i);
	buf_adds(&many, "failure: what=sign-in-refused -> user=who\n");
	buf_addc(&many, '\0');
	map = json_map_new(many.p, NULL);
	assert_true(json_map_literals(map, &out));
	/* The last one is how any character may be written. */
	assert_int_equal(out.n, 3);
	assert_memory_equal(out.v[0].text, "address", 7);
	assert_memory_equal(out.v[1].text, "sign-in-refused", 15);
	json_map_free(map);
	buf_fini(&many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_writings),
	};
	int failed;

	clock_tick();
	random_start();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_fini(&scratch);
	return failed;
}
