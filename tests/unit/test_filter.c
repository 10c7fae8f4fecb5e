#include "match/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/log.h"

/* 2026-11-21 22:08:12 UTC. */
#define NOW INT64_C(1795298892)
#define STAMP "2026-11-21 22:08:12 "

/* What was handed over, as "id[/ip] user;" each. */
static struct buf seen;
static struct wall seen_time;
static size_t seen_lines;

static void
note(const struct failure *failure, void *arg)
{
	char ip[ADDR_STRLEN];
	size_t i;

	(void)arg;
	id_format(&failure->id, &seen);
	if (failure->named)
		buf_addc(&seen, '?');
	if (failure->ip.family != ADDR_NONE) {
		addr_format(&failure->ip, ip);
		buf_addf(&seen, "/%s", ip);
	}
	for (i = 0; i < failure->groups_n; i++) {
		if (span_eq(failure->groups[i].name, SPAN("user"))) {
			buf_addc(&seen, ' ');
			buf_add_span(&seen, failure->groups[i].value);
		}
	}
	buf_addc(&seen, ';');
	seen_time = failure->time;
	seen_lines = failure->lines_n;
}

struct spec {
	const char *prefregex, *usedns, *datepattern;
	const char *fail[6], *ignore[3];
	int64_t maxlines;
	struct filter_options options;
};

static struct filter *
try(const struct spec *spec, struct report *report)
{
	struct filter_config config = { 0 };
	struct filter *f;
	size_t i;

	config.prefregex = (char *)spec->prefregex;
	config.usedns = (char *)spec->usedns;
	config.datepattern = (char *)spec->datepattern;
	config.maxlines = spec->maxlines;
	for (i = 0; i < 6 && spec->fail[i] != NULL; i++)
		strings_add(&config.failregex, span_of(spec->fail[i]));
	for (i = 0; i < 3 && spec->ignore[i] != NULL; i++)
		strings_add(&config.ignoreregex, span_of(spec->ignore[i]));
	f = filter_new(&config, &spec->options, report);
	strings_fini(&config.failregex);
	strings_fini(&config.ignoreregex);
	return f;
}

static struct filter *
make(const struct spec *spec)
{
	struct report report = { 0 };
	struct filter *f = try(spec, &report);

	if (f == NULL)
		fail_msg("%s", report.v[0].text);
	report_fini(&report);
	return f;
}

static void
feed_as(struct filter *f, enum filter_time mode, struct span line,
    enum filter_verdict verdict, const char *want)
{
	buf_clear(&seen);
	assert_int_equal(filter_line(f, line, mode, note, NULL), verdict);
	assert_string_equal(seen.n > 0 ? seen.p : "", want);
}

static void
feed(struct filter *f, const char *text, enum filter_verdict verdict,
    const char *want)
{
	struct buf line = { 0 };

	buf_adds(&line, STAMP);
	buf_adds(&line, text);
	feed_as(f, FILTER_ASIS, buf_span(&line), verdict, want);
	buf_fini(&line);
}

static void
order_of_ids(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = {
		"^\\s*fid <F-ID>\\S+</F-ID> <HOST>$", "^ <F-ID/>$",
		"^ net <SUBNET>$", "^ host <HOST>\\s*$" } });

	(void)state;
	feed(f, "fid k1 192.0.2.7", FILTER_MATCHED, "k1/192.0.2.7;");
	feed(f, "fid 192.0.2.7 192.0.2.7", FILTER_MATCHED, "192.0.2.7;");
	feed(f, "word", FILTER_MATCHED, "word;");
	feed(f, "net 192.0.2.7/24", FILTER_MATCHED, "192.0.2.0/24;");
	feed(f, "host ::ffff:192.0.2.7", FILTER_MATCHED, "192.0.2.7;");
	feed(f, "host 2001:DB8::7", FILTER_MATCHED, "2001:db8::7;");
	feed(f, "host 999.1.1.1", FILTER_MISSED, "");
	feed(f, "host 1.2.3.4444", FILTER_MISSED, "");
	feed(f, "host a.example.com", FILTER_MISSED, "");
	assert_int_equal(filter_counters(f)->hosts_unresolved, 3);
	feed(f, "host", FILTER_MATCHED, "host;");
	filter_free(f);
}

