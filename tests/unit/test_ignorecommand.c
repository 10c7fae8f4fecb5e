#include "action_scene.h"

#include <errno.h>

#include "action/answers.h"
#include "action/ignorecommand.h"
#include "base/clock.h"

static struct ignorecommand *command;

static struct answer {
	uint64_t cookie;
	bool ignored, answered;
} answers[256];
static size_t answers_n;

static void
done(uint64_t cookie, bool ignored, bool answered, void *arg)
{
	(void)arg;
	assert_true(answers_n < 256);
	answers[answers_n++] = (struct answer){ cookie, ignored, answered };
}

static int
start(void **state)
{
	answers_n = 0;
	command = NULL;
	return scene_start(state);
}

static int
end(void **state)
{
	ignorecommand_free(command);
	clock_thaw();
	return scene_end(state);
}

static struct ignorecommand *
make(const char *text, const char *cache, struct buf *why)
{
	const struct ignorecommand_options options = {
		.jail = "j", .command = text, .cache = cache,
		.pool = scene.pool, .host = scene.host, .done = done,
	};

	return ignorecommand_new(&options, why);
}

static void
use(const char *text, const char *cache)
{
	struct buf why = { 0 };

	ignorecommand_free(command);
	command = make(text, cache, &why);
	assert_non_null(command);
	assert_int_equal(why.n, 0);
}

static bool
has_answers(void *arg)
{
	return answers_n >= *(size_t *)arg;
}

static struct answer
ask(const char *id, const char *user)
{
	struct values v = { .fid = (char *)id };
	size_t want = answers_n + 1;

	values_add_group(&v, SPAN("user"), span_of(user));
	assert_int_equal(ignorecommand_ask(command, &v, want), 0);
	assert_int_equal(answers_n, want - 1);
	v.fid = NULL;
	values_fini(&v);
	assert_true(scene_until(has_answers, &want));
	assert_int_equal(answers[want - 1].cookie, want);
	return answers[want - 1];
}

static void
its_status_is_the_answer(void **state)
{
	struct answer a;

	(void)state;
	use("echo <ip> <F-USER> <family> <jail.name> >> $LOG; "
	    "exit $(cat $DIR/status)", NULL);
	for (int status = 0; status <= 2; status++) {
		FILE *f = fopen(scene_path("status"), "w");

		fprintf(f, "%d", status);
		fclose(f);
		a = ask("192.0.2.1", "$(id)");
		assert_int_equal(a.ignored, status == 0);
		assert_int_equal(a.answered, status <= 1);
	}
	assert_string_equal(scene_read("log"), "192.0.2.1 $(id) inet4 j\n"
	    "192.0.2.1 $(id) inet4 j\n192.0.2.1 $(id) inet4 j\n");
	/* 1 is an answer; only 2 is a failure. */
	assert_null(strstr(scene_read("gaol.log"), "returned 1\n"));
	assert_non_null(strstr(scene_read("gaol.log"), "returned 2\n"));
}

