#include "match/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

#define NS 1000000000u

static FILE *logged;

static struct filter *
make(void)
{
	static char usedns[] = "no";
	struct filter_config config = { .usedns = usedns };
	struct filter_options options = { .jail = "dear" };
	struct report report = { 0 };
	struct filter *f;

	strings_add(&config.failregex, SPAN("^cheap <HOST>"));
	strings_add(&config.failregex, SPAN("^(?:a+)+ <HOST>$"));
	strings_add(&config.ignoreregex, SPAN("^friend"));
	f = filter_new(&config, &options, &report);
	assert_non_null(f);
	strings_fini(&config.failregex);
	strings_fini(&config.ignoreregex);
	report_fini(&report);
	return f;
}

static void
nothing(const struct failure *failure, void *arg)
{
	(void)failure;
	(void)arg;
}

static void
feed(struct filter *f, const char *line, int times)
{
	while (times-- > 0)
		filter_message(f, span_of(line), clock_wall(), FILTER_ASIS,
		    nothing, NULL);
}

static struct boot
at(int64_t seconds)
{
	return (struct boot){ seconds * CLOCK_SECOND };
}

/* Warnings of the log since the last call. */
static unsigned
warnings(const char *words)
{
	static long from;
	char line[512];
	unsigned n = 0;

	fseek(logged, from, SEEK_SET);
	while (fgets(line, sizeof(line), logged) != NULL)
		if (strstr(line, "WARNING") != NULL &&
		    strstr(line, "[dear]") != NULL)
			n += strstr(line, words) != NULL;
	from = ftell(logged);
	return n;
}