static void
names_raw_or_not(void **state)
{
	struct filter *f;

	(void)state;
	f = make(&(struct spec){ .usedns = "raw",
	    .fail = { "^ host <HOST>$" } });
	feed(f, "host a.example.com", FILTER_MATCHED, "a.example.com;");
	filter_free(f);
	f = make(&(struct spec){ .usedns = "no",
	    .fail = { "^ host <HOST>$" } });
	feed(f, "host a.example.com", FILTER_MISSED, "");
	assert_int_equal(filter_counters(f)->hosts_unresolved, 0);
	filter_free(f);
}

static void
names_for_a_resolver(void **state)
{
	struct filter *f = make(&(struct spec){ .usedns = "yes",
	    .options.names = true,
	    .fail = { "^ host <HOST>$", "^ id <F-ID>\\w+</F-ID> <DNS>$" } });

	(void)state;
	feed(f, "host a.example.com", FILTER_MATCHED, "a.example.com?;");
	feed(f, "host 192.0.2.7", FILTER_MATCHED, "192.0.2.7;");
	feed(f, "id k a.example.com", FILTER_MATCHED, "k;");
	feed(f, "host 999.1.1.1", FILTER_MISSED, "");
	assert_int_equal(filter_counters(f)->hosts_unresolved, 1);
	filter_free(f);
	f = make(&(struct spec){ .usedns = "no", .options.names = true,
	    .fail = { "^ host <DNS>$" } });
	feed(f, "host a.example.com", FILTER_MISSED, "");
	filter_free(f);
}

static void
tuples(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = {
	    "^ a <F-TUPLE_ID_2>\\S+</F-TUPLE_ID_2> <F-ID/> "
	    "<F-TUPLE_ID_1>\\S+</F-TUPLE_ID_1>$",
	    "^ b <HOST> <F-TUPLE_USER>\\S+</F-TUPLE_USER>"
	    "(?: <F-USER>\\S+</F-USER>)?$",
	    "^ c <HOST> (?:<F-ALT_USER_1>a\\S+</F-ALT_USER_1>|"
	    "<F-ALT_USER_2>b\\S+</F-ALT_USER_2>)"
	    "(?: <F-TUPLE_USER_1>\\S+</F-TUPLE_USER_1>)?$" } });

	(void)state;
	feed(f, "a x 192.0.2.7 y", FILTER_MATCHED, "('192.0.2.7', 'y', 'x');");
	feed(f, "a it's \"q y", FILTER_MATCHED, "('\"q', 'y', \"it's\");");
	feed(f, "b 192.0.2.7 x joe", FILTER_MATCHED,
	    "192.0.2.7 ('joe', 'x');");
	feed(f, "b 192.0.2.7 x", FILTER_MATCHED, "192.0.2.7 (None, 'x');");
	feed(f, "c 192.0.2.7 bob x", FILTER_MATCHED,
	    "192.0.2.7 ('bob', 'x');");
	feed(f, "c 192.0.2.7 al", FILTER_MATCHED, "192.0.2.7 ('al', None);");
	filter_free(f);
}

static void
encodings(void **state)
{
	struct filter *f = make(&(struct spec){ .options.encoding = "latin1",
	    .fail = { "^ <F-USER>\\w+</F-USER> <HOST>$" } });
	static const char wide[] = "2\0" "0\0" "2\0" "6\0" "-\0" "1\0" "1\0"
	    "-\0" "2\0" "1\0" " \0" "2\0" "2\0" ":\0" "0\0" "8\0" ":\0" "1\0"
	    "2\0" " \0" "\x3c\x04" " \0" "1\0" ".\0" "2\0" ".\0" "3\0" ".\0"
	    "4\0" "\r\0";

	(void)state;
	feed(f, "j\xf6rg 192.0.2.7", FILTER_MATCHED,
	    "192.0.2.7 j\xc3\xb6rg;");
	feed(f, "joe 192.0.2.7\r", FILTER_MATCHED, "192.0.2.7 joe;");
	filter_free(f);
	f = make(&(struct spec){ .options.encoding = "utf_16",
	    .fail = { "^ <F-USER>\\w+</F-USER> <HOST>$" } });
	feed_as(f, FILTER_ASIS, span_from(wide, sizeof(wide) - 1),
	    FILTER_MATCHED, "1.2.3.4 \xd0\xbc;");
	assert_int_equal(wall_seconds(seen_time), NOW);
	filter_free(f);
}

