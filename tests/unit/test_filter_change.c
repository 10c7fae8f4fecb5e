/*
 * A filter that is changed between two lines: what is new counts from then
 * on, what was there goes on, and what cannot be leaves all as it was.
 */
#include "match/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "match/regex.h"

static struct filter *f;
static struct buf seen, why;

static void
note(const struct failure *failure, void *arg)
{
	(void)arg;
	id_format(&failure->id, &seen);
	buf_addc(&seen, ';');
}

/* Who the lines (without a date) are failures of. */
static const char *
lines(const char *text)
{
	struct span rest = span_of(text), line;

	buf_clear(&seen);
	buf_adds(&seen, "");
	while (span_cut(&rest, '\n', &line))
		filter_line(f, line, FILTER_LIVE, note, NULL);
	return seen.p != NULL ? seen.p : "";
}

static int
setup(void **state)
{
	struct filter_options options = { .findtime = 600 };
	struct filter_config config = { .datepattern = (char *)"{NONE}" };
	struct report report = { 0 };

	(void)state;
	log_set_level(LEVEL_CRITICAL);
	clock_tick();
	strings_add(&config.failregex, SPAN("^\\s*one <HOST>$"));
	f = filter_new(&config, &options, &report);
	assert_non_null(f);
	strings_fini(&config.failregex);
	report_fini(&report);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	filter_free(f);
	buf_fini(&seen);
	buf_fini(&why);
	return 0;
}

#define OK(call) assert_int_equal(call, 0)

static void
expect_why(const char *text)
{
	assert_non_null(why.p);
	if (strncmp(why.p, text, strlen(text)) != 0)
		fail_msg("expected %s\nbut got %s", text, why.p);
	buf_clear(&why);
}

static void
regexes_come_and_go(void **state)
{
	(void)state;
	assert_string_equal(lines("one 192.0.2.1\ntwo 192.0.2.2"),
	    "192.0.2.1;");
	/* Another text than the scanner looked for so far. */
	OK(filter_add_failregex(f, "^two <HOST>$", &why));
	assert_string_equal(lines("one 192.0.2.1\ntwo 192.0.2.2"),
	    "192.0.2.1;192.0.2.2;");
	assert_int_equal(filter_regex_hits(f, 0), 2);
	OK(filter_add_ignoreregex(f, "192\\.0\\.2\\.1$", &why));
	assert_string_equal(lines("one 192.0.2.1\ntwo 192.0.2.2"),
	    "192.0.2.2;");
	OK(filter_del_failregex(f, -1));
	OK(filter_del_ignoreregex(f, 0));
	assert_string_equal(lines("one 192.0.2.1\ntwo 192.0.2.2"),
	    "192.0.2.1;");
	assert_int_equal(filter_del_failregex(f, 1), -1);
	assert_int_equal(filter_del_failregex(f, -2), -1);
	assert_int_equal(filter_del_ignoreregex(f, 0), -1);
	assert_int_equal(filter_counters(f)->lines, 8);
	assert_int_equal(filter_regex_hits(f, 0), 3);
	OK(filter_del_failregex(f, 0));
	assert_string_equal(lines("one 192.0.2.1"), "");
}

static void
bad_ones_change_nothing(void **state)
{
	char *long_text;

	(void)state;
	assert_int_equal(filter_add_failregex(f, "", &why), -1);
	expect_why("Cannot add empty regex");
	assert_int_equal(filter_add_failregex(f, "(<HOST>", &why), -1);
	expect_why("Unable to compile regular expression '(<HOST>':\n");
	assert_int_equal(filter_add_failregex(f, "nobody", &why), -1);
	expect_why("No failure-id group in 'nobody'");
	assert_int_equal(filter_set_prefregex(f, "(", &why), -1);
	expect_why("Unable to compile");
	assert_int_equal(filter_set_datepattern(f, "%k", &why), -1);
	expect_why("datepattern: '%k'");
	assert_int_equal(filter_set_maxlines(f, 0, &why), -1);
	expect_why("maxlines must be");
	assert_int_equal(filter_set_maxlines(f, 1000000, &why), -1);
	expect_why("maxlines: 1000000; accepted");
	assert_int_equal(filter_set_logtimezone(f, "Europe/Paris"), -1);
	assert_int_equal(filter_set_encoding(f, "no-such"), -1);
	long_text = xcalloc(1, REGEX_TEXT_MAX + 2);
	memset(long_text, 'x', REGEX_TEXT_MAX + 1);
	assert_int_equal(filter_add_ignoreregex(f, long_text, &why), -1);
	buf_clear(&why);
	free(long_text);
	assert_string_equal(lines("one 192.0.2.1"), "192.0.2.1;");
	assert_int_equal(filter_regex_count(f), 1);
	assert_int_equal(filter_maxlines(f), 1);
}

static void
they_are_bounded(void **state)
{
	char text[64];

	(void)state;
	for (int i = 0; i < FILTER_RULES_MAX; i++) {
		snprintf(text, sizeof(text), "^%d$", i);
		OK(filter_add_ignoreregex(f, text, &why));
	}
	assert_int_equal(filter_add_ignoreregex(f, "^x$", &why), -1);
	expect_why("ignoreregex: too many; accepted: 1000");
}

