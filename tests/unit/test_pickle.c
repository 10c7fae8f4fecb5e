/* fail2ban's pickle: hostile requests, and the shapes of replies. */
#include "control/pickle_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "control/pickle_write.h"
#include "control/shape.h"

/* One opcode or word after the other: the same comes of it. */
static void
assert_same_in_steps(struct span pickle, const struct strings *argv,
    const char *why)
{
	struct pickle_read *r = pickle_read_new(pickle);
	struct strings again = { 0 };
	const char *why_again;

	while (pickle_read_step(r, 1))
		;
	assert_int_equal(pickle_read_end(r, &again, &why_again),
	    why == NULL ? 0 : -1);
	if (why != NULL)
		assert_string_equal(why_again, why);
	assert_true(strings_eq(&again, argv));
	strings_fini(&again);
	/* Or it is given up in the middle. */
	r = pickle_read_new(pickle);
	pickle_read_step(r, pickle.n / 2);
	pickle_read_free(r);
}

/* The words as "a|b|", or "! why". Lives until the next call. */
static const char *
words_of(const char *pickle, size_t n)
{
	static struct buf text;
	struct strings argv = { 0 };
	const char *why = NULL;
	/* Of its exact size, for a sanitizer. */
	char *copy = xmalloc(n > 0 ? n : 1);

	memcpy(copy, pickle, n);
	buf_clear(&text);
	buf_adds(&text, "");
	if (pickle_read(span_from(copy, n), &argv, &why) == -1) {
		assert_int_equal(argv.n, 0);
		buf_addf(&text, "! %s", why);
	}
	assert_same_in_steps(span_from(copy, n), &argv, why);
	for (size_t i = 0; i < argv.n; i++)
		buf_addf(&text, "%s|", argv.v[i]);
	strings_fini(&argv);
	free(copy);
	return text.p;
}

#define WORDS(literal) words_of(literal, sizeof(literal) - 1)

static void
assert_refused(const char *pickle, size_t n, const char *why)
{
	const char *got = words_of(pickle, n);

	assert_memory_equal(got, "! ", 2);
	assert_string_equal(got + 2, why);
}

#define REFUSED(literal, why) \
	assert_refused(literal, sizeof(literal) - 1, why)

static void
reads_what_clients_send(void **state)
{
	(void)state;
	/* fail2ban-client; og-rek; Python 2 with protocols 0 and 2. */
	assert_string_equal(WORDS("\x80\x05\x95\x15\0\0\0\0\0\0\0]\x94(\x8c\x04"
	    "ping\x94G@Y\0\0\0\0\0\0e."), "ping|100.0|");
	assert_string_equal(WORDS("](U\x04pingU\x03" "100e."), "ping|100|");
	assert_string_equal(WORDS("(lp0\nS'get'\np1\naS'it\\'s'\np2\n"
	    "aVj\\u00e4\xe4\np3\naI5\naI01\naL7L\naF1.5\naNa."),
	    "get|it's|j\xc3\xa4\xc3\xa4|5|True|7|1.5|None|");
	assert_string_equal(WORDS("\x80\x02]q\0(U\x01" "aq\1X\x02\0\0\0"
	    "bcq\2h\1K\7M\0\1J\xff\xff\xff\xff\x8a\1\x80\x88\x89" "e."),
	    "a|bc|a|7|256|-1|-128|True|False|");
	assert_string_equal(WORDS("(U\x04pingt."), "ping|");
	assert_string_equal(WORDS("]."), "");
}

static void
makes_json_of_containers(void **state)
{
	(void)state;
	assert_string_equal(WORDS("](](U\x01" "aK\5N\x88G?\xf8\0\0\0\0\0\0"
	    "e}(U\x01kU\x02\"\nK\1(K\1K\2K\3K\4tu)\x8f" "e."),
	    "[\"a\",5,null,true,1.5]|"
	    "{\"k\":\"\\\"\\u000a\",\"1\":[1,2,3,4]}|[]|[]|");
	REFUSED("]](G\x7f\xf0\0\0\0\0\0\0ea.", "a float has no JSON form");
	assert_string_equal(WORDS("]G\x7f\xf0\0\0\0\0\0\0a."), "inf|");
	assert_string_equal(WORDS("]G\x7f\xf8\0\0\0\0\0\0a."), "nan|");
	REFUSED("]}()K\1ua.", "a dict's key is no scalar");
}

static void
knows_str_and_nothing_else(void **state)
{
	(void)state;
	assert_string_equal(WORDS("]c__builtin__\nstr\n(U\x01" "1tRa."),
	    "1|");
	assert_string_equal(WORDS("]\x8c\x08" "builtins\x8c\x03str\x93\x8c\x01"
	    "1\x85Ra."), "1|");
	REFUSED("]cos\nsystem\n(U\x01" "1tRa.",
	    "a class or function is not accepted here");
	REFUSED("]cbuiltins\nstr\n(K\1tRa.", "a call is not accepted here");
	REFUSED("]cbuiltins\nstr\n)Ra.", "a call is not accepted here");
	REFUSED("]U\x01xU\x01y\x85Ra.", "a call is not accepted here");
	REFUSED("]cbuiltins\nstr\na.", "a class is no word");
	REFUSED("]cbuiltins\nunicode\na.",
	    "a class or function is not accepted here");
	REFUSED("]K\1K\2\x93" "a.", "STACK_GLOBAL requires str");
	for (const char *op = "iobPQ\x81\x82\x83\x84\x92\x97\x98"; *op; op++)
		assert_refused(op, 1, "an opcode is not accepted here");
}