static void
prefix_and_content(void **state)
{
	struct filter *f = make(&(struct spec){
	    .prefregex = "^ app\\[<F-USER>\\w+</F-USER>\\]: "
	    "<F-CONTENT>.*</F-CONTENT>(?: end)$",
	    .fail = { "^bad (?:<F-USER>b\\w+</F-USER> )?<HOST>$" } });

	(void)state;
	feed(f, "app[joe]: bad 192.0.2.7 end", FILTER_MATCHED,
	    "192.0.2.7 joe;");
	feed(f, "app[joe]: bad bob 192.0.2.7 end", FILTER_MATCHED,
	    "192.0.2.7 bob;");
	feed(f, "app[joe]: bad 192.0.2.7", FILTER_MISSED, "");
	feed(f, "xapp[joe]: bad 192.0.2.7 end", FILTER_MISSED, "");
	assert_int_equal(filter_prefregex_hits(f), 2);
	filter_free(f);
}

static void
ignoring(void **state)
{
	/* One against four: tested first; one against one: only after. */
	struct filter *early = make(&(struct spec){
	    .fail = { "a <HOST>", "b <HOST>", "c <HOST>", "d <HOST>" },
	    .ignore = { "good" } });
	struct filter *late = make(&(struct spec){
	    .fail = { "a <F-USER>\\w+</F-USER> <HOST>" },
	    .ignore = { "nix", "good" } });

	(void)state;
	feed(early, "x good", FILTER_IGNORED, "");
	feed(early, "d 192.0.2.7", FILTER_MATCHED, "192.0.2.7;");
	feed(late, "x good", FILTER_MISSED, "");
	feed(late, "a joe 192.0.2.7 good", FILTER_IGNORED, "");
	feed(late, "a joe 192.0.2.7", FILTER_MATCHED, "192.0.2.7 joe;");
	assert_int_equal(filter_ignoreregex_hits(late, 1), 1);
	assert_int_equal(filter_counters(late)->ignored, 1);
	filter_free(early);
	filter_free(late);
}

static void
alternatives(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = {
	    "^ r=<F-ALT_USER>\\S*</F-ALT_USER> <HOST>"
	    "(?: u=<F-USER>\\S*</F-USER>)?$" } });

	(void)state;
	feed(f, "r=joe 192.0.2.7", FILTER_MATCHED, "192.0.2.7 joe;");
	feed(f, "r=joe 192.0.2.7 u=", FILTER_MATCHED, "192.0.2.7 joe;");
	feed(f, "r=joe 192.0.2.7 u=bob", FILTER_MATCHED, "192.0.2.7 bob;");
	feed(f, "r= 192.0.2.7", FILTER_MATCHED, "192.0.2.7;");
	filter_free(f);
}

static void
sessions(void **state)
{
	struct filter *f = make(&(struct spec){
	    .prefregex = "^<F-MLFID> \\S+ </F-MLFID>"
	    "<F-CONTENT>.+</F-CONTENT>$",
	    .fail = {
	    "^<F-NOFAIL>try</F-NOFAIL> <F-USER>\\w+</F-USER> <HOST>$",
	    "^bad <F-USER>\\w+</F-USER>(?: <HOST>)?$",
	    "^<F-MLFFORGET><F-MLFGAINED>in</F-MLFGAINED></F-MLFFORGET> "
	    "<F-USER>\\w+</F-USER> <HOST>$",
	    "^<F-NOFAIL>from</F-NOFAIL> <HOST>$" } });

	(void)state;
	/* Two good sign-ins, each with a key refused before. */
	feed(f, "1 try bob 192.0.2.7", FILTER_NOFAIL, "");
	feed(f, "1 in bob 192.0.2.7", FILTER_NOFAIL, "");
	feed(f, "1 try bob 192.0.2.7", FILTER_NOFAIL, "");
	feed(f, "1 in bob 192.0.2.7", FILTER_NOFAIL, "");
	/* joe fails, bob gets in: somebody is guessing. */
	feed(f, "2 bad joe 192.0.2.8", FILTER_MATCHED, "192.0.2.8 joe;");
	feed(f, "2 in bob 192.0.2.8", FILTER_MATCHED, "192.0.2.8 bob;");
	/* The address comes later. */
	feed(f, "3 bad joe", FILTER_NOFAIL, "");
	feed(f, "3 from 192.0.2.9", FILTER_MATCHED, "192.0.2.9 joe;");
	assert_int_equal(seen_lines, 2);
	feed(f, "4 from 192.0.2.9", FILTER_NOFAIL, "");
	feed(f, "4 bad joe", FILTER_MATCHED, "192.0.2.9 joe;");
	assert_int_equal(filter_counters(f)->nofail, 6);
	filter_free(f);
}