/* A name in a log is no host for those that came when it was "no". */
static void
usedns_counts_for_later_ones(void **state)
{
	(void)state;
	filter_set_usedns(f, "NO");
	assert_string_equal(filter_usedns(f), "no");
	OK(filter_add_failregex(f, "^two <HOST>$", &why));
	assert_non_null(strstr(filter_regex_text(f, 0), "<dns>"));
	assert_null(strstr(filter_regex_text(f, 1), "<dns>"));
	filter_set_usedns(f, "raw");
	OK(filter_add_failregex(f, "^three <HOST>$", &why));
	assert_string_equal(lines("two example.com\nthree example.com"),
	    "example.com;");
	filter_set_usedns(f, "nonsense");
	assert_string_equal(filter_usedns(f), "no");
}

static void
lines_count_for_later_ones(void **state)
{
	(void)state;
	OK(filter_set_maxlines(f, 3, &why));
	/* Added without MULTILINE: it does not match in mid-window. */
	assert_string_equal(lines("noise\none 192.0.2.1"), "");
	OK(filter_add_failregex(f, "^a<SKIPLINES>b <HOST>$", &why));
	assert_string_equal(lines("a\nx\nb 192.0.2.3"), "192.0.2.3;");
	OK(filter_set_maxlines(f, 2, &why));
	assert_string_equal(lines("a\nx\nb 192.0.2.4"), "");
	OK(filter_set_maxlines(f, 1, &why));
	assert_string_equal(lines("one 192.0.2.1"), "192.0.2.1;");
}

static void
a_prefregex_comes_and_goes(void **state)
{
	(void)state;
	OK(filter_set_prefregex(f, "^p <F-CONTENT>.+</F-CONTENT>$", &why));
	assert_string_equal(lines("one 192.0.2.1\np one 192.0.2.2"),
	    "192.0.2.2;");
	OK(filter_set_prefregex(f, "^q <F-CONTENT>.+</F-CONTENT>$", &why));
	assert_string_equal(lines("p one 192.0.2.1\nq one 192.0.2.2"),
	    "192.0.2.2;");
	OK(filter_set_prefregex(f, "", &why));
	assert_null(filter_prefregex_text(f));
	assert_string_equal(lines("one 192.0.2.1"), "192.0.2.1;");
	/* One that names somebody lets a failregex that does not pass. */
	OK(filter_set_prefregex(f, "^<HOST> <F-CONTENT>.+</F-CONTENT>$",
	    &why));
	OK(filter_add_failregex(f, "^bad$", &why));
	assert_string_equal(lines("192.0.2.5 bad"), "192.0.2.5;");
}

/* What a session knows outlives the regex that told it. */
static void
sessions_stay(void **state)
{
	(void)state;
	OK(filter_add_failregex(f, "^<F-MLFID>\\d+</F-MLFID> "
	    "<F-NOFAIL>from</F-NOFAIL> <HOST>$", &why));
	OK(filter_add_failregex(f, "^<F-MLFID>\\d+</F-MLFID> wrong$", &why));
	assert_string_equal(lines("7 from 192.0.2.7"), "");
	OK(filter_del_failregex(f, 1));
	assert_string_equal(lines("7 wrong"), "192.0.2.7;");
	assert_string_equal(lines("8 from 192.0.2.8"), "");
	/* So often that those that left are forgotten, with the sessions. */
	for (int i = 0; i < 200; i++) {
		OK(filter_add_failregex(f, "^<F-MLFID>\\d+</F-MLFID> "
		    "<F-NOFAIL>from</F-NOFAIL> <HOST>$", &why));
		lines("9 from 192.0.2.9");
		OK(filter_del_failregex(f, -1));
	}
	assert_string_equal(lines("9 wrong"), "192.0.2.9;");
}

static void
dates_are_read_anew(void **state)
{
	const char *pattern, *name;

	(void)state;
	assert_true(filter_datepattern(f, &pattern, &name));
	assert_string_equal(pattern, "{UNB}^");
	OK(filter_set_datepattern(f, "%Y-%m-%d %H:%M:%S", &why));
	assert_true(filter_datepattern(f, &pattern, &name));
	assert_string_equal(name, "Year-Month-Day 24hour:Minute:Second");
	assert_string_equal(lines("2026-11-21 22:08:12 one 192.0.2.1"),
	    "192.0.2.1;");
	OK(filter_set_logtimezone(f, "UTC+0200"));
	OK(filter_set_datepattern(f, "EPOCH", &why));
	assert_true(filter_datepattern(f, &pattern, &name));
	assert_null(pattern);
	OK(filter_set_datepattern(f, "", &why));
	assert_false(filter_datepattern(f, &pattern, &name));
	OK(filter_set_logtimezone(f, NULL));
	OK(filter_set_encoding(f, "latin1"));
	assert_string_equal(lines("one 192.0.2.1"), "192.0.2.1;");
	OK(filter_set_encoding(f, "auto"));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(regexes_come_and_go),
		TEST(bad_ones_change_nothing),
		TEST(they_are_bounded),
		TEST(usedns_counts_for_later_ones),
		TEST(lines_count_for_later_ones),
		TEST(a_prefregex_comes_and_goes),
		TEST(sessions_stay),
		TEST(dates_are_read_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
