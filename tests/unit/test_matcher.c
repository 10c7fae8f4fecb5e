#include "match/regex_local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/xalloc.h"

#define LIMIT 100000
/* What a line may cost, and how much noise and sanitizers may add to it. */
#define LINE_MS 5.0
#define NOISE 4.0

static struct regex *
compile(const char *text, unsigned flags)
{
	struct regex_error error;
	struct regex *r = regex_new(span_of(text), flags, &error);

	if (r == NULL)
		fail_msg("%s: %s", text, error.text);
	return r;
}

static void
one_text_is_one_regex(void **state)
{
	struct regex *a = compile("^x <HOST>", 0), *b, *c, *d;

	(void)state;
	b = compile("^x <HOST>", 0);
	c = compile("^x <HOST>", REGEX_NO_DNS);
	d = compile("^x  <HOST>", 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(a, d);
	regex_free(a);
	assert_string_equal(regex_source(b), "^x <HOST>");
	regex_free(b);
	regex_free(c);
	a = compile("^x <HOST>", 0);
	assert_string_equal(regex_source(a), "^x <HOST>");
	regex_free(a);
	regex_free(d);
}

static void
matchers_are_shared_by_limit(void **state)
{
	struct matcher *a = matcher_share(LIMIT), *b = matcher_share(LIMIT);
	struct matcher *c = matcher_share(500);

	(void)state;
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	matcher_free(a);
	matcher_free(c);
	a = matcher_share(LIMIT);
	assert_ptr_equal(a, b);
	matcher_free(a);
	matcher_free(b);
}

/* A quiet expression costs no machine code; a busy one gets it. */
static void
code_is_made_when_it_is_used(void **state)
{
	struct regex *r = compile("(?:a|b) from <HOST>", 0);
	struct matcher *m = matcher_new(LIMIT);
	struct span line = SPAN("b from 192.0.2.1");
	int i;

	(void)state;
	assert_int_equal(matcher_search(m, r, line, 0, true), REGEX_MATCH);
	assert_false(r->forms[FORM_UTF].jit || r->forms[FORM_BYTES].jit);
	for (i = 0; i < 100; i++)
		assert_int_equal(matcher_search(m, r, line, 0, true),
		    REGEX_MATCH);
	assert_true(r->forms[FORM_BYTES].jit);
	assert_false(r->forms[FORM_UTF].jit);
	for (i = 0; i < 100; i++)
		assert_int_equal(matcher_search(m, r, line, 0, false),
		    REGEX_MATCH);
	assert_true(r->forms[FORM_UTF].jit);
	regex_free(r);
	matcher_free(m);
}

static const char *const patterns[] = {
	"^(?:\\w+\\s)?(?i:fail)ed \\S+ for (?P<u>.*?) from <HOST>\\b",
	"(?P<u>a+)b(?P=u)|<F-ID>[fo]+r</F-ID>",
	"(?<=\\s)f<F-ID>[a\\xc4]\\S*</F-ID>(?=\\W)(?!xx)",
	".*x<F-ID>\\d+</F-ID>\\S*\\s",
	"\\b<F-ID>k\\w*?</F-ID>\\b.{0,40}1",
};

/* Random words, many of them parts of what the patterns look for. */
static size_t
random_line(char *p, size_t max)
{
	static const char *const words[] = {
		"fa", "failed ", "x for ", "from ", "192.0.2.7", "x12", "a",
		"aab", "k", " ", "\xc3\xa9", "\xe2\x82\xac", "1", "zz ",
		"\xc4\x80", "for", "faiL",
	};
	size_t n = 0, want = (size_t)rand() % max, len;
	const char *word;

	for (;;) {
		word = words[(size_t)rand() %
		    (sizeof(words) / sizeof(words[0]))];
		len = strlen(word);
		if (n + len > want)
			return n;
		memcpy(p + n, word, len);
		n += len;
	}
}

/* Cold or warm, in one piece or in portions: as PCRE2 alone finds it. */
static void
portions_change_nothing(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct matcher *m = matcher_new(LIMIT);
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(data);
	char line[3000];
	struct span got;
	struct regex *r;
	size_t k, n, i;
	int round, rc, matched = 0;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (k = 0; k < sizeof(patterns) / sizeof(patterns[0]); k++) {
		r = compile(patterns[k], 0);
		for (round = 0; round < 4000; round++) {
			n = random_line(line, round % 2 ? sizeof(line) : 300);
			rc = pcre2_match(r->forms[FORM_UTF].code,
			    (PCRE2_SPTR)line, n, 0, PCRE2_NO_JIT, data, NULL);
			matcher_line(m);
			assert_int_equal(matcher_search(m, r,
			    span_from(line, n), 0, false), rc > 0 ?
			    REGEX_MATCH : REGEX_NONE);
			matched += rc > 0;
			for (i = 0; rc > 0 && i < (size_t)rc; i++) {
				assert_int_equal(matcher_group(m, (unsigned)i,
				    &got), v[2 * i] != PCRE2_UNSET);
				if (v[2 * i] == PCRE2_UNSET)
					continue;
				assert_ptr_equal(got.p, line + v[2 * i]);
				assert_int_equal(got.n, v[2 * i + 1] -
				    v[2 * i]);
			}
		}
		regex_free(r);
	}
	assert_true(matched > 2000);
	pcre2_match_data_free(data);
	matcher_free(m);
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* `unit` repeated up to n bytes, with the tail behind it. */
static struct span
hostile(char *line, const char *unit, size_t n, const char *tail)
{
	size_t i, len = strlen(unit);

	for (i = 0; i + len <= n; i += len)
		memcpy(line + i, unit, len);
	memcpy(line + i, tail, strlen(tail));
	return span_from(line, i + strlen(tail));
}

/*
 * PCRE2 keeps the memory that its deepest search took: what its pages cost,
 * in a virtual machine some 10 µs each, is paid once in a process.
 */
static void
grow_heap(struct matcher *m, char *line)
{
	struct regex *r = compile("(?:a|aa)+[0-9]x", REGEX_NO_DNS);

	matcher_line(m);
	matcher_search(m, r, hostile(line, "a", 60000, "x"), 0, true);
	regex_free(r);
}

static void
lines_that_cost_are_given_up(void **state)
{
	static const struct {
		const char *regex, *unit, *tail;
	} cases[] = {
		{ "^(a+)+$", "a", "b" },
		{ "(a+)+$", "a", "b" },
		{ "(?:a|aa)+[0-9]x", "a", "x" },
		{ "(a+)+[0-9]x", "aaaaaaaaaaaaaaaa ", "x" },
		{ "a+a+a+[0-9]x", "a", "x" },
		{ "^.* .* .* .* x$", " ", "yx" },
		{ "(?:\\S+ )*\\S+ from [0-9]$", "b", " from x" },
		{ "\\S+ from \\S+ port [0-9]+ ssh2$", "from x port y ssh2 ",
		    "from x port 1" },
		{ "\\s+x$", " ", "yx" },
		{ "(?:a?){20}[0-9]x", "a", "x" },
		{ "^(?:.*:)*\\s*(?:.*:)* failed$", "a: ", "faile" },
		{ "(?:[^ ]+ ?)*; from <HOST>", "ab", "; from 192.0.2.x" },
	};
	static const size_t sizes[] = { 30, 250, 3000, 60000 };
	char *line = xmalloc(61000);
	struct matcher *m = matcher_new(LIMIT);
	struct regex *r;
	struct span s;
	double begin, cost, worst = 0;
	size_t i, k, times;

	(void)state;
	grow_heap(m, line);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = compile(cases[i].regex, REGEX_NO_DNS);
		for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			s = hostile(line, cases[i].unit, sizes[k],
			    cases[i].tail);
			/* As text in ASCII, then as if it were none. */
			for (times = 0; times < 4; times++) {
				matcher_line(m);
				begin = cpu_ms();
				matcher_search(m, r, s, 0, times % 2 == 0);
				cost = cpu_ms() - begin;
				worst = cost > worst ? cost : worst;
				if (cost > LINE_MS * NOISE)
					fail_msg("%s, %zu bytes: %.1f ms",
					    cases[i].regex, s.n, cost);
			}
		}
		regex_free(r);
	}
	print_message("# the worst of them: %.1f ms\n", worst);
	free(line);
	matcher_free(m);
}

