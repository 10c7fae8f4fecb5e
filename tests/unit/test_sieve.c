/*
 * Many filters that read one log through one sieve find what each of them
 * finds alone, asked about every line.
 */
#include "match/sieve.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/strings.h"
#include "filter_scene.h"
#include "source/lines.h"

#define NOW INT64_C(1795298892)     /* 2026-11-21 22:08:12 UTC */
#define MANY_MAX 120

/* Of each filter two: one alone, which gets every line, and one of many. */
struct pair {
	struct span name;          /* of its file */
	struct filter *alone, *shared;
	struct buf want, got;
	struct lines lines;
};

static size_t hits_seen;
static struct pair many[MANY_MAX];
static size_t many_n;
static uint64_t passed_by;

static bool
to_alone(struct span line, void *arg)
{
	struct pair *p = arg;

	filter_line(p->alone, line, FILTER_ASIS, note, &p->want);
	return true;
}

static bool
to_shared(struct span line, void *arg)
{
	struct pair *p = arg;

	filter_line(p->shared, line, FILTER_ASIS, note, &p->got);
	return true;
}

static size_t
pass_by(struct span rest, uint64_t *lines, void *arg)
{
	struct pair *p = arg;
	size_t n = filter_skip(p->shared, rest, FILTER_ASIS, lines);

	passed_by += *lines;
	return n;
}

static void
add_pair(struct span name, const struct filter_config *config)
{
	static const struct filter_options off = { .scan_off = true },
	    on = { 0 };
	struct report report = { 0 };
	struct pair *p = &many[many_n];

	*p = (struct pair){ .name = name };
	p->alone = filter_new(config, &off, &report);
	p->shared = filter_new(config, &on, &report);
	lines_init(&p->lines, 65536);
	p->lines.skip = pass_by;
	many_n += p->alone != NULL;
	report_fini(&report);
}

static void
add_pairs(void)
{
	static struct strings names;
	struct filter_config config;
	struct dirent *e;
	struct span s;
	DIR *d = opendir(STOCK "/filter.d");

	many_n = 0;
	while (d != NULL && (e = readdir(d)) != NULL && many_n < MANY_MAX) {
		s = span_of(e->d_name);
		if (!span_ends(s, SPAN(".conf")))
			continue;
		strings_add(&names, span_sub(s, 0, s.n - 5));
		config = (struct filter_config){ 0 };
		if (load(STOCK, names.v[names.n - 1], &config))
			add_pair(span_of(names.v[names.n - 1]), &config);
		filter_config_fini(&config);
	}
	if (d != NULL)
		closedir(d);
}

/* As several tails read one file: in turns, the same block each. */
static void
read_together(struct span text)
{
	struct sieve *sieve = sieve_new(SCAN_BEST);
	struct span block;
	uint64_t serial = 0;
	size_t i;

	for (; text.n > 0; text = span_skip(text, block.n)) {
		block = span_sub(text, 0, 1 + random_below(60000));
		serial++;
		for (i = 0; i < many_n; i++) {
			sieve_block(sieve, block, serial);
			filter_sieve(many[i].shared, sieve);
			lines_feed(&many[i].lines, block, to_shared, &many[i]);
			filter_sieve(many[i].shared, NULL);
		}
	}
	printf("# %zu texts in one sieve\n", sieve_literals(sieve));
	sieve_free(sieve);
}

static void
compare_pair(struct pair *p)
{
	const struct filter_counters *a = filter_counters(p->alone),
	    *b = filter_counters(p->shared);

	if (!span_eq(buf_span(&p->want), buf_span(&p->got))) {
		show_difference(p->name.p, "together", &p->want, &p->got);
		fail();
	}
	assert_int_equal(a->lines, b->lines);
	assert_int_equal(a->matched, b->matched);
	assert_int_equal(a->ignored, b->ignored);
	assert_int_equal(a->nofail, b->nofail);
	assert_int_equal(a->missed, b->missed);
	hits_seen += a->matched;
}

static void
forget_pair(struct pair *p)
{
	filter_free(p->alone);
	filter_free(p->shared);
	buf_fini(&p->want);
	buf_fini(&p->got);
	lines_fini(&p->lines);
}

static void
read_alone(struct span text)
{
	struct lines every;
	size_t i;

	for (i = 0; i < many_n; i++) {
		lines_init(&every, 65536);
		lines_feed(&every, text, to_alone, &many[i]);
		lines_fini(&every);
		compare_pair(&many[i]);
		forget_pair(&many[i]);
	}
}

/* A line of one of three formats, or without a date. */
static void
random_dated(size_t i, struct buf *out)
{
	static const char *const days[] = {
		"2026-11-21", "Nov 21", "21/11/2026"
	};
	size_t second = i / 20 % 480;

	if (random_below(3) != 0)
		buf_addf(out, "%s 22:%02zu:%02zu ", days[random_below(50) == 0 ?
		    random_below(3) : 1], second / 60, second % 60);
	buf_adds(out, random_below(20) == 0 ? "bad" : "good");
	buf_addf(out, " 192.0.2.%zu\n", i % 250);
}

