#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "config/duration.h"

static const struct { const char *text; double seconds; } good[] = {
	{ "600", 600 }, { "10m", 600 }, { "1d 12h", 129600 },
	{ "1d12h", 129600 }, { "1h30", 3630 }, { "1h 30m", 5400 },
	{ "60*60", 3600 }, { "-1", -1 }, { "1.5h", 5400 },
	{ "1hour+30min", 5400 }, { "1y-6mo", 15778800 },
	{ "1year-6months", 15778800 }, { "6 months", 15778800 },
	{ "1W", 604800 }, { "1h/7", 3600.0 / 7 }, { "2*(1+3)", 8 },
	{ "1 weeks", 604800 }, { "3 Seconds", 3 }, { "1yea", 31557600 },
	{ "1h 2m 3s", 3723 }, { "--1", 1 }, { "2*-3", -6 }, { " 5 ", 5 },
	{ "0", 0 }, { "00", 0 }, { "8/2/2", 2 }, { "(1h)*2", 7200 },
	{ "1da 1ho 1mi 1se", 90061 }, { "1mm", 60 }, { "1mon", 2629800 },
	{ "10 - 3", 7 }, { "2**3", 8 }, { "2**1h", 7200 }, { "5%3", 2 }, { "1 and 2h", 7200 }, { "1000y", 31557600000.0 },
};

static const char *const bad[] = {
	"", " ", "x", "1x", "10 mins", "1secs", "1hr", "1hrs", "1ms", "1/0",
	"1+", "(1", "1)", "1 (2)", "(1)h", "h", "010", "05h", "1..2", ".",
	"1e3", "0x10", "1_0", "1;2", "1,5", "__import__('os')", "1 if 1 else 2",
	"math.pi", "not 1", "2*1h**2 h",
	"((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))",
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		double v = 0;

		if (duration_parse(span_of(good[i].text), &v) != 0)
			fail_msg("'%s' was refused", good[i].text);
		if (v != good[i].seconds)
			fail_msg("'%s' is %f", good[i].text, v);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		double v = 7;

		if (duration_parse(span_of(bad[i]), &v) != -1)
			fail_msg("'%s' is %f", bad[i], v);
		assert_int_equal(errno, EINVAL);
		assert_true(v == 7);
	}
}

static void
test_range(void **state)
{
	double v;

	(void)state;
	errno = 0;
	assert_int_equal(duration_parse(SPAN("1001y"), &v), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(duration_parse(SPAN("0-1001y"), &v), -1);
	assert_int_equal(errno, ERANGE);
	/* A NUL is no end. */
	assert_int_equal(duration_parse(span_from("1\0" "2", 3), &v), -1);
	assert_int_equal(errno, EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
