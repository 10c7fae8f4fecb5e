/*
 * Warden and engine number the same things alike: one makes its plan from the
 * files, the other from the dump it was sent, and a jail that only breaks on
 * one side shifts no number.
 */
#include "process/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/dump.h"
#include "process/check.h"
#include "tree.h"

static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST> x$\n");
	tree_write(&tree, "action.d/shell.conf",
	    "[Definition]\nactionban = ban <ip>\n");
	tree_write(&tree, "a.log", "");
	tree_write(&tree, "b.log", "");
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
load(void)
{
	struct config_request request = { .dir = tree.dir, .share = "." };
	struct report report = { 0 };
	struct buf text = { 0 };
	struct config *config;

	buf_addf(&text, "[DEFAULT]\nfilter = f\nenabled = true\n"
	    "d = %s\naction = nftables[port=\"22\"]\n"
	    "[one]\nlogpath = %%(d)s/a.log\n\t%%(d)s/*.log tail\n"
	    "\t%%(d)s/later.log\n\t%%(d)s/none*.log\n"
	    "action = shell\n\tnftables[port=\"1\"]\n"
	    "\tnftables[port=\"2\", actname=n2]\n"
	    "[bad-port]\nlogpath = %%(d)s/a.log\n"
	    "action = nftables[port=\"no-such-service\"]\n"
	    "[bad-number]\nlogpath = %%(d)s/a.log\nmaxretry = x\n"
	    "[bad-regex]\nlogpath = %%(d)s/b.log\nfailregex = ^( <HOST>$\n"
	    "[off]\nenabled = false\nlogpath = %%(d)s/a.log\n"
	    "[last]\nlogpath = %%(d)s/b.log\n", tree.dir);
	tree_write(&tree, "jail.conf", text.p);
	buf_fini(&text);
	config = config_load(&request, &report);
	assert_non_null(config);
	check_rules(config, &report);
	report_fini(&report);
	return config;
}

static void
assert_log(const struct config *c, const struct plan *plan, size_t i,
    const char *jail, const char *path)
{
	assert_true(i < plan->logs_n);
	assert_string_equal(c->jails[plan->logs[i].jail].name, jail);
	assert_string_equal(plan->logs[i].path, tree_path(&tree, path));
}

static void
assert_rule(const struct config *c, const struct plan *plan, size_t i,
    const char *jail, const char *port)
{
	const struct jail_config *j = &c->jails[plan->rules[i].jail];
	const struct action_config *a = &j->actions[plan->rules[i].action];

	assert_true(i < plan->rules_n);
	assert_string_equal(j->name, jail);
	assert_int_equal(a->kind, ACTION_NFTABLES);
	assert_string_equal(properties_get(&a->props, "port"), port);
}

static void
test_numbers(void **state)
{
	struct config *c = load();
	struct plan plan;

	(void)state;
	plan_make(&plan, c);
	/* Broken and disabled jails have none, nor globs without a match. */
	assert_int_equal(plan.logs_n, 5);
	assert_log(c, &plan, 0, "one", "a.log");
	assert_log(c, &plan, 1, "one", "b.log");
	assert_log(c, &plan, 2, "one", "later.log");
	assert_log(c, &plan, 3, "bad-regex", "b.log");
	assert_log(c, &plan, 4, "last", "b.log");
	assert_false(plan.logs[0].tail);
	assert_true(plan.logs[1].tail);
	assert_false(plan.logs[2].tail);
	assert_int_equal(plan.rules_n, 4);
	assert_rule(c, &plan, 0, "one", "1");
	assert_rule(c, &plan, 1, "one", "2");
	assert_rule(c, &plan, 2, "bad-regex", "22");
	assert_rule(c, &plan, 3, "last", "22");
	plan_fini(&plan);
	assert_int_equal(plan.logs_n + plan.rules_n, 0);
	config_free(c);
}

static void
test_both_sides_count_alike(void **state)
{
	struct config *warden = load(), *engine;
	struct report report = { 0 };
	struct buf text = { 0 };
	struct plan w, e;

	(void)state;
	dump_write(warden, DUMP_ENGINE, &text);
	engine = dump_read(buf_span(&text), &report);
	assert_non_null(engine);
	plan_make(&w, warden);
	plan_make(&e, engine);
	assert_int_equal(w.logs_n, e.logs_n);
	for (size_t i = 0; i < w.logs_n; i++) {
		assert_int_equal(w.logs[i].jail, e.logs[i].jail);
		assert_int_equal(w.logs[i].tail, e.logs[i].tail);
		assert_string_equal(w.logs[i].path, e.logs[i].path);
	}
	assert_int_equal(w.rules_n, e.rules_n);
	for (size_t i = 0; i < w.rules_n; i++) {
		assert_int_equal(w.rules[i].jail, e.rules[i].jail);
		assert_int_equal(w.rules[i].action, e.rules[i].action);
	}
	plan_fini(&w);
	plan_fini(&e);
	buf_fini(&text);
	report_fini(&report);
	config_free(warden);
	config_free(engine);
}

static void
test_nothing(void **state)
{
	struct config none = { 0 };
	struct plan plan;

	(void)state;
	plan_make(&plan, &none);
	assert_int_equal(plan.logs_n, 0);
	assert_int_equal(plan.rules_n, 0);
	plan_fini(&plan);
}

static void
test_too_many_native_actions(void **state)
{
	struct config_request request = { .dir = tree.dir, .share = "." };
	struct report report = { 0 };
	struct buf text = { 0 };
	struct config *c;

	(void)state;
	for (int most = 32; most <= 33; most++) {
		buf_clear(&text);
		buf_adds(&text, "[j]\nfilter = f\nenabled = true\nlogpath =\n"
		    "action =");
		for (int i = 0; i < most; i++)
			buf_addf(&text, "\tnftables[port=\"%d\", "
			    "actname=a%d]\n", i + 1, i);
		tree_write(&tree, "jail.conf", text.p);
		c = config_load(&request, &report);
		assert_non_null(c);
		check_rules(c, &report);
		if (most == 32)
			assert_null(c->jails[0].error);
		else
			assert_non_null(c->jails[0].error);
		config_free(c);
	}
	report_fini(&report);
	buf_fini(&text);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_numbers),
		CASE(test_both_sides_count_alike),
		CASE(test_nothing),
		CASE(test_too_many_native_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
