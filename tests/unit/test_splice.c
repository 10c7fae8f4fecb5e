#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/dump.h"
#include "config/jail_copy.h"
#include "config/splice.h"
#include "tree.h"

static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^f <HOST>$\n");
	tree_write(&tree, "action.d/a.conf", "[Definition]\nactionban = b\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

/* Jails of one maxretry each: "one=3 two=4". */
static struct config *
load(const char *ignoreip, const char *jails)
{
	struct config_request request = { .dir = tree.dir, .share = "/none" };
	struct report report = { 0 };
	struct span rest = span_of(jails), jail;
	struct buf text = { 0 };
	struct config *c;

	buf_addf(&text, "[DEFAULT]\nenabled = true\nfilter = f\naction = a\n"
	    "ignoreip = %s\n", ignoreip);
	while (span_cut(&rest, ' ', &jail)) {
		size_t eq = span_chr(jail, '=');

		buf_addf(&text, "[%.*s]\nmaxretry = %.*s\n",
		    SPAN_FMT(span_sub(jail, 0, eq)),
		    SPAN_FMT(span_skip(jail, eq + 1)));
	}
	tree_write(&tree, "jail.conf", text.p);
	buf_fini(&text);
	c = config_load(&request, &report);
	assert_non_null(c);
	report_fini(&report);
	return c;
}

/* The jails after `jail` of `fresh` was taken over into `running`. */
static void
expect(const char *running, const char *fresh, const char *jail,
    const char *jails)
{
	struct config *old = load("192.0.2.1", running), *new;
	struct buf text = { 0 }, again = { 0 }, got = { 0 };
	struct report report = { 0 };

	dump_write(old, DUMP_ENGINE, &text);
	new = config_splice(buf_span(&text), load("192.0.2.2", fresh), jail,
	    &report);
	assert_non_null(new);
	assert_int_equal(report.n, 0);
	for (size_t i = 0; i < new->jails_n; i++)
		buf_addf(&got, "%s%s=%d", i > 0 ? " " : "", new->jails[i].name,
		    (int)new->jails[i].maxretry);
	assert_string_equal(got.p != NULL ? got.p : "", jails);
	/* Nobody in the files may be banned, whatever jail was named. */
	assert_int_equal(new->never.n, 1);
	assert_string_equal(new->never.v[0], "192.0.2.2");
	/* Of the jails, nothing else has changed. */
	strings_fini(&new->never);
	strings_copy(&new->never, &old->never);
	dump_write(new, DUMP_ENGINE, &again);
	if (strcmp(running, jails) == 0)
		assert_string_equal(again.p, text.p);
	config_free(old);
	config_free(new);
	buf_fini(&text);
	buf_fini(&again);
	buf_fini(&got);
}

static void
test_one_jail(void **state)
{
	(void)state;
	expect("a=1 b=2 c=3", "a=7 b=8 c=9", "b", "a=1 b=8 c=3");
	expect("a=1 b=2 c=3", "a=7 b=8 c=9", "c", "a=1 b=2 c=9");
	expect("a=1 b=2 c=3", "a=7 c=9", "b", "a=1 c=3");
	expect("a=1 b=2 c=3", "b=8 c=9", "a", "b=2 c=3");
	expect("a=1 b=2", "a=7 c=9 b=8", "c", "a=1 b=2 c=9");
	expect("a=1 b=2", "a=7", "nobody", "a=1 b=2");
	expect("a=1", "", "a", "");
	expect("", "a=1", "a", "a=1");
}

static void
test_text_that_is_no_dump(void **state)
{
	struct report report = { 0 };

	(void)state;
	assert_null(config_splice(SPAN("nonsense\n"), load("", "a=1"), "a",
	    &report));
	assert_int_equal(report.errors, 1);
	report_fini(&report);
}

static void
dump(const struct config *c, size_t i, struct buf *out)
{
	struct config one = *c;

	one.jails = &c->jails[i];
	one.jails_n = 1;
	buf_clear(out);
	dump_write(&one, DUMP_ENGINE, out);
}

static void
a_copy_is_all_of_a_jail(void **state)
{
	struct config *c = load("192.0.2.1", "one=3 two=4"), *copy;
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	copy = jail_copy(c, &c->jails[1]);
	assert_non_null(copy);
	assert_int_equal(copy->jails_n, 1);
	assert_int_equal(copy->jails[0].maxretry, 4);
	assert_int_equal(copy->jails[0].actions_n, 1);
	dump(c, 1, &a);
	dump(copy, 0, &b);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	config_free(copy);
	config_free(c);
	buf_fini(&a);
	buf_fini(&b);
}

static void
a_blank_jail_has_the_defaults(void **state)
{
	struct config *c = load("", "one=9"), *blank;

	(void)state;
	blank = jail_blank(c, "it's \\ \n new", "polling");
	assert_non_null(blank);
	assert_string_equal(blank->jails[0].name, "it's \\ \n new");
	assert_string_equal(blank->jails[0].backend, "polling");
	assert_string_equal(blank->jails[0].filter.name, "");
	assert_int_equal(blank->jails[0].maxretry, 3);
	assert_int_equal(blank->jails[0].bantime, 600);
	assert_true(blank->jails[0].findtime == 600);
	assert_int_equal(blank->jails[0].logs_n, 0);
	assert_int_equal(blank->jails[0].actions_n, 0);
	config_free(blank);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_jail, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(a_copy_is_all_of_a_jail,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(a_blank_jail_has_the_defaults,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_that_is_no_dump,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
