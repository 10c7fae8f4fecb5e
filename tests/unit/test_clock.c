#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

static void
test_real(void **state)
{
	struct boot before;
	struct wall wall;

	(void)state;
	clock_tick();
	before = clock_boot();
	wall = clock_wall();
	assert_true(before.us > 0);
	assert_true(wall_seconds(wall) - time(NULL) <= 1);
	assert_true(clock_wall_now().us >= wall.us - CLOCK_SECOND);
	assert_true(clock_wall().us == wall.us);   /* only a tick moves it */
	clock_tick();
	assert_true(clock_boot().us >= before.us);
}

static void
test_frozen(void **state)
{
	(void)state;
	assert_false(clock_frozen());
	clock_freeze(wall_from_seconds(1000), (struct boot){ 5 });
	assert_true(clock_frozen());
	clock_tick();
	assert_true(clock_wall().us == 1000 * CLOCK_SECOND);
	assert_true(clock_wall_now().us == 1000 * CLOCK_SECOND);
	clock_advance(7 * CLOCK_SECOND);
	assert_true(wall_seconds(clock_wall()) == 1007);
	assert_true(clock_boot().us == 7 * CLOCK_SECOND + 5);
	clock_thaw();
	assert_false(clock_frozen());
	assert_true(wall_seconds(clock_wall()) > 1007);
}

static void
test_seconds(void **state)
{
	(void)state;
	assert_true(wall_seconds((struct wall){ 1999999 }) == 1);
	assert_true(wall_seconds((struct wall){ 0 }) == 0);
	assert_true(wall_seconds((struct wall){ -1 }) == -1);
	assert_true(wall_seconds((struct wall){ -CLOCK_SECOND }) == -1);
	assert_true(wall_seconds((struct wall){ -CLOCK_SECOND - 1 }) == -2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
