/*
 * Commands that meet on their way: an answer lets its client's next command
 * run at once, in the middle of somebody else's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>

#include "action/action.h"
#include "engine_scene.h"

#define JAILS "[DEFAULT]\nbantime = 1h\nmaxretry = 1\nfilter = f\n" \
	"logpath =\naction =\n" \
	"[one]\nenabled = true\n[two]\nenabled = true\n"

static int
setup(void **state)
{
	(void)state;
	scene_start(JAILS);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_end();
	return 0;
}

/* The next message of the engine's that is of this type, in the inbox. */
static bool
hear(uint32_t type)
{
	while (work_one())
		if (memcmp(s->inbox, &type, sizeof(type)) == 0)
			return true;
	return false;
}

static void
number_log(void)
{
	struct wire_log_added m = { .type = WIRE_LOG_ADDED };
	struct wire_log_add ask;

	memcpy(&ask, s->inbox, sizeof(ask));
	m.generation = ask.generation;
	m.cookie = ask.cookie;
	m.log = (uint32_t)s->e->logs_n;
	send_fd(s->warden, &m, sizeof(m), -1);
}

static void
assert_ok(int fd)
{
	json_t *json = reply(fd);

	assert_non_null(json);
	assert_non_null(json_object_get(json, "ok"));
	json_decref(json);
}

static void
assert_fails(int fd)
{
	json_t *json = reply(fd);

	assert_non_null(json);
	assert_non_null(json_object_get(json, "error"));
	json_decref(json);
}

/* Who waits for its log is answered by the stop, and stops it first. */
static void
a_jail_that_two_stop(void **state)
{
	int waits, stops;

	(void)state;
	waits = ask("[\"server-stream\", [[\"set\", \"one\", \"addlogpath\", "
	    "\"/tmp/x\"], [\"stop\", \"one\"]]]");
	assert_true(hear(WIRE_LOG_ADD));
	number_log();
	assert_null(reply(waits));
	stops = ask("[\"stop\", \"one\"]");
	work_all();
	assert_ok(stops);
	assert_ok(waits);
	assert_null(engine_jail_find(s->e, "one")->jail);
}

/* The second of one client's reloads is asked for by the first one's answer. */
static void
a_reload_behind_a_reload(void **state)
{
	int fd;

	(void)state;
	fd = ask("[\"server-stream\", [[\"reload\"], [\"reload\", \"one\"]]]");
	assert_true(hear(WIRE_RELOAD));
	send_config(JAILS);
	assert_non_null(s->e->reload);
	assert_non_null(s->e->reload_jail);
	assert_string_equal(s->e->reload_jail, "one");
	work_all();
	send_config(JAILS);
	work_all();
	assert_ok(fd);
	assert_null(s->e->reload_jail);
}

/* Two clients that add one log at once: its lines count once. */
static void
a_log_that_two_add(void **state)
{
	int first, second;

	(void)state;
	first = ask("[\"set\", \"one\", \"addlogpath\", \"/tmp/x\"]");
	second = ask("[\"set\", \"one\", \"addlogpath\", \"/tmp/x\"]");
	assert_ok(second);
	assert_true(hear(WIRE_LOG_ADD));
	number_log();
	assert_false(hear(WIRE_LOG_ADD));
	assert_int_equal(s->e->logs_n, 1);
	close(first);
}

/* A daemon that ends begins nothing anew. */
static void
a_reload_at_the_end(void **state)
{
	uint32_t generation = s->e->generation;
	int fd = ask("[\"reload\"]");

	(void)state;
	assert_true(hear(WIRE_RELOAD));
	s->e->ending = true;
	send_config(JAILS);
	assert_int_equal(s->e->generation, generation);
	assert_true(hear(WIRE_CONFIG_BAD));
	assert_fails(ask("[\"reload\"]"));
	close(fd);
}

/* --- a runner ------------------------------------------------------------- */

static int runner;

static void
link_runner(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends), 0);
	runner = ends[0];
	give(GIFT_RUNNER, ends[1]);
}

/* The next message to it that is of this type. */
static bool
runner_hears(uint32_t type, void *out, size_t size)
{
	char m[PORT_MESSAGE_MAX];

	spin();
	while (recv(runner, m, sizeof(m), MSG_DONTWAIT) > 0)
		if (memcmp(m, &type, sizeof(type)) == 0) {
			memcpy(out, m, size);
			return true;
		}
	return false;
}

static void
runner_is_ready(uint32_t generation)
{
	const struct wire_run_state m = {
		.type = WIRE_RUN_STATE, .generation = generation,
		.jail = WIRE_RUN_ALL,
	};

	send_fd(runner, &m, sizeof(m), -1);
}

static void
runner_has_done(const struct wire_run *run)
{
	const struct wire_run_done m = {
		.type = WIRE_RUN_DONE, .seq = run->seq,
	};

	send_fd(runner, &m, sizeof(m), -1);
}

/* It still works with the numbers of before, until it says otherwise. */
static void
numbers_are_not_forgotten_too_soon(void **state)
{
	struct wire_config config, forget;
	struct wire_run run = { 0 };

	(void)state;
	tree_write(&s->tree, "action.d/a.conf",
	    "[Definition]\nactionban = x\nactionstop = x\n");
	send_config(JAILS "[three]\nenabled = true\naction = a\n"
	    "[four]\nenabled = true\naction = a\n");
	work_all();
	link_runner();
	assert_true(runner_hears(WIRE_RUN_CONFIG, &config, sizeof(config)));
	runner_is_ready(config.generation);
	assert_ok(ask("[\"stop\", \"four\"]"));
	while (runner_hears(WIRE_RUN, &run, sizeof(run)) &&
	    run.verb != ACTION_STOP)
		runner_has_done(&run);
	assert_int_equal(run.verb, ACTION_STOP);
	send_config(JAILS "[three]\nenabled = true\naction = a\n");
	work_all();
	assert_true(runner_hears(WIRE_RUN_CONFIG, &config, sizeof(config)));
	runner_has_done(&run);
	assert_false(runner_hears(WIRE_RUN_FORGET, &forget, sizeof(forget)));
	runner_is_ready(config.generation);
	assert_true(runner_hears(WIRE_RUN_FORGET, &forget, sizeof(forget)));
	assert_int_equal(forget.generation, config.generation);
	close(runner);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_jail_that_two_stop),
		CASE(a_reload_behind_a_reload),
		CASE(a_log_that_two_add),
		CASE(a_reload_at_the_end),
		CASE(numbers_are_not_forgotten_too_soon),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP commands of root\n");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);   /* clients go before their answers */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
