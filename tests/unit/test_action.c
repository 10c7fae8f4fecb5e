#include "action_scene.h"

#define SAY(what) "echo '" what "' >> $LOG"

/* Variants, so the two families start on demand. */
static void
use_variants(void)
{
	scene_configure(
	    "actionstart", "echo start <x> >> $LOG",
	    "actionstop", "echo stop <x> >> $LOG",
	    "actionflush", "echo flush <x> >> $LOG",
	    "actionban", "echo ban <x> <ip> >> $LOG",
	    "actionunban", "echo unban <x> <ip> >> $LOG",
	    "x", "four", "x?family=inet6", "six", NULL);
	scene_action();
}

static void
families_start_when_they_are_needed(void **state)
{
	(void)state;
	use_variants();
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_SKIPPED);
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.1"), ACTION_SKIPPED);
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.2"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_UNBAN, "2001:db8::1"),
	    ACTION_SKIPPED);
	assert_int_equal(scene_do(ACTION_BAN, "2001:db8::1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_FLUSH, NULL), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.2"), ACTION_SKIPPED);
	assert_int_equal(scene_do(ACTION_FLUSH, NULL), ACTION_SKIPPED);
	assert_int_equal(scene_do(ACTION_STOP, NULL), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_STOP, NULL), ACTION_SKIPPED);
	assert_string_equal(scene_read("log"),
	    "start four\nban four 192.0.2.1\nban four 192.0.2.2\n"
	    "start six\nban six 2001:db8::1\nunban four 192.0.2.1\n"
	    "flush four\nflush six\nstop four\nstop six\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    families_start_when_they_are_needed, scene_start,
		    scene_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