static void
refuses_what_is_damaged(void **state)
{
	(void)state;
	REFUSED("", "pickle data was truncated");
	REFUSED("]", "pickle data was truncated");
	REFUSED(".", "unexpected MARK or stack underflow");
	REFUSED("N.", "a request is a list");
	REFUSED("(.", "unexpected MARK or stack underflow");
	REFUSED("](a.", "unexpected MARK or stack underflow");
	REFUSED("K\1K\2a.", "items for what cannot hold them");
	REFUSED("K\1a.", "unexpected MARK or stack underflow");
	REFUSED("](K\1u.", "items for what cannot hold them");
	REFUSED("](K\1K\2K\3d.", "odd number of items for a dict");
	REFUSED("\x80\x06].", "unsupported pickle protocol");
	REFUSED("\x95\xff\xff\xff\xff\xff\xff\xff\xff].",
	    "pickle exhausted before end of frame");
	REFUSED("]X\xff\xff\xff\xff" "aa.", "pickle data was truncated");
	REFUSED("]T\xff\xff\xff\xff" "aa.", "pickle data was truncated");
	REFUSED("]\x8d\xff\xff\xff\xff\xff\xff\xff\xff" "aa.",
	    "pickle data was truncated");
	REFUSED("]\x8b\xff\xff\xff\x7f" "aa.",
	    "an integer is outside of 64 bits");
	REFUSED("]L99999999999999999999L\na.",
	    "an integer is none, or outside of 64 bits");
	REFUSED("]h\0a.", "memo value not found");
	REFUSED("]r\xff\xff\xff\xff.", "a memo index is too large");
	REFUSED("]p-1\n.", "a memo index is none");
	REFUSED("]U\x02\xc3(a.", "a text is not valid UTF-8");
	REFUSED("]X\x03\0\0\0\xed\xb3\xbf" "a.", "a text is not valid UTF-8");
	REFUSED("]U\x03" "a\0ba.", "a text has a NUL");
	REFUSED("]S'a\na.", "the STRING opcode argument must be quoted");
	REFUSED("]S'\\q'\na.", "a text has a bad escape");
	REFUSED("]V\\u12\na.", "a text has a bad escape");
	REFUSED("]V\\ud800\na.", "a text is not valid UTF-8");
	REFUSED("]Fx\na.", "a float is none");
}

/* A pickle made of one piece, n times, between two others. */
static const char *
repeated(const char *first, size_t n, const char *piece, const char *last)
{
	struct buf b = { 0 };
	const char *words;

	buf_adds(&b, first);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, piece);
	buf_adds(&b, last);
	words = words_of(b.p, b.n);
	buf_fini(&b);
	return words;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A megabyte of anything costs little. */
