#include "action_scene.h"

#include <errno.h>

#include "base/clock.h"

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

/* Until it is started; and only where IPv6 is why there is a second one. */
static void
ipv6_counts_until_the_start(void **state)
{
	(void)state;
	scene_configure("actionstart", "echo start <x> >> $LOG",
	    "actionstop", "echo stop <x> >> $LOG",
	    "actionstart_on_demand", "False", "x", "4", "x?family=inet6", "6",
	    NULL);
	scene_action();
	action_allow_ipv6(scene.action, false);
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_DONE);
	action_allow_ipv6(scene.action, true);
	assert_int_equal(scene_do(ACTION_STOP, NULL), ACTION_DONE);
	assert_string_equal(scene_read("log"), "start 4\nstop 4\n");
	action_allow_ipv6(scene.action, true);
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_DONE);
	assert_string_equal(scene_read("log"),
	    "start 4\nstop 4\nstart 4\nstart 6\n");
	action_free(scene.action);
	scene_configure("actionstart", "echo all >> $LOG", NULL);
	scene_action();
	action_allow_ipv6(scene.action, true);
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_DONE);
	assert_string_equal(scene_read("log"),
	    "start 4\nstop 4\nstart 4\nstart 6\nall\n");
}

/* A family whose commands are the same is not started twice. */
static void
the_same_start_runs_once(void **state)
{
	(void)state;
	scene_configure("actionstart", "echo start >> $LOG",
	    "actionstop", "echo stop >> $LOG",
	    "actionflush", "echo flush >> $LOG",
	    "actionban", "echo ban <x> >> $LOG", "actionstart_on_demand",
	    "False", "x", "4", "x?family=inet6", "6", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_SKIPPED);
	for (int i = 0; i < 2; i++) {
		/* Once more, for the other family: it is not "the same". */
		assert_int_equal(scene_do(ACTION_BAN, i == 0 ? "192.0.2.1" :
		    "2001:db8::1"), ACTION_DONE);
		assert_int_equal(scene_do(ACTION_FLUSH, NULL), ACTION_DONE);
	}
	assert_int_equal(scene_do(ACTION_STOP, NULL), ACTION_DONE);
	assert_string_equal(scene_read("log"),
	    "start\nban 4\nflush\nban 6\nflush\nstop\n");
}

/* An id that is no address needs all families, but none of them twice. */
static void
raw_ids_start_what_is_missing(void **state)
{
	(void)state;
	use_variants();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_BAN, "session-1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_BAN, "session-2"), ACTION_DONE);
	/* The address is still known to be banned. */
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_UNBAN, "session-1"), ACTION_DONE);
	assert_string_equal(scene_read("log"), "start four\n"
	    "ban four 192.0.2.1\nstart six\nban four session-1\n"
	    "ban four session-2\nunban four 192.0.2.1\n"
	    "unban four session-1\n");
}

static void
expect_logged(const char *what)
{
	const char *log = scene_read("gaol.log");

	if (strstr(log, what) == NULL)
		fail_msg("not logged: %s\nbut:\n%s", what, log);
}

/* Bans fail while the file "broken" is there. */
static void
use_repairable(const char *repair, const char *on_unban)
{
	scene_configure(
	    "actionstart", "echo start >> $LOG; rm -f $DIR/broken",
	    "actionstop", "echo stop >> $LOG",
	    "actioncheck", "echo check >> $LOG; [ ! -e $DIR/broken ]",
	    "actionban", "echo ban <ip> >> $LOG; [ ! -e $DIR/broken ]",
	    "actionunban", "echo unban <ip> >> $LOG; [ ! -e $DIR/broken ]",
	    "actionrepair", repair, "actionrepair_on_unban", on_unban, NULL);
	scene_action();
}

static void
break_it(void)
{
	FILE *f = fopen(scene_path("broken"), "w");

	assert_non_null(f);
	fclose(f);
}

static void
a_failed_ban_repairs(void **state)
{
	(void)state;
	use_repairable("echo repair >> $LOG; rm $DIR/broken", "False");
	scene_do(ACTION_START, NULL);
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene.results[scene.results_n - 1].epoch, 0);
	break_it();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.2"), ACTION_DONE);
	assert_int_equal(scene.results[scene.results_n - 1].epoch, 1);
	break_it();
	/* An unban repairs only when it is told to. */
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.2"), ACTION_ERROR);
	assert_string_equal(scene_read("log"), "start\nban 192.0.2.1\n"
	    "ban 192.0.2.2\ncheck\nrepair\ncheck\nban 192.0.2.2\n"
	    "unban 192.0.2.2\ncheck\n");
	expect_logged("ERROR Invariant check failed. Trying to restore a sane "
	    "environment\n");
	expect_logged("ERROR Invariant check failed. Unban is impossible.\n");
	expect_logged("ERROR Failed to execute unban jail 'j' action 'a' info "
	    "'ActionInfo({'ip': '192.0.2.2', 'family': 'inet4', 'fid': "
	    "'192.0.2.2'})': Error unbanning 192.0.2.2\n");
}

