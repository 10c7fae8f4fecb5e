/*
 * Whether and how lines are scanned for literals first must change nothing:
 * each filter is asked about the same lines in several ways.
 */
#include "match/filter.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/strings.h"
#include "filter_scene.h"
#include "match/regex.h"
#include "match/text.h"
#include "random.h"

#define NOW INT64_C(1795298892)     /* 2026-11-21 22:08:12 UTC */

static const struct way {
	const char *name;
	bool off, blocks;
	bool whole;        /* prefregex without its quick form */
	enum scan_kind kind;
} ways[] = {
	{ "each line searched", true, false, false, SCAN_BEST },
	{ "plain", false, true, false, SCAN_PLAIN },
	{ "narrow", false, true, false, SCAN_NARROW },
	{ "wide", false, true, false, SCAN_WIDE },
	{ "line by line", false, false, false, SCAN_BEST },
	{ "whole prefregex", true, false, true, SCAN_BEST },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static size_t filters_seen, with_literals, lines_seen, hits_seen;

/* --- asking ------------------------------------------------------------------ */

static void
note_counters(const struct filter *f, struct buf *out)
{
	const struct filter_counters *c = filter_counters(f);
	const char *name;
	uint64_t hits;
	size_t i;

	buf_addf(out, "%llu lines, %llu, %llu, %llu, %llu; %llu hits\n",
	    (unsigned long long)c->lines, (unsigned long long)c->matched,
	    (unsigned long long)c->ignored, (unsigned long long)c->missed,
	    (unsigned long long)c->nofail,
	    (unsigned long long)filter_prefregex_hits(f));
	for (i = 0; filter_date_hits(f, i, &name, &hits); i++)
		if (hits > 0)
			buf_addf(out, "%s: %llu\n", name,
			    (unsigned long long)hits);
}

/* The same expression, written so that filter_prefix.c does not know it. */
static void
write_out(char **prefregex, struct buf *out)
{
	static const char tail[] = "<F-CONTENT>.+</F-CONTENT>$";
	struct span s = span_of(*prefregex);

	if (!span_ends(s, span_of(tail)))
		return;
	buf_add_span(out, span_sub(s, 0, s.n - strlen(tail)));
	buf_adds(out, "(?:<F-CONTENT>.+</F-CONTENT>)$");
	*prefregex = out->p;
}

static struct filter *
make(const struct filter_config *original, const struct way *way)
{
	struct filter_options options = {
		.count_prefix = true, .pending = true,
		.scan_off = way->off, .scan = way->kind,
	};
	struct filter_config config = *original;
	struct report report = { 0 };
	struct buf written = { 0 };
	struct filter *f;

	if (way->whole && config.prefregex != NULL)
		write_out(&config.prefregex, &written);
	f = filter_new(&config, &options, &report);
	buf_fini(&written);
	report_fini(&report);
	return f;
}

/* Everything the filter says about the lines. */
static void
ask(struct filter *f, struct span text, const struct way *way,
    struct buf *out)
{
	struct span line;
	int n = 0;

	if (way->blocks)
		filter_block(f, text);
	while (span_cut(&text, '\n', &line)) {
		buf_addf(out, "%d\n", (int)filter_line(f, line,
		    n++ % 7 == 0 ? FILTER_LIVE : FILTER_ASIS, note, out));
	}
	note_counters(f, out);
}

/* --- ASCII by bytes and by characters --------------------------------------- */

static size_t byte_matches;

static void
same_groups(struct matcher *m, struct regex *r, struct span text)
{
	const struct regex_name *names;
	size_t n = regex_names(r, &names), i;
	struct span bytes[FAILURE_GROUPS_MAX], one;
	bool has[FAILURE_GROUPS_MAX];
	enum regex_result result = matcher_search(m, r, text, 0, true);

	n = n < FAILURE_GROUPS_MAX ? n : FAILURE_GROUPS_MAX;
	for (i = 0; result == REGEX_MATCH && i < n; i++)
		has[i] = matcher_group(m, names[i].group, &bytes[i]);
	byte_matches += result == REGEX_MATCH;
	assert_int_equal(result, matcher_search(m, r, text, 0, false));
	for (i = 0; result == REGEX_MATCH && i < n; i++) {
		assert_int_equal(has[i],
		    matcher_group(m, names[i].group, &one));
		if (has[i])
			assert_true(bytes[i].p == one.p &&
			    bytes[i].n == one.n);
	}
}

/* Lines in ASCII mean the same to a regex that reads characters. */
static void
both_modes(const struct filter *f, struct span text)
{
	static const size_t dates[] = { 0, 15, 19, 23 };
	struct matcher *m = matcher_new(100000);
	struct regex_error error;
	struct regex *r;
	struct span all, line;
	size_t i, k;

	for (i = 0; i < filter_regex_count(f); i++) {
		r = regex_new(span_of(filter_regex_source(f, i)), 0, &error);
		assert_non_null(r);
		for (all = text; span_cut(&all, '\n', &line);) {
			if (!text_is_ascii(line))
				continue;
			matcher_line(m);
			for (k = 0; k < 4; k++)
				same_groups(m, r, span_skip(line, dates[k]));
		}
		regex_free(r);
	}
	matcher_free(m);
}

static void
compare(const char *name, const struct filter_config *config,
    struct span text)
{
	struct buf want = { 0 }, got = { 0 };
	struct filter *f;
	size_t i;

	for (i = 0; i < WAYS; i++) {
		f = make(config, &ways[i]);
		if (f == NULL)
			break;
		buf_clear(&got);
		ask(f, text, &ways[i], i == 0 ? &want : &got);
		if (i == 0) {
			lines_seen += filter_counters(f)->lines;
			hits_seen += filter_counters(f)->matched;
		} else if (!span_eq(buf_span(&want), buf_span(&got))) {
			show_difference(name, ways[i].name, &want, &got);
			fail();
		}
		if (i == 1) {
			filters_seen++;
			with_literals += filter_literals(f) > 0;
			both_modes(f, span_sub(text, 0, 40000));
		}
		filter_free(f);
	}
	buf_fini(&want);
	buf_fini(&got);
}

/* --- the samples ----------------------------------------------------------- */

static void
each_filter(const char *dir, const char *mode)
{
	struct filter_config config;
	char path[300], entry[320];
	struct buf text = { 0 };
	struct dirent *e;
	struct span name;
	DIR *d;

	snprintf(path, sizeof(path), "%s/filter.d", dir);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		name = span_of(e->d_name);
		if (!span_ends(name, SPAN(".conf")))
			continue;
		name.n -= 5;
		snprintf(entry, sizeof(entry), "%.*s", SPAN_FMT(name));
		buf_clear(&text);
		add_samples(entry, &text);
		snprintf(entry, sizeof(entry), "%.*s%s", SPAN_FMT(name),
		    mode);
		config = (struct filter_config){ 0 };
		if (load(dir, entry, &config))
			compare(entry, &config, buf_span(&text));
		filter_config_fini(&config);
	}
	if (d != NULL)
		closedir(d);
	buf_fini(&text);
}

