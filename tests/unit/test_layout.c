/* Texts for people and scripts: layouts, readable forms, escaping. */
#include "control/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "control/payload.h"
#include "control/printable.h"
#include "control/screen.h"

static json_t *
parse(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL,
	    NULL);

	assert_non_null(value);
	return value;
}

static void
expect(void (*form)(const json_t *, struct buf *), const char *json,
    const char *text)
{
	json_t *payload = parse(json);
	struct buf out = { 0 };

	form(payload, &out);
	assert_string_equal(out.p, text);
	buf_fini(&out);
	json_decref(payload);
}

static void
lays_out_status(void **state)
{
	(void)state;
	expect(layout_status, "{\"jails\":[\"j2\",\"sshd\"]}",
	    "Status\n|- Number of jail:\t2\n`- Jail list:\tj2, sshd\n");
	expect(layout_status, "{\"jails\":[]}",
	    "Status\n|- Number of jail:\t0\n`- Jail list:\t\n");
	expect(layout_status, "7",
	    "Status\n|- Number of jail:\t0\n`- Jail list:\t\n");
}

static void
lays_out_a_jail(void **state)
{
	(void)state;
	expect(layout_status_jail, "{\"jail\":\"sshd\",\"filter\":{"
	    "\"failing\":0,\"failed_total\":3,\"files\":[\"/a\",\"/b\"]},"
	    "\"actions\":{\"banned\":2,\"banned_total\":5,"
	    "\"ids\":[\"192.0.2.7\",\"a\\u001b[0m\\nb\"]}}",
	    "Status for the jail: sshd\n"
	    "|- Filter\n"
	    "|  |- Currently failed:\t0\n"
	    "|  |- Total failed:\t3\n"
	    "|  `- File list:\t/a /b\n"
	    "`- Actions\n"
	    "   |- Currently banned:\t2\n"
	    "   |- Total banned:\t5\n"
	    "   `- Banned IP list:\t192.0.2.7 a\\x1b[0m\\x0ab\n");
	expect(layout_status_jail, "{}",
	    "Status for the jail: \n"
	    "|- Filter\n"
	    "|  |- Currently failed:\t0\n"
	    "|  |- Total failed:\t0\n"
	    "|  `- File list:\t\n"
	    "`- Actions\n"
	    "   |- Currently banned:\t0\n"
	    "   `- Total banned:\t0\n");
}

static void
lays_out_all_jails(void **state)
{
	(void)state;
	expect(layout_status_all, "{\"jails\":[],\"all\":[]}",
	    "Status\n|- Number of jail:\t0\n`- Jail list:\t\n");
	expect(layout_status_all, "{\"jails\":[\"a\",\"b\"],\"all\":["
	    "{\"jail\":\"a\",\"filter\":{\"failing\":1,"
	    "\"failed_total\":2,\"journal\":[\"_COMM=x\"]},\"actions\":{"
	    "\"banned\":3,\"banned_total\":4}},"
	    "{\"jail\":\"b\",\"actions\":{\"ids\":[\"192.0.2.7\"]}}]}",
	    "Status\n"
	    "|- Number of jail:\t2\n"
	    "|- Jail list:\ta, b\n"
	    "`- Status for the jails:\n"
	    "   |- Jail: a\n"
	    "   |  |- Filter\n"
	    "   |  |  |- Currently failed:\t1\n"
	    "   |  |  |- Total failed:\t2\n"
	    "   |  |  `- Journal matches:\t_COMM=x\n"
	    "   |  `- Actions\n"
	    "   |     |- Currently banned:\t3\n"
	    "   |     `- Total banned:\t4\n"
	    "   `- Jail: b\n"
	    "      |- Filter\n"
	    "      |  |- Currently failed:\t0\n"
	    "      |  |- Total failed:\t0\n"
	    "      |  `- File list:\t\n"
	    "      `- Actions\n"
	    "         |- Currently banned:\t0\n"
	    "         |- Total banned:\t0\n"
	    "         `- Banned IP list:\t192.0.2.7\n");
}

#define TEN "\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500"
#define NINE "\u2550\u2550\u2550\u2550\u2550\u2550\u2550\u2550\u2550"

