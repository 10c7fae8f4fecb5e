#include "action_scene.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "action/command.h"
#include "base/number.h"

static struct command_result result;
static unsigned ended;

static void
ended_cb(const struct command_result *r, void *arg)
{
	result = *r;
	ended++;
	if (arg != NULL)
		(*(unsigned *)arg)++;
}

static bool
has_ended(void *arg)
{
	return ended >= *(unsigned *)arg;
}

static struct command *
start(const char *text, double timeout, void *arg)
{
	const struct command_options options = { .timeout = timeout };
	struct escape script = { 0 };

	escape_add(&script, span_of(text));
	return command_start(scene.pool, &script, &options, ended_cb, arg);
}

/* To its end; the seconds that it took. */
static double
run(const char *text, double timeout)
{
	struct timespec before, after;
	unsigned want;

	ended = 0;
	want = 1;
	clock_gettime(CLOCK_MONOTONIC, &before);
	start(text, timeout, NULL);
	assert_int_equal(ended, 0);
	assert_true(scene_until(has_ended, &want));
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (double)(after.tv_sec - before.tv_sec) +
	    (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

static void
expect_logged(const char *what)
{
	const char *log = scene_read("gaol.log");

	if (strstr(log, what) == NULL)
		fail_msg("not logged: %s\nbut:\n%s", what, log);
}

/* The process whose number is in the file: is it gone, or soon? */
static bool
is_gone(void *arg)
{
	char path[64], state = 'Z';
	int64_t pid;
	FILE *f;

	if (number_parse(span_trim(span_of(scene_read(arg))), 2, INT32_MAX,
	    &pid) != 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f != NULL) {
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		fclose(f);
	}
	return state == 'Z';
}

static void
success_and_failure(void **state)
{
	(void)state;
	run("true", 60);
	assert_int_equal(result.code, 0);
	assert_int_equal(result.error, 0);
	assert_string_equal(scene_read("gaol.log"), "");
	run("echo out; echo 'it'\\''s' >&2; exit 3", 60);
	assert_int_equal(result.code, 3);
	expect_logged("]: ERROR 2 -- exec: echo out; echo");
	expect_logged("]: ERROR 2 -- stdout: 'out'\n");
	expect_logged("]: ERROR 2 -- stderr: \"it's\"\n");
	expect_logged("]: ERROR 2 -- returned 3\n");
	run("no-such-program", 60);
	assert_int_equal(result.code, 127);
	expect_logged("-- returned 127\n");
	expect_logged("HINT on 127");
	run("kill -9 $$", 60);
	assert_int_equal(result.code, -9);
	expect_logged("4 -- killed with SIGKILL (return code: -9)\n");
}

static void
its_surroundings(void **state)
{
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("US", pid, 1);
	/* Nothing to read, a session of its own, none of our descriptors. */
	run("read x && exit 1\n"
	    "[ \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ ] || exit 2\n"
	    "ls /proc/$$/fd > $DIR/fds; grep -q '^[3-9]' $DIR/fds && exit 3\n"
	    "[ -n \"$PATH\" ] || exit 4\n"
	    "case $GAOL_COMMAND in $US-*) ;; *) exit 5 ;; esac\n"
	    "trap '' PIPE; kill -PIPE $$; exit 0", 60);
	assert_int_equal(result.code, 0);
	unsetenv("PATH");
	run("ls / >/dev/null && sh -c 'ls /' >/dev/null && "
	    "env | grep -q ^PATH=/", 60);
	assert_int_equal(result.code, 0);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

static void
a_hang_ends_at_its_timeout(void **state)
{
	double took;

	(void)state;
	took = run("echo begun; sleep 100", 1.5);
	assert_true(result.timed_out);
	assert_int_equal(result.code, -SIGTERM);
	assert_true(took >= 1.5 && took < 20);
	expect_logged("1 -- exec: echo begun; sleep 100\n");
	expect_logged("1 -- timed out after 1.5 seconds.\n");
	expect_logged("1 -- stdout: 'begun'\n");
	expect_logged("1 -- killed with SIGTERM (return code: -15)\n");
}

static void
ignoring_term_does_not_help(void **state)
{
	(void)state;
	run("trap '' TERM; echo $$ > $DIR/pid; while :; do sleep 1; done",
	    1.5);
	assert_true(result.timed_out);
	assert_int_equal(result.code, -SIGKILL);
	assert_true(scene_until(is_gone, (void *)"pid"));
}

/* Who is in another session, and has no parent, is found all the same. */
static void
neither_does_forking_twice(void **state)
{
	(void)state;
	run("(setsid sh -c 'trap \"\" TERM; echo $$ > $DIR/daemon; "
	    "while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &) ; "
	    "while [ ! -s $DIR/daemon ]; do sleep 0.01; done; "
	    "sleep 100", 2);
	assert_true(result.timed_out);
	assert_true(scene_until(is_gone, (void *)"daemon"));
}

/* But a daemon that a command meant to start stays. */
static void
a_daemon_may_stay(void **state)
{
	int64_t pid;

	(void)state;
	run("(setsid sh -c 'echo $$ > $DIR/daemon; exec sleep 100' &); "
	    "while [ ! -s $DIR/daemon ]; do sleep 0.01; done", 10);
	assert_int_equal(result.code, 0);
	assert_false(is_gone((void *)"daemon"));
	assert_int_equal(number_parse(span_trim(span_of(scene_read("daemon"))),
	    2, INT32_MAX, &pid), 0);
	kill((pid_t)pid, SIGKILL);
	/* It is ours to bury. */
	assert_true(scene_until(is_gone, (void *)"daemon"));
}

static void
a_flood_is_bounded(void **state)
{
	struct stat st;

	(void)state;
	/* As fast as it can, for all its time. */
	run("cat /dev/zero | tr '\\0' x >&2", 1);
	assert_true(result.timed_out);
	assert_int_equal(stat(scene_path("gaol.log"), &st), 0);
	assert_true(st.st_size < 16384);
	expect_logged("-- stderr: 'xxx");
	expect_logged("more bytes\n");
	/* Line by line it is no more. */
	run("yes '' | head -c 1000000; exit 1", 10);
	assert_int_equal(stat(scene_path("gaol.log"), &st), 0);
	assert_true(st.st_size < 32768);
}

static void
only_so_many_run(void **state)
{
	unsigned done = 0, want = 3 * POOL_RUNNING_MAX;

	(void)state;
	ended = 0;
	for (unsigned i = 0; i < want; i++)
		start("[ $(ls $DIR/run* 2>/dev/null | wc -l) -lt 16 ] || "
		    "exit 9; : > $DIR/run$$; sleep 0.02; rm $DIR/run$$", 20,
		    &done);
	assert_int_equal(pool_waiting(scene.pool), want);
	assert_true(scene_until(has_ended, &want));
	assert_int_equal(done, want);
	assert_string_equal(scene_read("gaol.log"), "");
	assert_int_equal(pool_running(scene.pool), 0);
}

static bool
is_written(void *arg)
{
	return scene_read(arg)[0] != '\0';
}

static void
cancelled_it_says_nothing(void **state)
{
	struct command *c;

	(void)state;
	ended = 0;
	c = start("echo $$ > $DIR/pid; sleep 100", 20, NULL);
	while (!is_written((void *)"pid"))
		event_base_loop(scene.base, EVLOOP_NONBLOCK);
	command_cancel(c);
	command_cancel(start("echo never > $DIR/never", 20, NULL));
	command_cancel(NULL);
	assert_true(scene_until(is_gone, (void *)"pid"));
	assert_int_equal(ended, 0);
	assert_string_equal(scene_read("never"), "");
}

static void
too_long_a_command_fails(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_adds(&text, "true ");
	for (size_t i = 0; i < ESCAPE_TEXT_MAX; i++)
		buf_addc(&text, 'x');
	run(text.p, 60);
	assert_int_equal(result.error, E2BIG);
	expect_logged("1 -- failed with [Errno 7]");
	buf_fini(&text);
}

/* The end of the pool is the end of everything. */
static void
the_pool_takes_them_along(void **state)
{
	(void)state;
	ended = 0;
	start("trap '' TERM; echo $$ > $DIR/pid; sleep 100", 20, NULL);
	for (int i = 0; i < 40; i++)
		start("sleep 100", 20, NULL);
	while (!is_written((void *)"pid"))
		event_base_loop(scene.base, EVLOOP_NONBLOCK);
	pool_free(scene.pool);
	assert_true(is_gone((void *)"pid"));
	assert_int_equal(ended, 0);
	scene.pool = pool_new(scene.base, &(struct pool_options){ 0 });
}

/* A command's rights end where the pool does not own all children. */
static void
others_children_are_left_alone(void **state)
{
	siginfo_t info = { 0 };
	pid_t child;

	(void)state;
	pool_free(scene.pool);
	scene.pool = pool_new(scene.base, &(struct pool_options){ 0 });
	child = fork();
	if (child == 0)
		_exit(7);
	assert_int_equal(waitid(P_PID, (id_t)child, &info,
	    WEXITED | WNOWAIT), 0);
	run("exit 0", 60);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED), 0);
	assert_int_equal(info.si_status, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_start, scene_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(success_and_failure),
		TEST(its_surroundings),
		TEST(a_hang_ends_at_its_timeout),
		TEST(ignoring_term_does_not_help),
		TEST(neither_does_forking_twice),
		TEST(a_daemon_may_stay),
		TEST(a_flood_is_bounded),
		TEST(only_so_many_run),
		TEST(cancelled_it_says_nothing),
		TEST(too_long_a_command_fails),
		TEST(the_pool_takes_them_along),
		TEST(others_children_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