static void
nofail_without_a_session(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = {
	    "^ <F-NOFAIL>try</F-NOFAIL> <HOST>$" } });

	(void)state;
	feed(f, "try 192.0.2.7", FILTER_NOFAIL, "");
	feed_as(f, FILTER_LIVE, SPAN(STAMP "try 192.0.2.7"),
	    FILTER_MATCHED, "192.0.2.7;");
	filter_free(f);
}

static void
hostile_bytes(void **state)
{
	struct filter *f = make(&(struct spec){
	    .fail = { "^ bad <F-USER>.*</F-USER> from <HOST>$" },
	    .options = { .line_max = 200 } });
	char line[400];

	(void)state;
	feed(f, "bad \xff\xfe from 192.0.2.7", FILTER_MATCHED,
	    "192.0.2.7 \xef\xbf\xbd\xef\xbf\xbd;");
	feed(f, "bad caf\xc3\xa9 from 192.0.2.7\r", FILTER_MATCHED,
	    "192.0.2.7 caf\xc3\xa9;");
	feed(f, "bad x from 1.1.1.1 from 192.0.2.7", FILTER_MATCHED,
	    "192.0.2.7 x from 1.1.1.1;");
	feed_as(f, FILTER_ASIS, SPAN(STAMP "bad a\0b from 192.0.2.7"),
	    FILTER_MATCHED, "192.0.2.7 a");
	feed_as(f, FILTER_ASIS, SPAN(""), FILTER_MISSED, "");
	memset(line, 'x', sizeof(line));
	feed_as(f, FILTER_ASIS, span_from(line, sizeof(line)),
	    FILTER_MISSED, "");
	assert_int_equal(filter_counters(f)->cut, 1);
	filter_free(f);
}

static void
limit_is_a_counted_miss(void **state)
{
	struct filter *f = make(&(struct spec){
	    .fail = { "^ (?:a+)+ <HOST>$", "^ a+! <HOST>$" } });

	(void)state;
	feed(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! 192.0.2.7",
	    FILTER_MATCHED, "192.0.2.7;");
	assert_int_equal(filter_counters(f)->limit_hits, 1);
	filter_free(f);
}

static void
time_rules(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = { "bad <HOST>" },
	    .options = { .findtime = 600 } });

	(void)state;
	feed_as(f, FILTER_LIVE, SPAN("2026-11-21 22:07:20 bad 192.0.2.7"),
	    FILTER_MATCHED, "192.0.2.7;");
	assert_int_equal(wall_seconds(seen_time), NOW - 52);
	feed_as(f, FILTER_LIVE, SPAN("2026-11-21 22:07:00 bad 192.0.2.7"),
	    FILTER_MATCHED, "192.0.2.7;");
	assert_int_equal(wall_seconds(seen_time), NOW);
	assert_int_equal(filter_counters(f)->clock_off, 1);
	feed_as(f, FILTER_LIVE, SPAN("2026-11-21 22:09:00 bad 192.0.2.7"),
	    FILTER_MATCHED, "192.0.2.7;");
	assert_int_equal(wall_seconds(seen_time), NOW);
	feed_as(f, FILTER_RESTORING, SPAN("2026-11-21 21:58:13 bad 1.1.1.1"),
	    FILTER_MATCHED, "1.1.1.1;");
	assert_int_equal(wall_seconds(seen_time), NOW - 599);
	feed_as(f, FILTER_RESTORING, SPAN("2026-11-21 21:58:11 bad 1.1.1.1"),
	    FILTER_MISSED, "");
	assert_int_equal(filter_counters(f)->too_old, 1);
	feed_as(f, FILTER_RESTORING, SPAN("2026-11-21 23:58:11 bad 1.1.1.1"),
	    FILTER_MATCHED, "1.1.1.1;");
	assert_int_equal(wall_seconds(seen_time), NOW);
	feed_as(f, FILTER_ASIS, SPAN("2005-11-21 22:08:12 bad 192.0.2.7"),
	    FILTER_MATCHED, "192.0.2.7;");
	assert_int_equal(wall_seconds(seen_time), 1132610892);
	/* Without a date: now, but nothing while old lines are read. */
	feed_as(f, FILTER_LIVE, SPAN("bad 192.0.2.7"), FILTER_MATCHED,
	    "192.0.2.7;");
	assert_int_equal(wall_seconds(seen_time), NOW);
	feed_as(f, FILTER_RESTORING, SPAN("bad 192.0.2.7"), FILTER_MISSED,
	    "");
	filter_free(f);
}

