#include "match/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "match/date_template.h"
#include "match/text.h"

/* 2026-11-21 22:08:12 UTC, a Saturday. */
#define NOW INT64_C(1795298892)

static struct matcher *m;

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	m = matcher_new(100000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	matcher_free(m);
	return 0;
}

static struct date
find(struct date_detector *d, const char *line)
{
	struct span s = span_of(line);
	struct date date;

	date_find(d, m, s, text_is_ascii(s), wall_from_seconds(NOW), &date);
	return date;
}

static struct date_detector *
detector(const char *pattern, const char *zone)
{
	struct regex_error error;
	struct date_detector *d = date_new(pattern, zone, &error);

	if (d == NULL)
		fail_msg("%s: %s", pattern, error.text);
	return d;
}

/* `cut` is the text taken out; want 0: found, but no date that exists. */
static void
check(const char *pattern, const char *zone, const char *line,
    const char *cut, int64_t want)
{
	struct date_detector *d = detector(pattern, zone);
	struct date date = find(d, line);
	int round;

	/* The second time goes by what was remembered. */
	for (round = 0; round < 2; round++) {
		if (cut == NULL) {
			assert_false(date.found);
		} else {
			if (!date.found)
				fail_msg("no date in %s", line);
			assert_int_equal(date.end - date.start, strlen(cut));
			assert_memory_equal(line + date.start, cut,
			    strlen(cut));
			assert_int_equal(date.known, want != 0);
			if (want != 0)
				assert_int_equal(wall_seconds(date.time),
				    want);
		}
		date = find(d, line);
	}
	date_free(d);
}