/* Without actionrepair it is stopped and started, variants or not. */
static void
a_failed_ban_restarts(void **state)
{
	(void)state;
	use_repairable("", "True");
	scene_do(ACTION_START, NULL);
	break_it();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_DONE);
	break_it();
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene.results[scene.results_n - 1].epoch, 2);
	assert_string_equal(scene_read("log"), "start\n"
	    "ban 192.0.2.1\ncheck\nstop\nstart\ncheck\nban 192.0.2.1\n"
	    "unban 192.0.2.1\ncheck\nstop\nstart\ncheck\nunban 192.0.2.1\n");
}

static void
what_cannot_be_repaired_fails(void **state)
{
	(void)state;
	use_repairable("echo repair >> $LOG; false", "False");
	scene_do(ACTION_START, NULL);
	break_it();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_ERROR);
	assert_string_equal(scene_read("log"), "start\nban 192.0.2.1\n"
	    "check\nrepair\n");
	expect_logged("CRITICAL Unable to restore environment\n");
	expect_logged("ERROR Failed to execute ban jail 'j' action 'a' info "
	    "'ActionInfo({'ip': '192.0.2.1', 'family': 'inet4', 'fid': "
	    "'192.0.2.1'})': Error banning 192.0.2.1\n");
}

static void
a_check_repairs(void **state)
{
	(void)state;
	use_repairable("echo repair >> $LOG; rm $DIR/broken", "False");
	assert_int_equal(scene_do(ACTION_CHECK, NULL), ACTION_DONE);
	scene_do(ACTION_START, NULL);
	assert_int_equal(scene_do(ACTION_CHECK, NULL), ACTION_DONE);
	assert_int_equal(scene.results[scene.results_n - 1].epoch, 0);
	break_it();
	assert_int_equal(scene_do(ACTION_CHECK, NULL), ACTION_DONE);
	assert_int_equal(scene.results[scene.results_n - 1].epoch, 1);
	assert_string_equal(scene_read("log"),
	    "start\ncheck\ncheck\nrepair\ncheck\n");
}

/* Without a check the command is simply tried again. */
static void
without_a_check_it_is_tried_twice(void **state)
{
	(void)state;
	scene_configure("actionban",
	    "echo ban >> $LOG; [ $(wc -l < $LOG) = 2 ]", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_ERROR);
	assert_string_equal(scene_read("log"), "ban\nban\nban\nban\n");
}

static void
a_failed_start_fails_the_ban(void **state)
{
	(void)state;
	scene_configure("actionstart", "exit 4", "actionban",
	    "echo ban >> $LOG", "actionstart_on_demand", "true", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_BAN, "2001:db8::1"), ACTION_ERROR);
	assert_string_equal(scene_read("log"), "");
	expect_logged("'family': 'inet6', 'fid': '2001:db8::1'})': Error "
	    "starting action Jail('j')/a: 'Script error'\n");
	action_free(scene.action);
	scene_configure("actionstart", "exit 4", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_START, NULL), ACTION_ERROR);
	expect_logged("ERROR Failed to start jail 'j' action 'a': Error "
	    "starting action Jail('j')/a: 'Script error'\n");
}

static void
without_a_flush_each_is_unbanned(void **state)
{
	(void)state;
	scene_configure("actionban", "true", "actionunban",
	    "echo unban <ip> >> $LOG", NULL);
	scene_action();
	scene_do(ACTION_BAN, "192.0.2.1");
	assert_int_equal(scene_do(ACTION_FLUSH, NULL), ACTION_EACH);
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.1"), ACTION_DONE);
	assert_string_equal(scene_read("log"), "unban 192.0.2.1\n");
}

static void
a_failed_flush_checks(void **state)
{
	const struct action_request last = { .verb = ACTION_FLUSH,
		.last = true };

	(void)state;
	use_repairable("echo repair >> $LOG; rm $DIR/broken", "False");
	properties_set(&scene.config.props, "actionflush",
	    "echo flush >> $LOG; [ ! -e $DIR/broken ]");
	action_configure(scene.action, &scene.config, 600, true);
	scene_do(ACTION_START, NULL);
	scene_do(ACTION_BAN, "192.0.2.1");
	break_it();
	assert_int_equal(action_ask(scene.action, &last), 0);
	assert_int_equal(scene_wait(), ACTION_ERROR);
	expect_logged("ERROR Invariant check failed. Flush is impossible.\n");
	assert_int_equal(scene_do(ACTION_FLUSH, NULL), ACTION_ERROR);
	assert_string_equal(scene_read("log"), "start\nban 192.0.2.1\n"
	    "flush\ncheck\ncheck\nflush\ncheck\nrepair\ncheck\ncheck\n");
	expect_logged("NOTICE [j] Flush ticket(s) with a\n");
}

