/*
 * Engine and runner read the same commands on different ways: the digest must
 * not tell them apart, and must tell apart what would run something else.
 */
#include "process/run_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "config/dump.h"
#include "tree.h"

#define JAIL "[DEFAULT]\nlogpath = log\nfilter = f\naction = a[port=\"ssh\"]\n" \
	"  b[name=\"x y\", to='a,b']\n" \
	"[j]\nenabled = true\nignorecommand = /bin/known <ip>\n" \
	"ignorecache = key=\"<ip>\", max-count=10, max-time=5m\n" \
	"[k]\nenabled = true\nmaxretry = 7\n"
#define ACTION "[Definition]\nactionstart = one\n  two\n" \
	"actionban = ban <ip> <port> %(_x)s\nactionunban =\n_x = y\n" \
	"norestored = 1\n[Init]\nport = 1:65535\nchain = INPUT\n" \
	"[Init?family=inet6]\nchain = INPUT6\n"

static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_write(&tree, "fail2ban.conf", "[Definition]\n");
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST>$\n");
	tree_write(&tree, "action.d/a.conf", ACTION);
	tree_write(&tree, "action.d/b.conf", ACTION);
	tree_write(&tree, "log", "");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static struct config *
load(const char *jails)
{
	const struct config_request request = {
		.dir = tree.dir, .share = "/nonexistent",
	};
	struct report report = { 0 };
	struct config *config;

	tree_write(&tree, "jail.conf", jails);
	config = config_load(&request, &report);
	report_fini(&report);
	assert_non_null(config);
	return config;
}

/* As the engine gets it. */
static struct config *
handed_over(const struct config *config)
{
	struct report report = { 0 };
	struct buf text = { 0 };
	struct config *copy;

	dump_write(config, DUMP_ENGINE, &text);
	copy = dump_read(buf_span(&text), &report);
	assert_non_null(copy);
	report_fini(&report);
	buf_fini(&text);
	return copy;
}

static void
both_ways_give_one_digest(void **state)
{
	struct config *files = load(JAIL);
	struct config *engine = handed_over(files);
	char a[SHA1_HEX], b[SHA1_HEX];

	(void)state;
	assert_int_equal(files->jails_n, 2);
	assert_int_equal(engine->jails_n, 2);
	for (size_t i = 0; i < 2; i++) {
		run_plan_digest(&files->jails[i], a);
		run_plan_digest(&engine->jails[i], b);
		assert_string_equal(a, b);
		assert_true(run_plan_wants(&engine->jails[i]));
		assert_true(run_plan_same(&files->jails[i].actions[1],
		    &engine->jails[i].actions[1]));
	}
	run_plan_digest(&files->jails[0], a);
	assert_string_not_equal(a, b);
	assert_true(run_plan_asks(&engine->jails[0]));
	assert_false(run_plan_asks(&engine->jails[1]));
	config_free(engine);
	config_free(files);
}

static void
digest_of_second(const char *jails, char out[SHA1_HEX])
{
	struct config *config = load(jails);

	assert_int_equal(config->jails_n, 2);
	run_plan_digest(&config->jails[1], out);
	config_free(config);
}

static void
what_runs_counts_and_nothing_else(void **state)
{
	char before[SHA1_HEX], after[SHA1_HEX];

	(void)state;
	digest_of_second(JAIL, before);
	digest_of_second(JAIL "findtime = 3h\nbantime = 4\nlogpath = none\n",
	    after);
	assert_string_equal(before, after);
	digest_of_second(JAIL "ignorecommand = x\n", after);
	assert_string_not_equal(before, after);
	digest_of_second(JAIL "action = a[port=\"ssh\"]\n", after);
	assert_string_not_equal(before, after);
	tree_write(&tree, "action.d/b.local", "[Init]\nchain = OUTPUT\n");
	digest_of_second(JAIL, after);
	assert_string_not_equal(before, after);
	tree_write(&tree, "action.d/b.local", "");
	digest_of_second(JAIL, after);
	assert_string_equal(before, after);
}

/* Moving a byte from one text to its neighbour is a difference. */
static void
texts_do_not_run_together(void **state)
{
	struct jail_config x = { .name = (char *)"ab",
		.ignorecommand = (char *)"c" };
	struct jail_config y = { .name = (char *)"a",
		.ignorecommand = (char *)"bc" };
	char a[SHA1_HEX], b[SHA1_HEX];

	(void)state;
	run_plan_digest(&x, a);
	run_plan_digest(&y, b);
	assert_string_not_equal(a, b);
}

static void
who_needs_a_runner(void **state)
{
	struct action_config action = { .kind = ACTION_NFTABLES,
		.name = (char *)"n", .file = (char *)"nftables" };
	struct jail_config jail = { .name = (char *)"j", .actions = &action,
		.actions_n = 1 };

	(void)state;
	assert_false(run_plan_wants(&jail));
	action.kind = ACTION_SHELL;
	assert_true(run_plan_wants(&jail));
	action.file = (char *)"smtp.py";
	assert_false(run_plan_wants(&jail));
	jail.ignorecommand = (char *)"true";
	assert_true(run_plan_wants(&jail));
	jail.error = (char *)"broken";
	assert_false(run_plan_wants(&jail));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ways_give_one_digest,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_runs_counts_and_nothing_else, setup, teardown),
		cmocka_unit_test(texts_do_not_run_together),
		cmocka_unit_test(who_needs_a_runner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