static void
defaults(void **state)
{
	static const struct {
		const char *line, *cut;
		int64_t want;
	} cases[] = {
		{ "2005-01-23T21:59:59.981746+01:00 x",
		    "2005-01-23T21:59:59.981746+01:00", 1106513999 },
		{ "2005-01-23 21:59:59,123 x", "2005-01-23 21:59:59,123",
		    1106517599 },
		{ "2005-01-23 21:59:59 Z x", "2005-01-23 21:59:59 Z",
		    1106517599 },
		{ "2005-01-23 21:59:59 Zebra", "2005-01-23 21:59:59",
		    1106517599 },
		{ "2005/01/23  8:59:59: x", "2005/01/23  8:59:59",
		    1106470799 },
		{ "2006.12.21 06:43:20 x", "2006.12.21 06:43:20",
		    1166683400 },
		{ "[2005-01-23 21:59:59] x", "2005-01-23 21:59:59",
		    1106517599 },
		{ "Jan 23 21:59:59 x", "Jan 23 21:59:59", 1769205599 },
		{ "Jan  3 21:59:59 x", "Jan  3 21:59:59", 1767477599 },
		{ "Nov 23 21:59:59 x", "Nov 23 21:59:59", 1763935199 },
		{ "Nov 22 21:59:59 x", "Nov 22 21:59:59", 1795384799 },
		{ "Sun Jan 23 21:59:59.011 2005 x",
		    "Sun Jan 23 21:59:59.011 2005", 1106517599 },
		{ "Sun Jan 23 2005 21:59:59.011 x",
		    "Sun Jan 23 2005 21:59:59.011", 1106517599 },
		{ "23/01/2005 21:59:59 x", "23/01/2005 21:59:59",
		    1106517599 },
		{ "23-01-05 21:59:59 x", "23-01-05 21:59:59", 1106517599 },
		{ "1.2.3.4 - - [31/Oct/2006:09:22:55 -0100] \"GET",
		    "31/Oct/2006:09:22:55 -0100", 1162290175 },
		{ "26-Jul-2007 15:20:52.252 x", "26-Jul-2007 15:20:52.252",
		    1185463252 },
		{ "05/20/2008:01:57:39 x", "05/20/2008:01:57:39",
		    1211248659 },
		{ "01-27-2012 16:22:44.252 x", "01-27-2012 16:22:44.252",
		    1327681364 },
		{ "1138049999.5 x", "1138049999", 1138049999 },
		{ "1138049999.500 x", "1138049999.500", 1138049999 },
		{ "[1138049999] x", "1138049999", 1138049999 },
		{ "type=X msg=audit(1138049999.123:5): y", "1138049999.123",
		    1138049999 },
		{ "21:59:59 x", "21:59:59", 1795298399 },
		{ "22:59:59 x", "22:59:59", 1795215599 },
		{ "<09/16/08@05:03:30> x", "<09/16/08@05:03:30>",
		    1221541410 },
		{ "130322 11:46:11 x", "130322 11:46:11", 1363952771 },
		{ "Apr 27, 2013 02:33:06 PM x", "Apr 27, 2013 02:33:06 PM",
		    1367073186 },
		{ "Apr-27-13 02:33:06 x", "Apr-27-13 02:33:06", 1367029986 },
		{ "20050123T215959Z x", "20050123T215959Z", 1106517599 },
		{ "20050123-21:59:59 x", "20050123-21:59:59", 1106517599 },
		{ "PDT Apr 16 21:05:29 x", "PDT Apr 16 21:05:29",
		    1776398729 },
		{ "+01:00 Jan 23 21:59:59 2005 x",
		    "+01:00 Jan 23 21:59:59 2005", 1106513999 },
		{ "@4000000043d7c1cf1234abcd x",
		    "@4000000043d7c1cf1234abcd", 1138213327 },
		{ "2005-02-30 21:59:59 x", "2005-02-30 21:59:59", 0 },
		{ "2005-01-23 21:59:60 x", "2005-01-23 21:59:60", 0 },
		{ "no date here", NULL, 0 },
		{ "", NULL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(NULL, NULL, cases[i].line, cases[i].cut,
		    cases[i].want);
}

/* The time is in whole seconds, as upstream's; the rest stands beside. */
static void
fractions(void **state)
{
	static const struct {
		const char *pattern, *line;
		int us;
	} cases[] = {
		{ NULL, "2005-01-23T21:59:59.981746+01:00 x", 981746 },
		{ NULL, "2005-01-23 21:59:59,123 x", 123000 },
		{ NULL, "2005-01-23 21:59:59.000007 x", 7 },
		{ NULL, "2005-01-23 21:59:59 x", 0 },
		{ NULL, "Jan 23 21:59:59.25 x", 250000 },
		{ NULL, "Jan 23 21:59:59 x", 0 },
		{ "^%Y-%m-%d %H:%M:%S\\.%f", "2005-01-23 21:59:59.5 x",
		    500000 },
		{ "TAI64N", "@4000000043d4d62f1dcd6500 x", 500000 },
		{ "EPOCH", "1106517599.5 x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct date_detector *d = detector(cases[i].pattern, NULL);
		struct date date = find(d, cases[i].line);

		assert_true(date.known);
		if (date.us != cases[i].us)
			fail_msg("%s: %d", cases[i].line, date.us);
		date = find(d, cases[i].line);
		assert_int_equal(date.us, cases[i].us);
		date_free(d);
	}
}

static void
patterns(void **state)
{
	(void)state;
	check("{NONE}", NULL, "2005-01-23 21:59:59 x", "", 0);
	check("{^LN-BEG}", NULL, "x 2005-01-23 21:59:59 x", NULL, 0);
	check("{^LN-BEG}", NULL, "  2005-01-23 21:59:59 x",
	    "2005-01-23 21:59:59", 1106517599);
	check("%d/%m/%Y", NULL, "a 23/01/2005 x", "23/01/2005", 1106438400);
	check("^%d/%m/%Y", NULL, "a 23/01/2005 x", NULL, 0);
	check("%d/%m/%Y**", NULL, "a 23/01/2005x", "23/01/2005",
	    1106438400);
	check("%d/%m/%Y", NULL, "a 23/01/2005x", NULL, 0);
	check("^\\[(%Y-%m-%d)\\]", NULL, "[2005-01-23] x", "2005-01-23",
	    1106438400);
	check("^msg \\[{DATE}\\]", NULL, "msg [2005-01-23 21:59:59] x",
	    "msg [2005-01-23 21:59:59]", 1106517599);
	check("{EPOCH} ok", NULL, "1138049999.123 ok", "1138049999.123 ok",
	    1138049999);
	check("LEPOCH", NULL, "1138049999123 x", "1138049999123",
	    1138049999);
	check("^LEPOCH", NULL, "1138049999123456 x", "1138049999123456",
	    1138049999);
	check("LEPOCH", NULL, "11380499991234567 x", "11380499991234567",
	    11380499991);
	/* Wednesday of week 0, in the year before. */
	check("%Y U%U %a", NULL, "1999 U00 Wed x", "1999 U00 Wed",
	    914976000);
	check("TAI64N", NULL, "x @4000000043d7c1cf1234abcd y",
	    "@4000000043d7c1cf1234abcd", 1138213327);
	check("%Y %j", NULL, "2005 023 x", "2005 023", 1106438400);
	check("%Y W%W %a", NULL, "2005 W03 Sun x", "2005 W03 Sun",
	    1106438400);
	check("%%%H:%M:%S %Exz", NULL, "%21:59:59 CEST", "%21:59:59 CEST",
	    1795291199);
	check("%d.%m.%Y\n%H:%M:%S", NULL, "21:59:59 x", "21:59:59",
	    1795298399);
	check("%Y-%m-%d %H:%M", "+0200", "2005-01-23 21:59 x",
	    "2005-01-23 21:59", 1106510340);
	check("%Y-%m-%d %H:%M %z", "+0200", "2005-01-23 21:59 Z x",
	    "2005-01-23 21:59 Z", 1106517540);
}

static void
refusals(void **state)
{
	static const char *const bad[] = {
		"%q", "%c", "%s", "%n", "%G", "100%", "%E", "(%Y",
		"%k:%k", "%Y\n%Y", "", " \n ",
	};
	struct regex_error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(date_new(bad[i], NULL, &error));
		assert_true(error.text[0] != '\0');
	}
	assert_null(date_new(NULL, "Mars/Olympus", &error));
}

static void
zones(void **state)
{
	static const struct { const char *text; int minutes; } good[] = {
		{ "Z", 0 }, { "UTC", 0 }, { "CEST", 120 }, { "PDT", -420 },
		{ "NPT", 345 }, { "+02", 120 }, { "-0730", -450 },
		{ "+01:00", 60 }, { "UTC+0100", 60 }, { "CET-01:30", -30 },
	};
	static const char *const bad[] = {
		"", "x", "cest", "+2", "+0200x", "+29", "+01:0", "CET ", "+",
	};
	int minutes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(date_zone_parse(span_of(good[i].text),
		    &minutes), 0);
		assert_int_equal(minutes, good[i].minutes);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(date_zone_parse(span_of(bad[i]), &minutes),
		    -1);
}

/* Summer time: the C library is asked, and its answer remembered. */
static void
local_time(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	check(NULL, NULL, "2026-07-01 12:00:00 x", "2026-07-01 12:00:00",
	    1782900000);
	check(NULL, NULL, "2026-01-01 12:00:00 x", "2026-01-01 12:00:00",
	    1767265200);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
last_format_is_kept_and_left(void **state)
{
	struct date_detector *d = detector(NULL, NULL);
	struct date_template_state slot;
	struct date none;

	(void)state;
	find(d, "1.2.3.4 [31/Oct/2006:09:22:55 -0100] a");
	find(d, "1.2.3.5 [31/Oct/2006:09:22:56 -0100] a");
	assert_int_equal(wall_seconds(find(d,
	    "10.2.3.5 [31/Oct/2006:09:22:57 -0100] a").time), 1162290177);
	assert_int_equal(wall_seconds(find(d,
	    "2005-01-23 21:59:59 a").time), 1106517599);
	assert_true(date_template_state(d, 0, &slot));
	assert_false(date_template_state(d, 31, &slot));
	/* Cut inside a character where the last stamp ended. */
	find(d, "xx 2005-01-23 21:59:59 \xc3\xa9");
	find(d, "xx 2005-01-23 21:59:5\xc3\xa9 \xc3\xa9");
	date_free(d);
	/* A line of nothing, where such a stamp is nevertheless. */
	d = detector("{UNB}", NULL);
	date_find(d, m, (struct span){ NULL, 0 }, true,
	    wall_from_seconds(1106517599), &none);
	assert_true(none.found && none.start == 0 && none.end == 0);
	date_free(d);
}

static void
same_fields(const struct date_fields *a, const struct date_fields *b)
{
	assert_int_equal(a->year, b->year);
	assert_int_equal(a->month, b->month);
	assert_int_equal(a->day, b->day);
	assert_int_equal(a->hour, b->hour);
	assert_int_equal(a->minute, b->minute);
	assert_int_equal(a->second, b->second);
	assert_int_equal(a->zoned, b->zoned);
	assert_int_equal(a->zone, b->zone);
}

/* What the quick readers say, the template's regex says too. */
/* What stands behind the bytes that decided decides nothing. */
static void
looked_is_all(struct span s, const struct date_match *want,
    bool (*quick)(struct span line, struct date_match *match))
{
	struct date_match again;
	char text[64];
	size_t i, n;

	if (want->looked == 0 || want->looked > s.n)
		return;
	memcpy(text, s.p, want->looked);
	n = want->looked + (size_t)rand() % (sizeof(text) - want->looked);
	for (i = want->looked; i < n; i++)
		text[i] = "0 :.+Zx\xff"[(size_t)rand() % 8];
	assert_true(quick(span_from(text, n), &again));
	assert_int_equal(again.cut_end, want->cut_end);
	assert_int_equal(again.looked, want->looked);
	same_fields(&again.fields, &want->fields);
}

static void
quick_is_exact(void **state)
{
	static const char *const bases[] = {
		"2025-11-21T22:08:12.123456+01:00 host",
		"2025-11-21 22:08:12 Z host", "Nov 21 22:08:12 host",
		"Nov  1 22:08:12 2025 x", "Nov 21 22:08:12.5 host",
		"2025/11/21 22:08:12 [error]", "2025.11.21 22:08:12,5 x",
	};
	static const char alphabet[] = "0123456789TZUG+-:., _\t]/aJF";
	struct date_template *t[2];
	struct date_match quick, slow;
	unsigned seed = (unsigned)time(NULL);
	char text[64];
	struct span s;
	size_t n;
	int round, agreed = 0, i;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	t[0] = date_template_default(0, true);
	t[1] = date_template_default(1, true);
	for (round = 0; round < 100000; round++) {
		snprintf(text, sizeof(text), "%s",
		    bases[(size_t)rand() % 7]);
		n = strlen(text);
		for (i = rand() % 4; i > 0; i--)
			text[(size_t)rand() % n] = alphabet[(size_t)rand() %
			    (sizeof(alphabet) - 1)];
		s = span_from(text, n - (size_t)(rand() % 20));
		for (i = 0; i < 2; i++) {
			if (!(i == 0 ? date_quick_iso(s, &quick) :
			    date_quick_syslog(s, &quick)))
				continue;
			agreed++;
			looked_is_all(s, &quick, i == 0 ? date_quick_iso :
			    date_quick_syslog);
			/* From 0 to the end the quick one would answer. */
			memmove(text + s.n, "~", 2);
			if (!date_template_find(t[i], m,
			    span_from(text, s.n + 1), 0, s.n, true, &slow))
				fail_msg("not a date: %.*s", (int)s.n, text);
			assert_int_equal(slow.cut_start, quick.cut_start);
			assert_int_equal(slow.cut_end, quick.cut_end);
			same_fields(&slow.fields, &quick.fields);
		}
	}
	assert_true(agreed > 1000);
	date_template_release(t[0]);
	date_template_release(t[1]);
}

/* A stamp that comes again is taken over: it must say the same. */
static void
repeated_stamps(void **state)
{
	static const char *const lines[] = {
		"Nov 21 22:08:12 host a", "Nov 21 22:08:12 host b",
		"Nov 21 22:08:12.5 host", "Nov 21 22:08:12 host c",
		"Nov 21 22:08:13 host", "Nov 21 22:08:13",
		"2026-11-21 22:08:12 x", "2026-11-21 22:08:12 y",
		"2026-11-21 22:08:12  Z y", "2026-11-21T22:08:12+01:00 z",
		"2026-11-21T22:08:12+01:00 zz", "2026-11-21T22:08:12+02:00 z",
	};
	struct date_detector *d = detector(NULL, NULL), *fresh;
	struct date a, b;
	struct date_template_state slot;
	uint64_t sum = 0;
	size_t i, k, n = 0;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (k = 0; k < 3; k++) {
			fresh = detector(NULL, NULL);
			a = find(d, lines[i]);
			b = find(fresh, lines[i]);
			assert_true(a.found && a.known && b.known);
			assert_int_equal(a.start, b.start);
			assert_int_equal(a.end, b.end);
			assert_true(a.time.us == b.time.us);
			date_free(fresh);
			n++;
		}
	}
	for (i = 0; date_template_state(d, i, &slot); i++)
		sum += slot.hits;
	assert_int_equal(sum, n);
	date_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(fractions),
		cmocka_unit_test(patterns),
		cmocka_unit_test(refusals),
		cmocka_unit_test(zones),
		cmocka_unit_test(local_time),
		cmocka_unit_test(last_format_is_kept_and_left),
		cmocka_unit_test(quick_is_exact),
		cmocka_unit_test(repeated_stamps),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