static void
restored_tickets_are_left_out(void **state)
{
	struct values v = { .fid = (char *)"192.0.2.1", .restored = true };

	(void)state;
	scene_configure("actionban", "echo ban <restored> >> $LOG",
	    "actionprolong", "echo prolong >> $LOG", "norestored", "True",
	    NULL);
	scene_action();
	assert_true(action_prolongs(scene.action));
	scene_ask_values(ACTION_BAN, &v);
	assert_int_equal(scene_wait(), ACTION_SKIPPED);
	scene_ask_values(ACTION_PROLONG, &v);
	assert_int_equal(scene_wait(), ACTION_SKIPPED);
	v.restored = false;
	scene_ask_values(ACTION_BAN, &v);
	assert_int_equal(scene_wait(), ACTION_DONE);
	scene_ask_values(ACTION_PROLONG, &v);
	assert_int_equal(scene_wait(), ACTION_DONE);
	assert_string_equal(scene_read("log"), "ban 0\nprolong\n");
}

static void
reban_and_prolong_have_their_commands(void **state)
{
	(void)state;
	scene_configure("actionban", "echo ban >> $LOG", NULL);
	scene_action();
	assert_false(action_prolongs(scene.action));
	assert_int_equal(scene_do(ACTION_PROLONG, "192.0.2.1"),
	    ACTION_SKIPPED);
	scene_do(ACTION_REBAN, "192.0.2.1");
	properties_set(&scene.config.props, "actionreban",
	    "echo reban >> $LOG");
	properties_set(&scene.config.props, "actionreload",
	    "echo reload <time> <bantime> >> $LOG");
	action_configure(scene.action, &scene.config, 3600, true);
	scene_do(ACTION_REBAN, "192.0.2.1");
	clock_freeze(wall_from_seconds(1124013600), (struct boot){ 0 });
	assert_int_equal(scene_do(ACTION_RELOAD, NULL), ACTION_DONE);
	clock_thaw();
	assert_string_equal(scene_read("log"),
	    "ban\nreban\nreload 1124013600.0 3600\n");
}

static void
requests_are_served_in_order(void **state)
{
	char want[8192] = "";
	size_t all;

	(void)state;
	scene_configure("actionban", "sleep 0.0$(($$ % 3)); "
	    "echo <failures> >> $LOG", NULL);
	scene_action();
	for (unsigned i = 0; i < 100; i++) {
		struct values v = { .fid = (char *)"192.0.2.1",
			.failures = i };
		char line[16];

		scene_ask_values(ACTION_BAN, &v);
		snprintf(line, sizeof(line), "%u\n", i);
		strcat(want, line);
	}
	all = action_waiting(scene.action);
	assert_int_equal(all, 100);
	assert_true(scene_until(has_results, &all));
	assert_string_equal(scene_read("log"), want);
}

/* One that hangs delays nobody else. */
static void
actions_run_beside_each_other(void **state)
{
	const struct values v = { .fid = (char *)"192.0.2.1" };
	const struct action_request request = { .verb = ACTION_BAN,
		.values = &v };
	struct action_options options;
	struct action *hanging;

	(void)state;
	scene_configure("actionban", "echo $$ > $DIR/pid; sleep 100", NULL);
	options = scene_options();
	hanging = action_new(&options);
	assert_int_equal(action_ask(hanging, &request), 0);
	scene_configure("actionban", "echo ban >> $LOG", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_DONE);
	assert_int_equal(scene.results_n, 1);
	assert_int_equal(action_waiting(hanging), 1);
	action_free(hanging);
}

