/* Slices of work: others have their turn between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/slice.h"

static struct event_base *base;
static struct slice *slice;
static enum slice_step answers[8];
static unsigned steps, rests;
static bool gone;

/* As in `answers`; the last of them is for ever. */
static enum slice_step
step(void *arg)
{
	(void)arg;
	return answers[steps < 7 ? steps++ : (steps++, 7)];
}

static void
rest(void *arg)
{
	assert_ptr_equal(arg, &rests);
	rests++;
}

static const struct slice_work work = { .step = step, .rest = rest };

static void
turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static int
setup(void **state)
{
	(void)state;
	base = event_base_new();
	slice = slice_new(base, &work, &rests);
	steps = rests = 0;
	gone = false;
	for (size_t i = 0; i < 8; i++)
		answers[i] = SLICE_MORE;
	return base != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	if (!gone)
		slice_free(slice);
	slice_free(NULL);
	slice_limit(UINT64_MAX);
	event_base_free(base);
	return 0;
}

static void
it_begins_when_told(void **state)
{
	(void)state;
	turn();
	assert_int_equal(steps, 0);
	slice_go_on(slice);
	slice_go_on(slice);
	assert_int_equal(steps, 0);
	turn();
	assert_true(steps > 1);
	assert_int_equal(rests, 1);
}

static void
a_turn_is_a_step_where_that_is_the_limit(void **state)
{
	(void)state;
	slice_limit(0);
	slice_go_on(slice);
	for (unsigned i = 1; i < 5; i++) {
		turn();
		assert_int_equal(steps, i);
		assert_int_equal(rests, i);
	}
}

/* Endless work: each turn comes back, and not much later than is said. */
static void
a_turn_ends_when_its_time_is_over(void **state)
{
	uint64_t begun = clock_cpu_ns(), spent;

	(void)state;
	slice_go_on(slice);
	for (int i = 0; i < 3; i++)
		turn();
	spent = clock_cpu_ns() - begun;
	assert_int_equal(rests, 3);
	assert_true(spent >= 3 * SLICE_NS);
	assert_true(spent < 30 * (uint64_t)SLICE_NS);
}

static void
what_is_over_comes_again_when_told(void **state)
{
	(void)state;
	answers[2] = SLICE_OVER;
	slice_go_on(slice);
	turn();
	turn();
	assert_int_equal(steps, 3);
	assert_int_equal(rests, 1);
	answers[3] = SLICE_OVER;
	slice_go_on(slice);
	turn();
	turn();
	assert_int_equal(steps, 4);
}

static int64_t
now(void)
{
	clock_tick();
	return clock_boot().us;
}

static void
what_waits_gives_somebody_else_time(void **state)
{
	int64_t begun;

	(void)state;
	answers[1] = SLICE_WAITS;
	answers[2] = SLICE_OVER;
	slice_go_on(slice);
	begun = now();
	turn();
	assert_int_equal(steps, 2);
	/* Being told to go on is no reason to hurry. */
	slice_go_on(slice);
	while (steps == 2)
		turn();
	assert_true(now() - begun >= 900);
	assert_int_equal(steps, 3);
}

static void
it_can_be_run_at_once(void **state)
{
	(void)state;
	slice_run(slice, 0);
	assert_int_equal(steps, 1);
	assert_int_equal(rests, 1);
	answers[5] = SLICE_OVER;
	turn();
	assert_int_equal(steps, 6);
}

static enum slice_step
end_it(void *arg)
{
	(void)arg;
	slice_free(slice);
	gone = true;
	return SLICE_OVER;
}

static void
the_last_step_may_free_it(void **state)
{
	static const struct slice_work last = { .step = end_it, .rest = rest };

	(void)state;
	slice_free(slice);
	slice = slice_new(base, &last, &rests);
	slice_go_on(slice);
	turn();
	assert_true(gone);
	assert_int_equal(rests, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(it_begins_when_told),
		T(a_turn_is_a_step_where_that_is_the_limit),
		T(a_turn_ends_when_its_time_is_over),
		T(what_is_over_comes_again_when_told),
		T(what_waits_gives_somebody_else_time),
		T(it_can_be_run_at_once),
		T(the_last_step_may_free_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