static void
boxes(const json_t *payload, struct buf *out)
{
	layout_stats(payload, true, out);
}

static void
ascii(const json_t *payload, struct buf *out)
{
	layout_stats(payload, false, out);
}

static void
lays_out_a_table(void **state)
{
	static const char payload[] = "{\"sshd\":[\"systemd\",[1,12345],"
	    "[2,3]],\"b\\u001b\":[\"polling\",[0,0],[0,0]]}";

	(void)state;
	expect(boxes, "{}", "No jails found.\n");
	expect(ascii, payload,
	    "          |          | Filter      | Actions  \n"
	    " Jail     | Backend  |-------------x-----------\n"
	    "          |          | cur |   tot | cur | tot\n"
	    "----------x----------x-------------x-----------\n"
	    " sshd     | systemd  |   1 | 12345 |   2 |   3\n"
	    " b\\x1b    | polling  |   0 |     0 |   0 |   0\n"
	    "-----------------------------------------------\n");
	expect(boxes, "{\"j\":[\"polling\",[1,2],[3,4]]}",
	    "          \u2551          \u2551 Filter    \u2551 Actions  \n"
	    " Jail     \u2551 Backend  \u255f\u2500" TEN "\u256b\u2500" TEN "\n"
	    "          \u2551          \u2551 cur \u2502 tot \u2551 cur \u2502 tot\n"
	    NINE "\u2550\u256c" NINE "\u2550\u256c" NINE "\u2550\u2550\u256c"
	    NINE "\u2550\u2550\n"
	    " j        \u2551 polling  \u2551   1 \u2502   2 \u2551   3 \u2502   4\n"
	    NINE "\u2550\u2569" NINE "\u2550\u2569" NINE "\u2550\u2550\u2569"
	    NINE "\u2550\u2550\n");
}

static void
writes_values_as_python_does(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{ "\"two\\nlines\\tx\\u001b\"", "two\nlines\tx\\x1b\n" },
		{ "\"\"", "\n" },
		{ "-1", "-1\n" },
		{ "true", "True\n" },
		{ "false", "False\n" },
		{ "null", "None\n" },
		{ "600.0", "600.0\n" },
		{ "1e16", "1e+16\n" },
		{ "[\"it's\",\"\\\"\",\"'\\\"\",\"\\\\\"]",
		    "[\"it's\", '\"', '\\'\"', '\\\\']\n" },
		{ "{\"a\":[],\"b\":{\"c\":1}}", "{'a': [], 'b': {'c': 1}}\n" },
		{ "[\"a\\u0000b\"]", "['a\\x00b']\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(layout_plain, rows[i].json, rows[i].text);
	expect(layout_banned, "[[\"sshd\",[\"192.0.2.7\"]],[\"j2\",[]]]",
	    "[{'sshd': ['192.0.2.7']}, {'j2': []}]\n");
	expect(layout_banned, "[[\"sshd\",\"j2\"],[]]",
	    "[['sshd', 'j2'], []]\n");
	expect(layout_banned, "{}", "[]\n");
}

static void
words_errors(void **state)
{
	struct buf out = { 0 };

	(void)state;
	layout_error("UnknownJailException", "a\x1b", &out);
	layout_error("DuplicateJailException", "b", &out);
	layout_error("IndexError", "list index out of range", &out);
	layout_error("KeyError", "it", &out);
	layout_error("ValueError", "why", &out);
	assert_string_equal(out.p,
	    "Sorry but the jail 'a\\x1b' does not exist\n"
	    "The jail 'b' already exists\n"
	    "Sorry but the command is invalid\n"
	    "'it'\nwhy\n");
	buf_fini(&out);
}

static void
shows_durations(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "0s" }, { 59, "59s" }, { 60, "1m" }, { 61, "1m 1s" },
		{ 3599, "59m 59s" }, { 3600, "1h" }, { 3659, "1h" },
		{ 3660, "1h 1m" }, { 86399, "23h 59m" }, { 90000, "1d 1h" },
		{ -1, "permanent" }, { INT64_MIN, "permanent" },
		{ INT64_MAX, "106751991167300d 15h" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };

		screen_duration(rows[i].seconds, &out);
		assert_string_equal(out.p, rows[i].text);
		buf_fini(&out);
	}
}