static void
messages_bring_their_time(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = { "^bad <HOST>$" } });

	(void)state;
	buf_clear(&seen);
	assert_int_equal(filter_message(f, SPAN("bad 192.0.2.7"),
	    wall_from_seconds(NOW - 5), FILTER_LIVE, note, NULL),
	    FILTER_MATCHED);
	assert_string_equal(seen.p, "192.0.2.7;");
	assert_int_equal(wall_seconds(seen_time), NOW - 5);
	filter_free(f);
}

/* "." and "$" stop at the first newline, also with a short prefregex. */
static void
messages_of_several_lines(void **state)
{
	struct filter *f = make(&(struct spec){ .fail = { "^bad <HOST>$" },
	    .prefregex = "^x <F-CONTENT>.+</F-CONTENT>$" });

	(void)state;
	buf_clear(&seen);
	assert_int_equal(filter_message(f, SPAN("x bad 192.0.2.7\nand more"),
	    wall_from_seconds(NOW), FILTER_LIVE, note, NULL), FILTER_MISSED);
	assert_int_equal(filter_prefregex_hits(f), 0);
	assert_int_equal(filter_message(f, SPAN("x bad 192.0.2.7"),
	    wall_from_seconds(NOW), FILTER_LIVE, note, NULL),
	    FILTER_MATCHED);
	assert_int_equal(filter_prefregex_hits(f), 1);
	filter_free(f);
}

static void
all_regexes_are_counted_when_asked(void **state)
{
	struct filter *f = make(&(struct spec){
	    .fail = { "bad <HOST>", "ad <HOST>", "worse <HOST>" },
	    .options = { .check_all = true } });

	(void)state;
	feed(f, "bad 192.0.2.7", FILTER_MATCHED, "192.0.2.7;192.0.2.7;");
	assert_int_equal(filter_regex_hits(f, 0), 1);
	assert_int_equal(filter_regex_hits(f, 1), 1);
	assert_int_equal(filter_regex_hits(f, 2), 0);
	assert_string_equal(filter_regex_source(f, 0), "bad <HOST>");
	filter_free(f);
}

static void
every_error_is_reported(void **state)
{
	struct report report = { 0 };
	const struct spec spec = {
		.datepattern = "%q", .prefregex = "(",
		.fail = { "<HOST>", "bad [", "\\h<HOST>" },
		.ignore = { "*" }, .maxlines = 101
	};

	(void)state;
	assert_null(try(&spec, &report));
	assert_int_equal(report.errors, 6);
	assert_non_null(strstr(report.v[2].text, "failregex 2"));
	assert_non_null(strstr(report.v[2].text, "offset 4"));
	report_fini(&report);
	assert_null(try(&(struct spec){ .fail = { "no id" } }, &report));
	assert_non_null(strstr(report.v[0].text, "No failure-id group"));
	report_fini(&report);
}