static void
withstands_bombs(void **state)
{
	const size_t much = 1u << 20;
	double start = seconds();

	(void)state;
	assert_string_equal(repeated("", much, "]", "."),
	    "! too many values");
	assert_string_equal(repeated("]", much, "(", "."),
	    "! too many values");
	assert_string_equal(repeated("]", much, "2", "."),
	    "! too many values");
	assert_string_equal(repeated("](", much / 2, "K\1", "e."),
	    "! too many values");
	/* Nested too deeply; in itself; each level ten times the one below. */
	assert_string_equal(repeated("]]", PICKLE_DEPTH_MAX, "]",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."),
	    "! a request is nested too deeply");
	assert_string_equal(WORDS("]q\1h\1a."),
	    "! a request is nested too deeply");
	assert_string_equal(WORDS("]}q\1(U\1kh\1ua."),
	    "! a request is nested too deeply");
	assert_string_equal(repeated("](U\1xq\1", 25,
	    "(h\1h\1h\1h\1h\1h\1h\1h\1h\1h\1lq\1", "e."),
	    "! a request is too long");
	/* Words of the memo, and a long one again and again. */
	assert_string_equal(repeated("](U\1xq\1", much / 2, "h\1", "e."),
	    "! too many values");
	assert_string_equal(repeated("]U\1xq\1a", much / 3, "h\1a", "N."),
	    "! a request is a list");
	assert_int_equal(strlen(repeated("]U\1xq\1a", much / 3, "h\1a",
	    ".")), (much / 3 + 1) * 2);
	assert_in_range((unsigned)(seconds() - start), 0, 10);
}

/* --- written ----------------------------------------------------------------- */

static void
writes_as_the_reference_does(void **state)
{
	static const char pong[] = "\x80\x05\x95\x0c\0\0\0\0\0\0\0K\0\x8c\x04"
	    "pong\x94\x86\x94.";
	static const char none[] = "\x80\x05N.";
	json_t *value = json_string("pong");
	struct buf out = { 0 };

	(void)state;
	pickle_write_ok(&out, value, 0);
	assert_int_equal(out.n, sizeof(pong) - 1);
	assert_memory_equal(out.p, pong, out.n);
	buf_clear(&out);
	pickle_write(&out, NULL, 0);
	assert_int_equal(out.n, sizeof(none) - 1);
	assert_memory_equal(out.p, none, out.n);
	json_decref(value);
	buf_fini(&out);
}

struct shape_row {
	const char *words[4];
	const char *payload, *shape;
	uint32_t tuples;
};

static const struct shape_row shapes[] = {
	{ { "ping" }, "\"pong\"", "\"pong\"", 0 },
	{ { "status" }, "{\"jails\":[\"a\",\"b\"],\"pid\":1}",
	    "[[\"Number of jail\",2],[\"Jail list\",\"a, b\"]]", 10 },
	{ { "status" }, "{\"jails\":[]}",
	    "[[\"Number of jail\",0],[\"Jail list\",\"\"]]", 10 },
	{ { "status", "a" }, "{\"jail\":\"a\",\"filter\":{\"failing\":1,"
	    "\"failed_total\":2,\"files\":[\"/x\"]},\"actions\":{\"banned\":1,"
	    "\"banned_total\":3,\"ids\":[\"192.0.2.7\"]}}",
	    "[[\"Filter\",[[\"Currently failed\",1],[\"Total failed\",2],"
	    "[\"File list\",[\"/x\"]]]],[\"Actions\",[[\"Currently banned\",1],"
	    "[\"Total banned\",3],[\"Banned IP list\",[\"192.0.2.7\"]]]]]",
	    10 },
	{ { "banned" }, "[[\"a\",[\"192.0.2.7\"]],[\"b\",[]]]",
	    "[{\"a\":[\"192.0.2.7\"]},{\"b\":[]}]", 0 },
	{ { "banned", "192.0.2.7" }, "[[\"a\"]]", "[[\"a\"]]", 0 },
	{ { "unban", "--all" }, "{\"count\":3,\"errors\":[]}", "3", 0 },
	{ { "reload" }, "{\"problems\":[\"x\"]}", "\"OK\"", 0 },
	{ { "stop" }, "\"stopping\"", "null", 0 },
	{ { "get", "a", "datepattern" }, "[\"x\",\"y\"]", "[\"x\",\"y\"]", 1 },
	{ { "get", "a", "datepattern" }, "null", "null", 1 },
	{ { "get", "a", "logpath" }, "[\"x\"]", "[\"x\"]", 0 },
	{ { "status", "a", "short" }, "{\"jail\":\"a\",\"filter\":{},"
	    "\"actions\":{}}",
	    "[[\"Filter\",[[\"Currently failed\",0],[\"Total failed\",0],"
	    "[\"File list\",[]]]],[\"Actions\",[[\"Currently banned\",0],"
	    "[\"Total banned\",0]]]]", 10 },
	{ { "status", "a", "stats" }, "[\"polling\",[1,2],[3,4]]",
	    "[\"polling\",[1,2],[3,4]]", 2 },
	{ { "status", "--all", "stats" }, "{\"all\":[\"polling\",[1,2],"
	    "[3,4]],\"filter\":[\"x\",[1,2],[3,4]]}",
	    "{\"all\":[\"polling\",[1,2],[3,4]],"
	    "\"filter\":[\"x\",[1,2],[3,4]]}", 4 },
	{ { "status", "--all" }, "{\"jails\":[\"a\"],\"all\":[{"
	    "\"jail\":\"a\",\"filter\":{},\"actions\":{}}]}",
	    "[[\"Number of jail\",1],[\"Jail list\",\"a\"],{\"a\":"
	    "[[\"Filter\",[[\"Currently failed\",0],[\"Total failed\",0],"
	    "[\"File list\",[]]]],[\"Actions\",[[\"Currently banned\",0],"
	    "[\"Total banned\",0]]]]}]", 42 },
	{ { "stats" }, "{\"a\":[\"polling\",[1,2],[3,4]]}",
	    "{\"a\":[\"polling\",[1,2],[3,4]]}", 4 },
};

static void
gives_upstreams_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape_row *row = &shapes[i];
		size_t argc = 0;
		uint32_t tuples;
		json_t *shape;
		char *text;

		while (argc < 4 && row->words[argc] != NULL)
			argc++;
		shape = shape_reply(argc, row->words, json_loads(row->payload,
		    JSON_DECODE_ANY, NULL), &tuples);
		text = json_dumps(shape, JSON_COMPACT | JSON_ENCODE_ANY);
		assert_string_equal(text, row->shape);
		assert_int_equal(tuples, row->tuples);
		free(text);
		json_decref(shape);
	}
}

#define T(name) cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_what_clients_send),
		T(makes_json_of_containers),
		T(knows_str_and_nothing_else),
		T(refuses_what_is_damaged),
		T(withstands_bombs),
		T(writes_as_the_reference_does),
		T(gives_upstreams_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