static void
a_full_queue_refuses(void **state)
{
	struct values v = { .fid = (char *)"192.0.2.1" };
	struct action_request request = { .verb = ACTION_BAN };
	struct action_options options;

	(void)state;
	scene_configure("actionban", "true", NULL);
	options = scene_options();
	options.queue_max = 3;
	scene.action = action_new(&options);
	assert_int_equal(action_ask(scene.action, &request), -1);
	assert_int_equal(errno, EINVAL);
	request.values = &v;
	for (int i = 0; i < 5; i++)
		assert_int_equal(action_ask(scene.action, &request),
		    i < 3 ? 0 : -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(action_refused(scene.action), 2);
	assert_int_equal(scene_wait(), ACTION_DONE);
	assert_int_equal(scene.results_n, 3);
}

static void
a_queue_of_big_tickets_refuses(void **state)
{
	struct values v = { .fid = (char *)"192.0.2.1" };
	const struct action_request request = { .verb = ACTION_BAN,
		.values = &v };
	struct buf line = { 0 };
	size_t n = 0;

	(void)state;
	scene_configure("actionban", "exit 0", NULL);
	scene_action();
	memset(buf_reserve(&line, 60000), 'a', 60000);
	line.n = 60000;
	line.p[line.n] = '\0';
	for (int i = 0; i < 8; i++)
		strings_add(&v.matches, buf_span(&line));
	while (action_ask(scene.action, &request) == 0)
		n++;
	assert_int_equal(errno, ENOBUFS);
	assert_in_range(n, 60, 80);
	assert_int_equal(scene_wait(), ACTION_DONE);
	assert_int_equal(action_ask(scene.action, &request), 0);
	assert_int_equal(scene_wait(), ACTION_DONE);
	assert_int_equal(action_refused(scene.action), 1);
	v.fid = NULL;
	values_fini(&v);
	buf_fini(&line);
}

/* A new runner goes on where the old one died. */
static void
a_successor_resumes(void **state)
{
	struct action_state before;

	(void)state;
	use_variants();
	scene_do(ACTION_BAN, "2001:db8::1");
	before = scene.results[scene.results_n - 1].state;
	action_free(scene.action);
	scene_action();
	action_resume(scene.action, &before);
	assert_int_equal(scene_do(ACTION_UNBAN, "192.0.2.1"), ACTION_SKIPPED);
	scene_do(ACTION_UNBAN, "2001:db8::1");
	scene_do(ACTION_BAN, "2001:db8::2");
	scene_do(ACTION_STOP, NULL);
	assert_string_equal(scene_read("log"), "start six\n"
	    "ban six 2001:db8::1\nunban six 2001:db8::1\n"
	    "ban six 2001:db8::2\nstop six\n");
	before = (struct action_state){ .n = 200, .family = { 9, 1, 1, 0 },
		.bits = { 255, 255, 255, 255 } };
	action_resume(scene.action, &before);
	assert_int_equal(scene_do(ACTION_STOP, NULL), ACTION_DONE);
}

static void
tags_that_never_end_are_an_error(void **state)
{
	(void)state;
	scene_configure("actionban", "echo <x> >> $LOG", "x", "<y>", "y",
	    "<x>", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_ERROR);
	expect_logged("self referencing definition");
	assert_string_equal(scene_read("log"), "");
}

static void
host_names_are_looked_up(void **state)
{
	const char *log;

	(void)state;
	scene_configure("actionban",
	    "echo '<ip-host> <sh-hostname> <fq-hostname>' >> $LOG", NULL);
	scene_action();
	scene_do(ACTION_BAN, "127.0.0.1");
	scene_do(ACTION_BAN, "session");
	log = scene_read("log");
	assert_int_equal(strncmp(log, "localhost", 9), 0);
	assert_non_null(strstr(log, "\nNone "));
}

static void
the_timeout_is_the_actions(void **state)
{
	(void)state;
	scene_configure("actionban", "sleep 100", "timeout", "0.2", NULL);
	scene_action();
	assert_int_equal(scene_do(ACTION_BAN, "192.0.2.1"), ACTION_ERROR);
	expect_logged("-- timed out after 0.2 seconds.\n");
}

static void
allowipv6_is_understood(void **state)
{
	(void)state;
	assert_true(action_ipv6("yes"));
	assert_false(action_ipv6("no"));
	assert_int_equal(action_ipv6("auto"), action_ipv6(NULL));
	assert_string_equal(action_verb_name(ACTION_PROLONG), "prolong");
	assert_string_equal(action_verb_name((enum action_verb)77),
	    "unknown");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_start, scene_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(families_start_when_they_are_needed),
		TEST(the_same_start_runs_once),
		TEST(raw_ids_start_what_is_missing),
		TEST(a_failed_ban_repairs),
		TEST(a_failed_ban_restarts),
		TEST(what_cannot_be_repaired_fails),
		TEST(a_check_repairs),
		TEST(without_a_check_it_is_tried_twice),
		TEST(a_failed_start_fails_the_ban),
		TEST(without_a_flush_each_is_unbanned),
		TEST(a_failed_flush_checks),
		TEST(restored_tickets_are_left_out),
		TEST(reban_and_prolong_have_their_commands),
		TEST(requests_are_served_in_order),
		TEST(actions_run_beside_each_other),
		TEST(a_full_queue_refuses),
		TEST(a_queue_of_big_tickets_refuses),
		TEST(a_successor_resumes),
		TEST(tags_that_never_end_are_an_error),
		TEST(host_names_are_looked_up),
		TEST(the_timeout_is_the_actions),
		TEST(allowipv6_is_understood),
		TEST(ipv6_counts_until_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