static void
several_lines(void **state)
{
	struct filter *f = make(&(struct spec){ .maxlines = 4,
	    .fail = { "^ <F-ID>\\w+</F-ID> begin$<SKIPLINES>^ (?P=fid) end$" },
	    .ignore = { "^ good begin" } });

	(void)state;
	feed(f, "a begin", FILTER_MISSED, "");
	feed(f, "b begin", FILTER_MISSED, "");
	feed(f, "a end", FILTER_MATCHED, "a;");
	assert_int_equal(seen_lines, 2);
	/* b was skipped, not consumed. */
	feed(f, "b end", FILTER_MATCHED, "b;");
	feed(f, "b end", FILTER_MISSED, "");
	/* Four lines back is forgotten. */
	feed(f, "c begin", FILTER_MISSED, "");
	feed(f, "1", FILTER_MISSED, "");
	feed(f, "2", FILTER_MISSED, "");
	feed(f, "3", FILTER_MISSED, "");
	feed(f, "c end", FILTER_MISSED, "");
	/* Ignoring looks at the matched lines. */
	feed(f, "good begin", FILTER_MISSED, "");
	feed(f, "good end", FILTER_IGNORED, "");
	feed(f, "d\xff begin", FILTER_MISSED, "");
	feed(f, "d begin", FILTER_MISSED, "");
	feed(f, "d end", FILTER_MATCHED, "d;");
	filter_free(f);
}

/* Any bytes at all, through a filter with every stage. */
static void
feed_random(int64_t lines)
{
	struct filter *f = make(&(struct spec){
	    .prefregex = "^(?:\\[\\])? ?<F-MLFID>\\w*</F-MLFID>"
	    "<F-CONTENT>.+</F-CONTENT>$",
	    .fail = { "<F-USER>.*?</F-USER> from <HOST>", "<F-ID>x+</F-ID>",
	    "<F-NOFAIL>a+</F-NOFAIL>", "<F-MLFFORGET>b</F-MLFFORGET>" },
	    .ignore = { "ok" }, .maxlines = lines });
	static const char *const pieces[] = {
		STAMP, "Nov 21 22:08:12 ", "[1795298892] ", "x", "a", "b",
		" from ", "192.0.2.7", "::1", "\xff", "\xc3\xa9", "\xe2\x82",
		"ok", "\r", "", "host.example.com", "[", "]", "joe"
	};
	const struct filter_counters *c;
	unsigned seed = (unsigned)time(NULL);
	struct buf line = { 0 };
	int i, k;

	print_message("# seed %u\n", seed);
	srand(seed);
	for (i = 0; i < 50000; i++) {
		buf_clear(&line);
		for (k = rand() % 8; k >= 0; k--)
			buf_adds(&line, pieces[(size_t)rand() % 19]);
		if (line.n > 0 && rand() % 4 == 0)
			line.p[(size_t)rand() % line.n] = (char)rand();
		buf_clear(&seen);
		filter_line(f, buf_span(&line), (enum filter_time)(i % 3),
		    note, NULL);
	}
	c = filter_counters(f);
	assert_int_equal(c->lines, 50000);
	assert_int_equal(c->matched + c->ignored + c->missed + c->nofail,
	    50000);
	/* prefregex knows no lines: in a window it takes single ones only. */
	if (lines == 1)
		assert_true(c->matched > 1000 && c->ignored > 1000);
	else
		assert_true(c->ignored > 1000);
	buf_fini(&line);
	filter_free(f);
}

static void
random_lines(void **state)
{
	(void)state;
	feed_random(1);
}

static void
random_lines_in_a_window(void **state)
{
	(void)state;
	feed_random(5);
}

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(NOW), (struct boot){ CLOCK_SECOND });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&seen);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_ids),
		cmocka_unit_test(names_raw_or_not),
		cmocka_unit_test(names_for_a_resolver),
		cmocka_unit_test(tuples),
		cmocka_unit_test(encodings),
		cmocka_unit_test(prefix_and_content),
		cmocka_unit_test(ignoring),
		cmocka_unit_test(alternatives),
		cmocka_unit_test(sessions),
		cmocka_unit_test(nofail_without_a_session),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(limit_is_a_counted_miss),
		cmocka_unit_test(time_rules),
		cmocka_unit_test(messages_bring_their_time),
		cmocka_unit_test(messages_of_several_lines),
		cmocka_unit_test(all_regexes_are_counted_when_asked),
		cmocka_unit_test(every_error_is_reported),
		cmocka_unit_test(several_lines),
		cmocka_unit_test(random_lines),
		cmocka_unit_test(random_lines_in_a_window),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