/* Many of them on one line: the line is given up, not each expression. */
static void
a_line_has_one_budget(void **state)
{
	static const char regex[] = "(?:\\S+ )*\\S+ from [0-9]$";
	char *line = xmalloc(61000);
	struct matcher *m = matcher_new(LIMIT);
	struct regex *r = compile(regex, REGEX_NO_DNS);
	struct span s = hostile(line, "b", 60000, " from x");
	double begin;
	int i;

	(void)state;
	matcher_line(m);
	assert_int_equal(matcher_spent(m), 0);
	begin = cpu_ms();
	for (i = 0; i < 100; i++)
		assert_int_equal(matcher_search(m, r, s, 0, true),
		    REGEX_LIMIT);
	assert_true(cpu_ms() - begin < LINE_MS * NOISE);
	assert_true(matcher_spent(m) > 0);
	/* The next line has its own. */
	matcher_line(m);
	assert_int_equal(matcher_search(m, r, SPAN("b from 1"), 0, true),
	    REGEX_MATCH);
	regex_free(r);
	free(line);
	matcher_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_is_one_regex),
		cmocka_unit_test(matchers_are_shared_by_limit),
		cmocka_unit_test(code_is_made_when_it_is_used),
		cmocka_unit_test(portions_change_nothing),
		cmocka_unit_test(lines_that_cost_are_given_up),
		cmocka_unit_test(a_line_has_one_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