/* Dates that nobody read count as if somebody had. */
static void
unread_dates(void **state)
{
	struct filter_config config = { 0 };
	struct buf text = { 0 };
	size_t i;

	(void)state;
	strings_add(&config.failregex, SPAN("^\\s*bad <HOST>$"));
	for (i = 0; i < 20000; i++)
		random_dated(i, &text);
	many_n = 0;
	hits_seen = passed_by = 0;
	add_pair(SPAN("unread dates"), &config);
	read_together(buf_span(&text));
	read_alone(buf_span(&text));
	assert_true(hits_seen > 800 && passed_by > 10000);
	strings_fini(&config.failregex);
	buf_fini(&text);
}

/* What the scanner's sample was full of goes, other texts come. */
static void
changing_log(void **state)
{
	static const char *const words[] = { "alpha", "beta", "gamma" };
	struct filter_config config = { 0 };
	struct buf text = { 0 }, regex = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < 60; i++) {
		buf_clear(&regex);
		buf_addf(&regex, "^\\s*alpha%zu beta%zu gamma%zu <HOST>$", i,
		    i * 7, i * 3);
		strings_add(&config.failregex, buf_span(&regex));
	}
	for (i = 0; i < 60000; i++) {
		k = random_below(60);
		if (random_below(30) == 0)
			buf_addf(&text, "alpha%zu beta%zu gamma%zu", k, k * 7,
			    k * 3);
		else
			buf_addf(&text, "%s%zu of %s", words[i / 20000], k,
			    words[i / 20000]);
		buf_addf(&text, " 192.0.2.%zu\n", i % 250);
	}
	many_n = 0;
	hits_seen = passed_by = 0;
	add_pair(SPAN("changing log"), &config);
	read_together(buf_span(&text));
	read_alone(buf_span(&text));
	assert_true(hits_seen > 1000 && passed_by > 20000);
	strings_fini(&config.failregex);
	buf_fini(&text);
	buf_fini(&regex);
}

/* Windows get the lines that stand in them when something is found. */
static void
windows(void **state)
{
	struct filter_config config = { .maxlines = 4 };
	struct buf text = { 0 };
	size_t i;

	(void)state;
	strings_add(&config.failregex, SPAN("^\\s*one (?P<k>\\d)"
	    "<SKIPLINES>\\s*two (?P=k) <HOST>$"));
	for (i = 0; i < 40000; i++) {
		switch (random_below(i % 3000 < 1000 ? 3 : 40)) {
		case 0:
			buf_addf(&text, "one %zu\n", random_below(2));
			break;
		case 1:
			buf_addf(&text, "22:01:02 two %zu 192.0.2.%zu\n",
			    random_below(2), i % 250);
			break;
		default:
			buf_addf(&text, "22:01:0%zu three\n",
			    random_below(10));
		}
	}
	many_n = 0;
	hits_seen = passed_by = 0;
	add_pair(SPAN("windows"), &config);
	read_together(buf_span(&text));
	read_alone(buf_span(&text));
	printf("# %zu failures of windows, %llu lines passed by\n",
	    hits_seen, (unsigned long long)passed_by);
	assert_true(hits_seen > 100 && passed_by > 1000);
	strings_fini(&config.failregex);
	buf_fini(&text);
}

static void
together(void **state)
{
	size_t count = getenv("SOAK") != NULL ? 1000000 : 20000, n, i;
	struct buf samples = { 0 }, text = { 0 };
	struct span *lines = NULL;

	(void)state;
	if (access(STOCK_LOGS "/sshd", F_OK) == -1) {
		printf("ok - together # SKIP no samples of fail2ban\n");
		return;
	}
	add_pairs();
	for (i = 0; i < many_n; i++)
		add_samples(many[i].name.p, &samples);
	split(&samples, &lines, &n);
	for (i = 0; i < count; i++)
		random_line(lines, n, &text);
	hits_seen = passed_by = 0;
	read_together(buf_span(&text));
	read_alone(buf_span(&text));
	printf("# %zu filters, %zu lines, %zu failures; %llu times a line "
	    "was passed by\n", many_n, count, hits_seen,
	    (unsigned long long)passed_by);
	assert_true(hits_seen > 0 && passed_by > 0);
	free(lines);
	buf_fini(&samples);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unread_dates),
		cmocka_unit_test(changing_log),
		cmocka_unit_test(windows),
		cmocka_unit_test(together),
	};

	setenv("TZ", "UTC", 1);
	random_start();
	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(NOW), (struct boot){ CLOCK_SECOND });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
