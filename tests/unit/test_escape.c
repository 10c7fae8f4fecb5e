#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "action/escape.h"
#include "random.h"

static void
plain_values_are_pasted(void **state)
{
	static const char *const plain[] = {
		"", "192.0.2.7", "2001:db8::/32", "a_b-c", "user@host",
		"x%y", "+1", "a/b,c",
	};
	static const char *const others[] = {
		"-x", "a b", "a\nb", "a\tb", "$x", "`x`", "a;b", "\"", "'",
		"*", "?", "[a]", "~", "\\", "é", "a=b", "!x", "#", "{a}", "(",
		"<", ">", "&", "|", "^", "\x01", "\x7f", "\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		assert_true(escape_is_plain(span_of(plain[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(escape_is_plain(span_of(others[i])));
	assert_false(escape_is_plain(span_from("a\0b", 3)));
}

static void
others_become_variables(void **state)
{
	struct escape e = { 0 };
	struct buf text = { 0 };
	char **argv;

	(void)state;
	escape_add(&e, SPAN("x <"));
	escape_add_value(&e, SPAN("ip"), SPAN("192.0.2.7"));
	escape_add(&e, SPAN(" "));
	escape_add_value(&e, SPAN("raw-ticket"), SPAN("a b"));
	escape_add(&e, SPAN("-"));
	escape_add_value(&e, SPAN("F_user"), SPAN("$(id)"));
	escape_add(&e, SPAN("/"));
	escape_add_value(&e, SPAN("raw-ticket"), SPAN("a b"));
	argv = escape_argv(&e);
	assert_string_equal(argv[0], "f2bV_raw_ticket=$0 f2bV_F_user=$1 \n"
	    "x <192.0.2.7 $f2bV_raw_ticket-$f2bV_F_user/$f2bV_raw_ticket");
	assert_string_equal(argv[1], "a b");
	assert_string_equal(argv[2], "$(id)");
	assert_null(argv[3]);
	escape_format(&e, &text);
	assert_string_equal(text.p, "['f2bV_raw_ticket=$0 f2bV_F_user=$1 \\n"
	    "x <192.0.2.7 $f2bV_raw_ticket-$f2bV_F_user/$f2bV_raw_ticket', "
	    "'a b', '$(id)']");
	free(argv);
	buf_fini(&text);
	escape_fini(&e);
}

/* What follows a name must not become a part of it. */
static void
names_end_where_letters_follow(void **state)
{
	struct escape e = { 0 };

	(void)state;
	escape_add_value(&e, SPAN("a"), SPAN("x y"));
	escape_add(&e, SPAN(""));
	escape_add_value(&e, SPAN("b"), SPAN("7"));
	escape_add_value(&e, SPAN("a"), SPAN("x y"));
	escape_add_value(&e, SPAN("c"), SPAN("*"));
	escape_add(&e, SPAN("_z"));
	assert_string_equal(e.text.p, "${f2bV_a}7$f2bV_a${f2bV_c}_z");
	escape_fini(&e);
}

/* Runs it; what it printed. */
static char *
run(const struct escape *e)
{
	char **script = escape_argv(e);
	const char *argv[64] = { "/bin/sh", "-c" };
	struct buf out = { 0 };
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	assert_non_null(script);
	for (size_t i = 0; script[i] != NULL && i < 60; i++)
		argv[2 + i] = script[i];
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], buf_reserve(&out, 4096), 4096)) > 0)
		out.n += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(script);
	buf_addc(&out, '\0');
	return buf_take(&out);
}

static void
the_eleventh_variable_is_itself(void **state)
{
	struct escape e = { 0 };
	char *out;

	(void)state;
	escape_add(&e, SPAN("printf '%s,'"));
	for (int i = 0; i < 14; i++) {
		char tag[16], value[16];

		snprintf(tag, sizeof(tag), "t%d", i);
		snprintf(value, sizeof(value), "<%d>", i);
		escape_add(&e, SPAN(" \""));
		escape_add_value(&e, span_of(tag), span_of(value));
		escape_add(&e, SPAN("\""));
	}
	out = run(&e);
	assert_string_equal(out, "<0>,<1>,<2>,<3>,<4>,<5>,<6>,<7>,<8>,<9>,"
	    "<10>,<11>,<12>,<13>,");
	free(out);
	escape_fini(&e);
}

/* Any bytes come out of the shell as they went in. */
static void
values_survive_the_shell(void **state)
{
	(void)state;
	random_start();
	for (int i = 0; i < 200; i++) {
		struct escape e = { 0 };
		char value[48];
		size_t n = random_below(sizeof(value));
		char *out;

		for (size_t k = 0; k < n; k++)
			value[k] = (char)(1 + random_below(255));
		escape_add(&e, SPAN("printf %s \""));
		escape_add_value(&e, SPAN("matches"), span_from(value, n));
		escape_add(&e, SPAN("\""));
		out = run(&e);
		assert_int_equal(strlen(out), n);
		assert_memory_equal(out, value, n);
		free(out);
		escape_fini(&e);
	}
}

static void
values_are_bounded(void **state)
{
	struct escape e = { 0 };
	struct buf big = { 0 };
	size_t total = 0;
	char **argv;

	(void)state;
	/* Two bytes a character, so that a cut may hit one. */
	for (int i = 0; i < 100000; i++)
		buf_adds(&big, "é");
	for (int i = 0; i < 12; i++) {
		char tag[16];

		snprintf(tag, sizeof(tag), "t%d", i);
		escape_add_value(&e, span_of(tag), buf_span(&big));
	}
	assert_true(e.cut);
	assert_int_equal(e.values.n, 12);
	for (size_t i = 0; i < e.values.n; i++) {
		assert_true(strlen(e.values.v[i]) <= ESCAPE_VALUE_MAX);
		assert_int_equal(strlen(e.values.v[i]) % 2, 0);
		total += strlen(e.values.v[i]);
	}
	assert_true(total <= ESCAPE_VALUES_MAX);
	assert_true(total > ESCAPE_VALUES_MAX / 2);
	argv = escape_argv(&e);
	assert_non_null(argv);
	free(argv);
	/* A long harmless value is not pasted either. */
	buf_clear(&big);
	for (size_t i = 0; i <= ESCAPE_PASTE_MAX; i++)
		buf_addc(&big, 'a');
	assert_false(escape_is_plain(buf_span(&big)));
	/* A command that exec would refuse is refused before. */
	for (size_t i = 0; i <= ESCAPE_TEXT_MAX; i++)
		escape_add(&e, SPAN("a"));
	assert_null(escape_argv(&e));
	buf_fini(&big);
	escape_fini(&e);
}

static void
nul_is_replaced(void **state)
{
	struct escape e = { 0 };

	(void)state;
	escape_add_value(&e, SPAN("matches"), span_from("a\0b", 3));
	assert_string_equal(e.values.v[0], "a\xef\xbf\xbd" "b");
	escape_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_values_are_pasted),
		cmocka_unit_test(others_become_variables),
		cmocka_unit_test(names_end_where_letters_follow),
		cmocka_unit_test(the_eleventh_variable_is_itself),
		cmocka_unit_test(values_survive_the_shell),
		cmocka_unit_test(values_are_bounded),
		cmocka_unit_test(nul_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