static void
ours(void **state)
{
	(void)state;
	filters_seen = with_literals = lines_seen = hits_seen = 0;
	each_filter(".", "");
	assert_true(filters_seen > 0 && hits_seen > 0);
	assert_int_equal(with_literals, filters_seen);
}

static void
stock(void **state)
{
	(void)state;
	filters_seen = with_literals = lines_seen = hits_seen = 0;
	each_filter(STOCK, "");
	each_filter(STOCK, "[mode=aggressive]");
	printf("# %zu filters, %zu with literals; %zu lines, %zu failures\n",
	    filters_seen, with_literals, lines_seen, hits_seen);
	printf("# %zu matches, by bytes as by characters\n", byte_matches);
	if (access(STOCK "/filter.d/sshd.conf", F_OK) == 0)
		assert_true(byte_matches > 500);
	if (access(STOCK "/filter.d/sshd.conf", F_OK) == 0)
		assert_true(with_literals > filters_seen * 3 / 4);
}

/* --- random lines ------------------------------------------------------------ */

static void
random_lines(void **state)
{
	static const char *const names[] = {
		"sshd[mode=aggressive]", "dovecot[mode=aggressive]",
		"postfix[mode=aggressive]", "exim[mode=aggressive]",
		"nginx-http-auth", "apache-auth", "mysqld-auth", "asterisk",
		"proftpd", "recidive", "slapd", "mongodb-auth", "ejabberd-auth",
	};
	size_t count = getenv("SOAK") != NULL ? 100000 : 5000;
	struct buf samples = { 0 }, text = { 0 };
	struct filter_config config;
	struct span *lines = NULL;
	size_t i, k, n, asked = 0;
	char plain[64];

	(void)state;
	if (access(STOCK_LOGS "/sshd", F_OK) == -1) {
		printf("ok - random lines # SKIP no samples of fail2ban\n");
		return;
	}
	lines_seen = hits_seen = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = span_chr(span_of(names[i]), '[');
		snprintf(plain, sizeof(plain), "%.*s", n == SPAN_NONE ?
		    (int)strlen(names[i]) : (int)n, names[i]);
		add_samples(plain, &samples);
	}
	split(&samples, &lines, &n);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&text);
		for (k = 0; k < count; k++)
			random_line(lines, n, &text);
		config = (struct filter_config){ 0 };
		if (load(STOCK, names[i], &config)) {
			compare(names[i], &config, buf_span(&text));
			asked++;
		}
		filter_config_fini(&config);
	}
	printf("# %zu random lines, %zu failures\n", lines_seen, hits_seen);
	assert_true(asked > 0 && hits_seen > 0);
	free(lines);
	buf_fini(&samples);
	buf_fini(&text);
}

/* --- corner cases ------------------------------------------------------------ */