static void
knows_utf8(void **state)
{
	static const struct {
		const char *p;
		size_t n, length;
	} rows[] = {
		{ "", 0, 0 }, { "a", 1, 1 }, { "\0", 1, 1 },
		{ "\xc3\xbc", 2, 2 }, { "\xc3", 1, 0 }, { "\xc3z", 2, 0 },
		{ "\xc0\x80", 2, 0 }, { "\xc1\xbf", 2, 0 },
		{ "\xe0\x9f\xbf", 3, 0 }, { "\xe0\xa0\x80", 3, 3 },
		{ "\xed\x9f\xbf", 3, 3 }, { "\xed\xa0\x80", 3, 0 },
		{ "\xef\xbf\xbf", 3, 3 }, { "\xf0\x8f\xbf\xbf", 4, 0 },
		{ "\xf0\x90\x80\x80", 4, 4 }, { "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xf4\x90\x80\x80", 4, 0 }, { "\xf8\x88\x80\x80\x80", 5, 0 },
		{ "\x80", 1, 0 }, { "\xff", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(printable_utf8(span_from(rows[i].p,
		    rows[i].n), NULL), rows[i].length);
}

/* Random bytes: printable, and the same bytes give a valid JSON string. */
static void
lets_no_control_byte_through(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	printf("# seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 3000; i++) {
		char text[48];
		size_t n = (size_t)rand() % sizeof(text);
		struct buf out = { 0 };
		json_t *value;

		for (size_t k = 0; k < n; k++)
			text[k] = (char)(rand() % (rand() % 2 ? 256 : 48));
		printable_add(&out, span_from(text, n));
		printable_add_repr(&out, span_from(text, n));
		for (struct span s = buf_span(&out); s.n > 0; ) {
			uint32_t code;
			size_t len = printable_utf8(s, &code);

			assert_true(len > 0);
			assert_true(code >= 0x20 && code != 0x7f &&
			    !(code >= 0x80 && code < 0xa0));
			s = span_skip(s, len);
		}
		value = payload_text(span_from(text, n));
		assert_true(json_is_string(value));
		json_decref(value);
		buf_fini(&out);
	}
}

/* Payloads of any shape: nothing may crash or print a control byte. */
static void
copes_with_any_payload(void **state)
{
	static const char *const odd[] = {
		"null", "[]", "{}", "7", "\"x\"", "[[[[]]]]",
		"[[\"a\"],7,null]",
		"{\"jails\":7,\"logs\":[7,null],\"broken\":{},\"sandbox\":[[]],"
		"\"firewall\":[],\"store\":\"\\u001b\",\"problems\":[7]}",
		"{\"jail\":7,\"filter\":[],\"actions\":{\"bans\":[7,{},[]],"
		"\"ids\":[7,null,\"\\u001b\"]}}",
		"{\"actions\":{\"bans\":[{\"id\":\"\\u001b\",\"time\":"
		"9223372036854775807,\"state\":\"\\u009b\"}]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		json_t *payload = parse(odd[i]);
		struct buf out = { 0 };

		layout_status(payload, &out);
		layout_status_jail(payload, &out);
		layout_status_all(payload, &out);
		if (json_is_object(payload))
			layout_stats(payload, true, &out);
		layout_plain(payload, &out);
		layout_banned(payload, &out);
		screen_status(payload, false, &out);
		screen_jail(payload, false, &out);
		assert_null(memchr(out.p, 0x1b, out.n));
		assert_null(memchr(out.p, '\0', out.n));
		buf_fini(&out);
		json_decref(payload);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lays_out_status),
		cmocka_unit_test(lays_out_a_jail),
		cmocka_unit_test(lays_out_all_jails),
		cmocka_unit_test(lays_out_a_table),
		cmocka_unit_test(writes_values_as_python_does),
		cmocka_unit_test(words_errors),
		cmocka_unit_test(shows_durations),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(lets_no_control_byte_through),
		cmocka_unit_test(copes_with_any_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
