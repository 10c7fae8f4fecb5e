#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/ini.h"
#include "tree.h"

static struct ini ini;
static struct report report;

static int
parse(const char *text)
{
	ini_fini(&ini);
	report_fini(&report);
	return ini_parse(&ini, span_of(text), "f", &report);
}

static const char *
value(const char *section, const char *option)
{
	struct ini_option *o = ini_option(ini_section(&ini, section), option);

	return o != NULL ? o->value : NULL;
}

static int
clean(void **state)
{
	(void)state;
	ini_fini(&ini);
	report_fini(&report);
	return 0;
}

static void
test_names_and_delimiters(void **state)
{
	(void)state;
	assert_int_equal(parse("[ S4 ] rest\nKey = v\nother: a=b\nempty =\n"), 0);
	assert_string_equal(value(" S4 ", "key"), "v");
	assert_string_equal(value(" S4 ", "other"), "a=b");
	assert_string_equal(value(" S4 ", "empty"), "");
	assert_null(value("S4", "key"));
	assert_int_equal(parse("[A]b]\nx=1\n"), 0);
	assert_string_equal(value("A]b", "x"), "1");
}

static void
test_comments(void **state)
{
	(void)state;
	assert_int_equal(parse("# c\n[a]\nx = 1 ; gone\n"
	    "y = run 2>&1; }\nz = one ;two\n  # inside\n  three\n"
	    "w = a # stays\n"), 0);
	assert_string_equal(value("a", "x"), "1");
	assert_string_equal(value("a", "y"), "run 2>&1; }");
	assert_string_equal(value("a", "z"), "one\nthree");
	assert_string_equal(value("a", "w"), "a # stays");
}

static void
test_continuation(void **state)
{
	(void)state;
	assert_int_equal(parse("[a]\r\nx = 1\r\n\r\n  2\r\n\r\n[b]\ny =\n\tq\n"
	    "  [not a header]\nz = 1\n"), 0);
	assert_string_equal(value("a", "x"), "1\n\n2");
	assert_string_equal(value("b", "y"), "\nq\n[not a header]");
	assert_string_equal(value("b", "z"), "1");
}

static void
expect_problem(const char *text, unsigned line, const char *words)
{
	assert_int_equal(parse(text), -1);
	assert_int_equal(report.n, 1);
	assert_int_equal(report.v[0].line, line);
	assert_non_null(strstr(report.v[0].text, words));
}

static void
test_errors_name_their_line(void **state)
{
	(void)state;
	expect_problem("x = 1\n", 1, "before the first [section]");
	expect_problem("[a]\nx = 1\nX = 2\n", 3, "'x' stands twice");
	expect_problem("[a]\nx=1\n[b]\n[a]\n", 4, "[a] stands twice");
	expect_problem("[a]\nnothing here\ny = 1\n", 2, "nothing here");
	assert_string_equal(value("a", "y"), "1");
	assert_non_null(ini_section(&ini, "a")->error);
	expect_problem("[a]\n = v\n", 2, "no option name");
	expect_problem("[a]\nok = 1\nx = \xff\n", 3, "0xff");
	assert_true(ini.incomplete);
	expect_problem("\xef\xbb\xbf[a]\nx = 1\n", 1, "byte order mark");
	assert_true(ini.incomplete);
	expect_problem("[]\n", 1, "before the first");
}

static void
test_merge_keeps_known(void **state)
{
	struct ini other = { 0 };

	(void)state;
	assert_int_equal(parse("[j]\nx = old\n[Init]\nb = r\n"), 0);
	assert_int_equal(ini_parse(&other, SPAN("[j]\nx = new\ny = 2\n"
	    "[Init?family=inet6]\nb = d\n"), "g", &report), 0);
	ini_merge(&ini, &other);
	assert_string_equal(value("j", "x"), "new");
	assert_string_equal(ini_option(ini_section(&ini, "j"), "x")->known,
	    "old");
	assert_string_equal(ini_option(ini_section(&ini, "j"), "x")->file, "g");
	assert_null(ini_option(ini_section(&ini, "j"), "y")->known);
	assert_string_equal(value("Init", "b"), "r");
	assert_string_equal(value("Init", "b?family=inet6"), "d");
	assert_null(ini_section(&ini, "Init?family=inet6"));
	ini_fini(&other);
}

