#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/interpolate.h"

static struct ini ini;
static struct report report;

static int
clean(void **state)
{
	(void)state;
	ini_fini(&ini);
	report_fini(&report);
	return 0;
}

static void
load(const char *text)
{
	struct ini one = { 0 };

	assert_int_equal(ini_parse(&one, span_of(text), "f", &report), 0);
	ini_merge(&ini, &one);
	ini_fini(&one);
}

/* The option of [j] with these variables; "!" and the reason on an error. */
static void
expect_with(const struct properties *vars, const char *option,
    const char *expected)
{
	struct scope scope = { .ini = &ini, .section = "j", .vars = vars };
	struct buf out = { 0 }, why = { 0 };
	int got = interpolate_get(&scope, option, &out, &why);

	if (expected == NULL) {
		assert_int_equal(got, 1);
	} else if (expected[0] == '!') {
		assert_int_equal(got, -1);
		assert_int_equal(out.n, 0);
		assert_non_null(strstr(why.p, expected + 1));
	} else {
		assert_int_equal(got, 0);
		assert_string_equal(out.p, expected);
	}
	buf_fini(&out);
	buf_fini(&why);
}

static void
expect(const char *option, const char *expected)
{
	expect_with(NULL, option, expected);
}

static void
test_lookup_order(void **state)
{
	struct properties vars = { 0 };

	(void)state;
	load("[DEFAULT]\na = da\nb = db\n[j]\na = ja\nx = %(a)s %(B)s "
	    "%(__name__)s 100%%\n");
	expect("x", "ja db j 100%");
	expect("b", "db");
	expect("none", NULL);
	properties_set(&vars, "a", "va");
	expect_with(&vars, "x", "va db j 100%");
	properties_fini(&vars);
}

static void
test_sections(void **state)
{
	(void)state;
	load("[DEFAULT]\na = d\n[s]\nb = sb\n[Up]\nc = 1\n[j]\na = old\n");
	load("[j]\na = new\nk = %(known/a)s\nkd = %(known/b2)s\n"
	    "d = %(default/a)s\ns = %(s/b)s\nf = %(s/a)s\nu = %(Up/c)s\n"
	    "m = %(none/c)s\n");
	expect("k", "old");
	expect("d", "d");
	expect("s", "sb");
	expect("f", "d");
	expect("kd", "!known/b2");
	/* Upstream looks sections up by a lower-case name. */
	expect("u", "!Up/c");
	expect("m", "!none/c");
}

static void
test_known_twice_is_an_error(void **state)
{
	(void)state;
	load("[j]\na = 1\n");
	load("[j]\na = %(known/a)s 2\n");
	expect("a", "1 2");
	load("[j]\na = %(known/a)s 3\n");
	expect("a", "!deeper than 10");
}

static void
chain(unsigned length)
{
	struct buf text = { 0 };

	buf_adds(&text, "[j]\n");
	for (unsigned i = 0; i < length; i++)
		buf_addf(&text, "v%u = %%(v%u)s\n", i, i + 1);
	buf_addf(&text, "v%u = end\n", length);
	load(text.p);
	buf_fini(&text);
}

static void
test_ten_references_work_eleven_fail(void **state)
{
	(void)state;
	chain(10);
	expect("v0", "end");
	clean(NULL);
	chain(11);
	expect("v0", "!deeper than 10");
	expect("v1", "end");
}

static void
test_syntax(void **state)
{
	(void)state;
	load("[j]\na = 5%\nb = %x\nc = %(d\ne = %(f)d\ng = %()s\n");
	expect("a", "!must be followed");
	expect("b", "!must be followed");
	expect("c", "!form %(name)s");
	expect("e", "!form %(name)s");
	expect("g", "!form %(name)s");
}

/* Ten levels of ten references each: 10^9 pieces, none may be made. */
static void
test_bombs_end_at_once(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (int empty = 0; empty < 2; empty++) {
		buf_adds(&text, "[j]\n");
		for (int i = 0; i < 9; i++) {
			buf_addf(&text, "v%d = ", i);
			for (int k = 0; k < 10; k++)
				buf_addf(&text, "%%(v%d)s", i + 1);
			buf_addc(&text, '\n');
		}
		buf_addf(&text, "v9 =%s\n", empty ? "" : " 0123456789");
		load(text.p);
		expect("v0", "!grows beyond 1 MiB");
		buf_clear(&text);
		clean(NULL);
	}
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_lookup_order, clean),
		cmocka_unit_test_teardown(test_sections, clean),
		cmocka_unit_test_teardown(test_known_twice_is_an_error, clean),
		cmocka_unit_test_teardown(
		    test_ten_references_work_eleven_fail, clean),
		cmocka_unit_test_teardown(test_syntax, clean),
		cmocka_unit_test_teardown(test_bombs_end_at_once, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