static void
the_dear_one_is_named(void **state)
{
	struct filter *f = make();
	struct filter_cost cost;

	(void)state;
	assert_false(filter_costliest(f, &cost));
	feed(f, "cheap 192.0.2.1", 500);
	feed(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 192.0.2.", 500);
	assert_true(filter_costliest(f, &cost));
	assert_string_equal(cost.kind, "failregex");
	assert_int_equal(cost.number, 2);
	assert_true(cost.share > 0.5 && cost.share <= 1);
	assert_true(cost.ns == filter_regex_ns(f, 1));
	assert_true(filter_regex_ns(f, 0) > 0);
	assert_true(filter_counters(f)->limit_hits > 0);
	warnings("");
	filter_free(f);
}

static void
long_lines_count_without_samples(void **state)
{
	struct filter *f = make();
	struct filter_cost cost;
	char line[3000];

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	feed(f, "x", 1);
	feed(f, line, 3);   /* far from the next sample */
	assert_true(filter_costliest(f, &cost));
	assert_int_equal(cost.number, 2);
	warnings("");
	filter_free(f);
}

static void
too_much_is_said_once_an_hour(void **state)
{
	struct filter *f = make();
	int64_t s;

	(void)state;
	feed(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 192.0.2.", 200);
	warnings("");
	/* 40 % of a core: nothing. */
	for (s = 0; s <= 60; s++)
		filter_spent(f, 4 * (NS / 10), at(s));
	assert_int_equal(filter_counters(f)->over_budget, 0);
	assert_int_equal(warnings("processor"), 0);
	/* 90 %: once, though it goes on, and once more after an hour. */
	for (; s <= 120; s++)
		filter_spent(f, 9 * (NS / 10), at(s));
	assert_in_range(filter_counters(f)->over_budget, 5, 6);
	assert_int_equal(warnings("in failregex 2"), 1);
	for (; s <= 3720; s++)
		filter_spent(f, 9 * (NS / 10), at(s));
	assert_int_equal(warnings("in failregex 2"), 1);
	assert_true(filter_counters(f)->cpu_ns > UINT64_C(3000) * NS);
	filter_free(f);
}

static void
one_burst_is_no_load(void **state)
{
	struct filter *f = make();

	(void)state;
	filter_spent(f, 2 * (uint64_t)NS, at(100));
	filter_spent(f, 2 * (uint64_t)NS, at(200));
	filter_spent(f, 2 * (uint64_t)NS, at(300));
	assert_int_equal(filter_counters(f)->over_budget, 0);
	assert_int_equal(warnings("processor"), 0);
	filter_free(f);
}

/* --- lines made to cost ------------------------------------------------------ */

#define DEAR_NS 5000000u
#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 4u      /* a portion of a line is searched before a look */
#else
#define SLOWER 1u
#endif

/* The line's dearest of a few times: others use the processor, too. */
static uint64_t
cost(struct filter *f, struct span line)
{
	uint64_t least = UINT64_MAX, begin, ns;
	int i;

	for (i = 0; i < 3; i++) {
		begin = clock_cpu_ns();
		filter_line(f, line, FILTER_ASIS, nothing, NULL);
		ns = clock_cpu_ns() - begin;
		least = ns < least ? ns : least;
	}
	return least;
}

/* "HEAD part part part … TAIL", as long as a line may be, and shorter. */
static void
try_line(struct filter *f, const char *head, const char *part,
    const char *tail, uint64_t *most)
{
	static const size_t sizes[] = { 30, 200, 1500, 12000, 65000 };
	struct buf line = { 0 };
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buf_clear(&line);
		buf_addf(&line, "Nov 21 22:08:12 mail %s", head);
		while (line.n < sizes[i])
			buf_adds(&line, part);
		buf_adds(&line, tail);
		ns = cost(f, buf_span(&line));
		*most = ns > *most ? ns : *most;
	}
	buf_fini(&line);
}

static void
hostile(const char *what, struct filter *f, const char *const *heads)
{
	static const char *const parts[] = {
		"a", " ", "a ", ": ", "(", ") ", "=<>, ", "user=<a>, ",
		"(a,", ": (", "auth failed, ", "Disconnected: ", "a,1.2.3.4): ",
		"rip=1.2.3.4, ", "[", "]: ", ": b", "\"", "\\", "session=<", "1 ",
	};
	static const char *const tails[] = { "", "!", " 1.2.3.4x",
	    " no match (auth failed, no" };
	uint64_t most = 0;
	size_t h, p, t;

	for (h = 0; heads[h] != NULL; h++)
		for (p = 0; p < sizeof(parts) / sizeof(parts[0]); p++)
			for (t = 0; t < 4; t++)
				try_line(f, heads[h], parts[p], tails[t],
				    &most);
	printf("# %s: at most %.1f ms a line, %llu times given up\n", what,
	    (double)most / 1e6,
	    (unsigned long long)filter_counters(f)->limit_hits);
	assert_true(most < DEAR_NS * SLOWER);
	filter_free(f);
}

/* A filter of fail2ban's that such lines have stopped (GHSA-33wh-ccjc-p397). */
static void
no_line_costs_much(void **state)
{
	static const char *const words[] = { "", NULL };
	static const char *const dovecot[] = {
		"dovecot: ", "dovecot: imap-login: Disconnected",
		"dovecot: auth-worker(1): pam(", "dovecot: auth: ldap(",
		"dovecot: pop3-login: Aborted login (auth failed, ", NULL
	};
	struct config_request request = { .dir = "/etc/fail2ban",
	    .share = "." };
	struct filter_config config = { 0 };
	struct filter_options options = { 0 };
	struct report report = { 0 };

	(void)state;
	strings_add(&config.failregex, SPAN("(a+)+$<HOST>"));
	strings_add(&config.failregex, SPAN("^\\s*mail (?:\\S+\\s*)+<HOST>$"));
	strings_add(&config.failregex,
	    SPAN("^\\s*mail (?:: (?:\\w+|[^(]+))*\\(end <HOST>"));
	hostile("nested", filter_new(&config, &options, &report), words);
	filter_config_fini(&config);
	config = (struct filter_config){ 0 };
	if (config_load_filter(&request, "dovecot[mode=aggressive]", &config,
	    &report) == 0)
		hostile("dovecot", filter_new(&config, &options, &report),
		    dovecot);
	filter_config_fini(&config);
	report_fini(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dear_one_is_named),
		cmocka_unit_test(long_lines_count_without_samples),
		cmocka_unit_test(too_much_is_said_once_an_hour),
		cmocka_unit_test(one_burst_is_no_load),
		cmocka_unit_test(no_line_costs_much),
	};
	int rc;

	logged = tmpfile();
	if (logged == NULL)
		return 1;
	log_set_fd(fileno(logged));
	clock_tick();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	fclose(logged);
	return rc;
}