/* What was read, in order, as "a b c" of the names' ends. */
static void
expect_files(const struct tree *t, const char *expected)
{
	struct buf got = { 0 };

	for (size_t i = 0; i < ini.files.n; i++)
		buf_addf(&got, "%s%s", i > 0 ? " " : "",
		    ini.files.v[i] + strlen(t->dir) + 1);
	assert_string_equal(got.p, expected);
	buf_fini(&got);
}

static void
test_file_order(void **state)
{
	struct tree t;

	(void)state;
	clean(NULL);
	tree_make(&t);
	tree_write(&t, "jail.conf", "[INCLUDES]\nbefore = p.conf\n"
	    "after = a.conf\n[s]\nx = conf\n");
	tree_write(&t, "p.conf", "[INCLUDES]\nafter = q.conf\n[s]\nx = p\n");
	tree_write(&t, "p.local", "[s]\nx = pl\n");
	tree_write(&t, "q.conf", "[s]\nx = q\n");
	tree_write(&t, "jail.d/b.conf", "[s]\nx = db\n");
	tree_write(&t, "jail.d/a.conf", "[s]\nx = da\n");
	tree_write(&t, "jail.d/a.local", "[s]\nx = dal\n");
	tree_write(&t, "jail.local", "[INCLUDES]\nbefore = none.conf\n"
	    "[s]\nx = local\n");
	assert_int_equal(ini_load(&ini, t.dir, "jail", &report), 0);
	expect_files(&t, "p.conf q.conf p.local jail.conf jail.d/a.conf "
	    "jail.d/b.conf jail.local jail.d/a.local");
	assert_string_equal(value("s", "x"), "dal");
	assert_string_equal(ini_option(ini_section(&ini, "s"), "x")->known,
	    "local");
	assert_int_equal(ini_load(&ini, t.dir, "nothing", &report), 1);
	assert_int_equal(report.n, 0);
	tree_remove(&t);
}

static void
test_include_loops_end(void **state)
{
	struct tree t;

	(void)state;
	clean(NULL);
	tree_make(&t);
	tree_write(&t, "jail.conf", "[INCLUDES]\nbefore = x.conf\n[s]\na=1\n");
	tree_write(&t, "x.conf", "[INCLUDES]\nbefore = jail.conf\n");
	assert_int_equal(ini_load(&ini, t.dir, "jail", &report), 0);
	clean(NULL);
	/* Another spelling each time: only the depth ends it. */
	tree_write(&t, "sub/y.conf", "");
	tree_write(&t, "jail.conf",
	    "[INCLUDES]\nbefore = sub/../jail.conf\n[s]\na=1\n");
	assert_int_equal(ini_load(&ini, t.dir, "jail", &report), -1);
	assert_non_null(strstr(report.v[0].text, "too deep"));
	tree_remove(&t);
}

static void
test_guarded_files(void **state)
{
	struct tree t;

	(void)state;
	clean(NULL);
	tree_make(&t);
	tree_write(&t, "action.d/x.conf", "[Definition]\nactionban = true\n");
	assert_int_equal(chmod(tree_path(&t, "action.d/x.conf"), 0666), 0);
	ini.guarded = true;
	assert_int_equal(ini_load(&ini, t.dir, "action.d/x", &report), -1);
	assert_true(ini.incomplete);
	assert_non_null(strstr(report.v[0].text, "0666"));
	assert_null(ini_section(&ini, "Definition"));
	clean(NULL);
	assert_int_equal(ini_load(&ini, t.dir, "action.d/x", &report), 0);
	tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_names_and_delimiters, clean),
		cmocka_unit_test_teardown(test_comments, clean),
		cmocka_unit_test_teardown(test_continuation, clean),
		cmocka_unit_test_teardown(test_errors_name_their_line, clean),
		cmocka_unit_test_teardown(test_merge_keeps_known, clean),
		cmocka_unit_test_teardown(test_file_order, clean),
		cmocka_unit_test_teardown(test_include_loops_end, clean),
		cmocka_unit_test_teardown(test_guarded_files, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