static unsigned
runs(void)
{
	unsigned n = 0;

	for (const char *p = scene_read("log"); *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

static void
answers_are_kept_by_their_key(void **state)
{
	(void)state;
	clock_freeze(wall_from_seconds(1124013600),
	    (struct boot){ CLOCK_SECOND });
	use("echo x >> $LOG; [ <ip> = 192.0.2.1 ]",
	    "key=\"<F-USER>@<ip>\", max-count=2, max-time=5m");
	assert_true(ask("192.0.2.1", "a").ignored);
	assert_true(ask("192.0.2.1", "a").ignored);
	assert_int_equal(runs(), 1);
	assert_false(ask("192.0.2.2", "a").ignored);
	assert_false(ask("192.0.2.2", "a").ignored);
	assert_int_equal(runs(), 2);
	/* Values that are variables in a command differ as keys, too. */
	assert_true(ask("192.0.2.1", "b c").ignored);
	assert_true(ask("192.0.2.1", "b d").ignored);
	assert_int_equal(runs(), 4);
	/* There were only two places. */
	assert_true(ask("192.0.2.1", "b d").ignored);
	assert_int_equal(runs(), 4);
	assert_true(ask("192.0.2.1", "a").ignored);
	assert_int_equal(runs(), 5);
	clock_advance(299 * CLOCK_SECOND);
	assert_true(ask("192.0.2.1", "a").ignored);
	assert_int_equal(runs(), 5);
	clock_advance(CLOCK_SECOND);
	assert_true(ask("192.0.2.1", "a").ignored);
	assert_int_equal(runs(), 6);
}

static void
a_wrong_cache_is_told(void **state)
{
	static const char *const wrong[] = {
		"max-count=5", "key=\"<ip>\", max-count=0",
		"key=\"<ip>\", max-count=x", "key=\"<ip>\", max-time=soon",
		"key=\"<ip>\", max-count=99999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct buf why = { 0 };

		assert_null(make("true", wrong[i], &why));
		assert_true(why.n > 0);
		buf_fini(&why);
	}
	use("true", "");
	use("true", "key=\"<ip>\"");
}

static void
many_questions_are_bounded(void **state)
{
	struct values v = { .fid = (char *)"192.0.2.1" };
	size_t all = 0, want = 200;

	(void)state;
	/* Never more than four at once. */
	use("[ $(ls $DIR/run* 2>/dev/null | wc -l) -lt 4 ] || exit 9; "
	    ": > $DIR/run$$; sleep 0.01; rm $DIR/run$$; exit 0", NULL);
	for (; all < want; all++)
		assert_int_equal(ignorecommand_ask(command, &v, all), 0);
	assert_true(scene_until(has_answers, &want));
	for (size_t i = 0; i < want; i++)
		assert_true(answers[i].ignored);
	for (all = 0; ignorecommand_ask(command, &v, all) == 0; all++)
		;
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(all, IGNORECOMMAND_QUEUE_MAX);
	assert_int_equal(ignorecommand_refused(command), 1);
}

static void
names_are_looked_up_for_the_key(void **state)
{
	(void)state;
	use("echo <ip-host> >> $LOG", "key=\"<ip-host>\"");
	ask("127.0.0.1", "a");
	ask("127.0.0.1", "b");
	assert_string_equal(scene_read("log"), "localhost\n");
}

static void
answers_forget_the_oldest(void **state)
{
	struct answers *a = answers_new(100, 10);
	bool yes;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i % 300);
		answers_set(a, span_of(key), (struct boot){ i }, i % 2 == 0);
		assert_true(answers_count(a) <= 100);
		assert_true(answers_find(a, span_of(key), (struct boot){ i },
		    &yes));
		assert_int_equal(yes, i % 2 == 0);
	}
	assert_true(answers_find(a, SPAN("99"), (struct boot){ 1000 }, &yes));
	assert_false(answers_find(a, SPAN("150"), (struct boot){ 1000 },
	    &yes));
	assert_false(answers_find(a, SPAN("99"),
	    (struct boot){ 1000 + 10 * CLOCK_SECOND }, &yes));
	answers_free(a);
	answers_free(NULL);
}

static unsigned named;
static char first_name[256];

static void
name_cb(const char *name, void *arg)
{
	(void)arg;
	if (named++ == 0 && name != NULL)
		snprintf(first_name, sizeof(first_name), "%s", name);
}

static bool
all_named(void *arg)
{
	return named >= *(unsigned *)arg;
}

static void
host_names_come_once(void **state)
{
	unsigned want = 30;
	struct addr a;

	(void)state;
	named = 0;
	assert_int_equal(addr_parse(SPAN("127.0.0.1"), &a), 0);
	for (unsigned i = 0; i < want; i++)
		host_ask(scene.host, &a, name_cb, NULL);
	host_cancel(host_ask(scene.host, &a, name_cb, NULL));
	host_cancel(NULL);
	assert_int_equal(named, 0);
	assert_true(scene_until(all_named, &want));
	assert_string_equal(first_name, "localhost");
	/* From memory now, but still not at once. */
	want++;
	host_ask(scene.host, &a, name_cb, NULL);
	assert_int_equal(named, want - 1);
	assert_true(scene_until(all_named, &want));
	want++;
	host_ask(scene.host, NULL, name_cb, NULL);
	assert_true(scene_until(all_named, &want));
	/* Those that nobody waits for any more do no harm. */
	host_ask(scene.host, &a, name_cb, NULL);
	host_ask(scene.host, NULL, name_cb, NULL);
	assert_int_equal(named, want);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_status_is_the_answer),
		TEST(answers_are_kept_by_their_key),
		TEST(a_wrong_cache_is_told),
		TEST(many_questions_are_bounded),
		TEST(names_are_looked_up_for_the_key),
		TEST(answers_forget_the_oldest),
		TEST(host_names_come_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
