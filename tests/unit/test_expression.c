#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "config/formula.h"

static double
half(void *arg)
{
	(void)arg;
	return 0.5;
}

/* Seconds of a third ban after ten minutes, factor 2; NAN when refused. */
static double
value_of(const char *text)
{
	const struct formula_values values = {
		.time = 600, .count = 3, .factor = 2, .random = half,
	};
	struct buf why = { 0 };
	struct expression *e = formula_parse(span_of(text), &why);
	double v = NAN;

	if (e != NULL && formula_run(e, &values, &v) != 0)
		v = INFINITY;
	if (e == NULL)
		assert_true(why.n > 0);
	expression_free(e);
	buf_fini(&why);
	return v;
}

static const struct { const char *text; double value; } good[] = {
	/* The two of the stock jail.conf. */
	{ "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor",
	  9600 },
	{ "ban.Time * math.exp(float(ban.Count+1)*banFactor)/"
	  "math.exp(1*banFactor)", 242057.27609564106 },
	{ "-2**2", -4 }, { "2**-1", 0.5 }, { "2**3**2", 512 },
	{ "(-2)**2", 4 }, { "- - 2", 2 }, { "7//2", 3 }, { "-7//2", -4 },
	{ "-7 % 3", 2 }, { "7 % -3", -2 }, { "7/2", 3.5 }, { "1e3", 1000 },
	{ "1.5e-1", 0.15 }, { ".5", 0.5 }, { "5.", 5 }, { "1 < 2", 1 },
	{ "1 < 3 < 2", 0 }, { "1 < 2 < 3", 1 }, { "3 > 2 == 2 != 5", 1 },
	{ "0 or 5", 5 }, { "4 and 5", 5 }, { "0 and 1/0", 0 },
	{ "not 0", 1 }, { "not 1 == 2", 1 }, { "1 if 0 else 2 if 0 else 3", 3 },
	{ "2 * 3 if 1 else 1/0", 6 }, { "1 + 2 << 3", 24 }, { "9 >> 1", 4 },
	{ "min(3, 1, 2)", 1 }, { "max(3, 1, ban.Count)", 3 },
	{ "int(3.9)", 3 }, { "int(-3.9)", -3 }, { "round(2.5)", 2 },
	{ "math.sqrt(16) + math.pow(2, 3)", 12 }, { "math.pi > 3.14", 1 },
	{ "ban.Time*(1+random.random())", 900 },
	{ "random.uniform(10, 20)", 15 }, { "random.randint(1, 6)", 4 },
	{ "2-1-1", 0 }, { "2 ** 2 * 3", 12 }, { "6 / 2 * 3", 9 },
	{ " ban.Count ", 3 }, { "1 <= 1 >= 1", 1 },
};

static const char *const bad[] = {
	"", " ", "1 +", "(1", "1)", "ban", "ban.time", "Ban.Time", "x",
	"ban.Time.real", "__import__('os').system('true')", "math",
	"math.exp", "math.exp()", "math.exp(1,2)", "min(1)", "random.random(1)",
	"[1]", "{}", "'a'", "1;2", "1,2", "lambda: 1", "1 if 2", "1 else 2",
	"1 if 1 else", "1 2", "1h", "10 m", "010", "1..2", "0x10", "1_0",
	"1 = 1", "1 <> 2", "!1", "1 & 2", "2 * * 2", "not", "int 3",
	"1 if (1 else 2)", "open(1)", "ban.Time if",
};

static const char *const failing[] = {
	"1/0", "1//0", "1%0", "0**-1", "10**10**10", "math.exp(1000)",
	"math.sqrt(-1)", "math.log(0)", "1.5<<1", "1<<-1", "1<<5000",
	"(0-8)**0.5", "1e999",
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		double v = value_of(good[i].text);

		if (!(fabs(v - good[i].value) < 1e-6))
			fail_msg("'%s' is %f", good[i].text, v);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!isnan(value_of(bad[i])))
			fail_msg("'%s' was taken", bad[i]);
}

static void
test_failing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++)
		if (!isinf(value_of(failing[i])))
			fail_msg("'%s' has a value", failing[i]);
}

static char *
repeat(const char *a, size_t n, const char *middle, const char *b)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_adds(&text, a);
	buf_adds(&text, middle);
	for (size_t i = 0; i < n; i++)
		buf_adds(&text, b);
	return buf_take(&text);
}

/* Neither depth nor size nor a run of it grows without bound. */
static void
test_bounds(void **state)
{
	static const struct { const char *a, *middle, *b; size_t n; } big[] = {
		{ "(", "1", ")", 400 }, { "-", "1", "", 1000 },
		{ "not ", "1", "", 250 }, { "2**", "1", "", 300 },
		{ "0 if 1 else ", "1", "", 79 }, { "1+", "1", "", 511 },
		{ "min(1,", "1", ")", 100 }, { "1", "1", "1", 600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(big) / sizeof(big[0]); i++) {
		char *text = repeat(big[i].a, big[i].n, big[i].middle,
		    big[i].b);

		if (!isnan(value_of(text)))
			fail_msg("%zu times '%s' was taken", big[i].n,
			    big[i].a);
		free(text);
	}
}

/* A middle of a chain stands in two comparisons; nested, that doubles. */
static void
test_steps(void **state)
{
	char *text = repeat("0<(", 25, "1", ")<9");
	struct formula_values values = { 0 };
	struct buf why = { 0 };
	struct expression *e = formula_parse(span_of(text), &why);
	double v = 7;

	(void)state;
	assert_non_null(e);
	errno = 0;
	assert_int_equal(formula_run(e, &values, &v), -1);
	assert_int_equal(errno, E2BIG);
	assert_true(v == 7);
	expression_free(e);
	buf_fini(&why);
	free(text);
}

static void
test_factor(void **state)
{
	struct buf why = { 0 };
	double v;

	(void)state;
	assert_int_equal(formula_factor(SPAN("24*60"), &v, &why), 0);
	assert_true(v == 1440);
	assert_int_equal(formula_factor(SPAN("ban.Time"), &v, &why), -1);
	assert_string_equal(why.p, "unknown name at 'ban.Time'");
	buf_clear(&why);
	assert_int_equal(formula_factor(SPAN("1/0"), &v, &why), -1);
	assert_string_equal(why.p, "has no finite value");
	buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_factor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