static void
try(const char *prefregex, const char *regex, const char *ignore,
    const char *datepattern, struct span text)
{
	struct filter_config config = {
		.prefregex = (char *)prefregex,
		.datepattern = (char *)datepattern,
	};
	struct span rest = span_of(regex), one;

	while (span_cut(&rest, '\n', &one))
		strings_add(&config.failregex, one);
	if (ignore != NULL)
		strings_add(&config.ignoreregex, span_of(ignore));
	compare(regex, &config, text);
	strings_fini(&config.failregex);
	strings_fini(&config.ignoreregex);
}

static void
corners(void **state)
{
	(void)state;
	lines_seen = hits_seen = 0;
	/* A text that is one only without the date in it. */
	try(NULL, "^hello <HOST>", NULL, NULL,
	    SPAN("hel2026-11-21 22:08:12lo 192.0.2.1\nhello 192.0.2.1\n"));
	try(NULL, "^\\[\\] <HOST> broke", NULL, NULL,
	    SPAN("[2026-11-21 22:08:12] 192.0.2.1 broke\nx\n"));
	try(NULL, "^ab cd\\[\\] <HOST>", NULL, 
	    "^ab cd\\[(%Y-%m-%d %H:%M:%S)\\]",
	    SPAN("ab cd[2026-11-21 22:08:12] 192.0.2.1\nx\n"));
	try(NULL, "^from<HOST>to", NULL, "{UNB}m(\\d{4}-\\d\\d-\\d\\d)?",
	    SPAN("fro2026-11-21m192.0.2.1to\nfrom192.0.2.1to\n"));
	/* The end of the content is an end. */
	try("^<F-CONTENT>.*</F-CONTENT> tail$", "bad <HOST>$", NULL, NULL,
	    SPAN("2026-11-21 22:08:12 bad 192.0.2.1 tail\nbad 192.0.2.2\n"));
	/* Kelvin's sign and the long s. */
	try(NULL, "(?i)kiss of <HOST>$", NULL, NULL,
	    SPAN("2026-11-21 22:08:12 \xe2\x84\xaaI\xc5\xbfS of 192.0.2.1\n"
	    "2026-11-21 22:08:12 KISS of 192.0.2.1\nnone\n"));
	/* … where "$" and "." mean what they do elsewhere, or not. */
	try("(?s)^<F-CONTENT>.+</F-CONTENT>$", "bad <HOST>\\s$", NULL, NULL,
	    SPAN("2026-11-21 22:08:12 bad 192.0.2.1\nbad 192.0.2.2\n"));
	try("^a|b <F-CONTENT>.+</F-CONTENT>$", "bad <HOST>$", NULL, NULL,
	    SPAN("a bad 192.0.2.1\nb bad 192.0.2.2\nb \n b\n"));
	/* What is ignored is counted, be there a failure or not. */
	try(NULL, "bad <HOST>\nworse <HOST>\nugly <HOST>\nevil <HOST>",
	    "^\\s*quiet", NULL,
	    SPAN("quiet\nbad 192.0.2.1\nquiet bad 192.0.2.1\nother\n"));
	/* Undated lines belong to the last date, of any line before. */
	try(NULL, "^\\s*bad <HOST>", NULL, NULL,
	    SPAN("2026-11-21 22:08:12 x\nbad 192.0.2.1\n"
	    "2026-11-21 22:07:59 y\nbad 192.0.2.1\nbad 192.0.2.1\n"));
	/* Bytes that are no UTF-8, a carriage return, no last newline. */
	try(NULL, "bad <HOST>$", NULL, NULL,
	    SPAN("\xff\xc3 bad 192.0.2.1\r\nbad 192.0.2.1\r\nbad 192.0.2.2"));
	assert_int_equal(hits_seen, 18);
}

static void
without_literal(void **state)
{
	(void)state;
	filters_seen = with_literals = 0;
	try(NULL, "^bad <HOST>\n^<HOST>$", NULL, NULL,
	    SPAN("192.0.2.1\nbad 192.0.2.1\n"));
	assert_int_equal(with_literals, 0);
	/* The line must match prefregex, too. */
	try("^prefix <F-CONTENT>.*</F-CONTENT>", "^<HOST>$", NULL, NULL,
	    SPAN("prefix 192.0.2.1\n192.0.2.1\n"));
	assert_int_equal(with_literals, 1);
	assert_int_equal(filters_seen, 2);
}

/* Nearly every line is worth a regex, then none, then some again. */
static void
rests(void **state)
{
	struct buf text = { 0 };
	size_t i;

	(void)state;
	hits_seen = 0;
	for (i = 0; i < 40000; i++)
		buf_addf(&text, "%s 192.0.2.%zu\n", i < 3000 ||
		    (i > 25000 && i % 3 == 0) ? "bad" : "good", i % 250);
	try(NULL, "^bad <HOST>$", NULL, NULL, buf_span(&text));
	assert_int_equal(hits_seen, 3000 + 5000);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corners),
		cmocka_unit_test(without_literal),
		cmocka_unit_test(rests),
		cmocka_unit_test(ours),
		cmocka_unit_test(stock),
		cmocka_unit_test(random_lines),
	};

	setenv("TZ", "UTC", 1);
	random_start();
	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(NOW), (struct boot){ CLOCK_SECOND });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
