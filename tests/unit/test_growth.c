/* How bans grow: upstream's numbers, and settings at their edges. */
#include "jail/growth.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/span.h"

static struct growth_config config;

static int
setup(void **state)
{
	(void)state;
	config = (struct growth_config){ .increment = true, .factor = 1 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	strings_fini(&config.multipliers);
	return 0;
}

static int64_t
bantime(int64_t first, uint32_t count)
{
	struct growth *g = growth_new(&config);
	int64_t seconds = -2;

	assert_non_null(g);
	if (growth_bantime(g, first, count, &seconds) != 0)
		seconds = -errno * 1000;
	growth_free(g);
	return seconds;
}

static void
it_doubles_without_a_formula(void **state)
{
	(void)state;
	assert_int_equal(bantime(600, 1), 1200);
	assert_int_equal(bantime(600, 2), 2400);
	assert_int_equal(bantime(600, 20), 600 << 20);
	assert_int_equal(bantime(600, 4000000000), 600 << 20);
	config.factor = 0.5;
	assert_int_equal(bantime(600, 1), 600);
	assert_int_equal(bantime(600, 3), 2400);
	/* Never less than a first ban. */
	config.factor = 0.001;
	assert_int_equal(bantime(600, 3), 600);
}

static void
a_formula_is_obeyed(void **state)
{
	(void)state;
	config.formula = (char *)"ban.Time * math.exp(float(ban.Count + 1)"
	    " * banFactor) / math.exp(1 * banFactor)";
	config.factor = 2.0 / 3;
	assert_int_equal(bantime(600, 1), 1168);
	assert_int_equal(bantime(600, 6), 32758);
	config.formula = (char *)"ban.Time / (ban.Count - 3)";
	assert_int_equal(bantime(600, 3), -EDOM * 1000);
	assert_int_equal(bantime(600, 9), 600);
}

static void
multipliers_win_and_the_last_repeats(void **state)
{
	(void)state;
	config.formula = (char *)"7";
	strings_add(&config.multipliers, SPAN("1"));
	strings_add(&config.multipliers, SPAN("5"));
	strings_add(&config.multipliers, SPAN("30"));
	assert_int_equal(bantime(600, 1), 3000);
	assert_int_equal(bantime(600, 2), 18000);
	assert_int_equal(bantime(600, 9), 18000);
	config.factor = 0.1;
	assert_int_equal(bantime(600, 1), 300);
	strings_fini(&config.multipliers);
	strings_add(&config.multipliers, SPAN("0"));
	assert_int_equal(bantime(600, 1), 0);
}

static void
maxtime_bounds_and_minus_one_is_for_ever(void **state)
{
	(void)state;
	config.limited = true;
	config.maxtime = 1000;
	assert_int_equal(bantime(600, 1), 1000);
	/* Also what a first ban takes. */
	config.maxtime = 60;
	assert_int_equal(bantime(600, 1), 60);
	config.maxtime = -1;
	assert_int_equal(bantime(600, 1), -1);
	config.maxtime = -5;
	assert_int_equal(bantime(600, 1), 0);
}

static void
the_random_time_comes_on_top(void **state)
{
	int64_t least = INT64_MAX, most = 0, v;

	(void)state;
	config.limited = true;
	config.maxtime = 1000;
	config.rndtime = 100;
	for (int i = 0; i < 1000; i++) {
		v = bantime(600, 1);
		least = v < least ? v : least;
		most = v > most ? v : most;
	}
	assert_in_range(least, 1000, 1010);
	assert_in_range(most, 1090, 1099);
}

static void
numbers_without_end_are_bounded(void **state)
{
	(void)state;
	config.factor = 1e300;
	assert_in_range(bantime(600, 20), 1000000000000000, INT64_MAX);
	config.limited = true;
	config.maxtime = INFINITY;
	assert_in_range(bantime(600, 20), 1000000000000000, INT64_MAX);
}

static void
what_is_restored_is_bounded_by_maxtime_only(void **state)
{
	struct growth *g = growth_new(&config);

	(void)state;
	assert_int_equal(growth_most(g), -1);
	growth_free(g);
	config.limited = true;
	config.maxtime = 90;
	g = growth_new(&config);
	assert_int_equal(growth_most(g), 90);
	growth_free(g);
	config.maxtime = 0;
	g = growth_new(&config);
	assert_int_equal(growth_most(g), -1);
	growth_free(g);
	config.increment = false;
	assert_null(growth_new(&config));
	growth_free(NULL);
}

static void
failures_weigh_more(void **state)
{
	(void)state;
	assert_int_equal(growth_weight(0), 1);
	assert_int_equal(growth_weight(1), 2);
	assert_int_equal(growth_weight(2), 3);
	assert_int_equal(growth_weight(3), 5);
	assert_int_equal(growth_weight(4), 9);
	assert_int_equal(growth_weight(20), (1 << 19) + 1);
	assert_int_equal(growth_weight(UINT32_MAX), (1 << 19) + 1);
}

#define GROWTH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		GROWTH(it_doubles_without_a_formula),
		GROWTH(a_formula_is_obeyed),
		GROWTH(multipliers_win_and_the_last_repeats),
		GROWTH(maxtime_bounds_and_minus_one_is_for_ever),
		GROWTH(the_random_time_comes_on_top),
		GROWTH(numbers_without_end_are_bounded),
		GROWTH(what_is_restored_is_bounded_by_maxtime_only),
		GROWTH(failures_weigh_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
