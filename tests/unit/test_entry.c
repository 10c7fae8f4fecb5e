#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/entry.h"

/* "name|k=v|k=v", or "!" and words of the reason. */
static void
expect(const char *text, const char *expected)
{
	struct entry e;
	struct buf why = { 0 }, got = { 0 };

	if (entry_parse(&e, span_of(text), &why) != 0) {
		assert_int_equal(expected[0], '!');
		assert_non_null(strstr(why.p, expected + 1));
		buf_fini(&why);
		return;
	}
	buf_adds(&got, e.name);
	for (size_t i = 0; i < e.options.n; i++)
		buf_addf(&got, "|%s=%s", e.options.v[i].key,
		    e.options.v[i].value);
	assert_string_equal(got.p, expected);
	buf_fini(&got);
	entry_fini(&e);
}

static void
test_values(void **state)
{
	(void)state;
	expect("sshd", "sshd");
	expect("sshd[mode=aggressive]", "sshd|mode=aggressive");
	expect("a[x=\"1, ]2\", y='b', z= c d ]", "a|x=1, ]2|y=b|z=c d");
	expect("a[x=1][y=2] [z=3]", "a|x=1|y=2|z=3");
	expect("a[x=1, x=2]", "a|x=2");
	expect("a[]", "a");
	expect("a[x=1,]", "a|x=1");
	expect("a[x=\" 1\n 2 \"]", "a|x=1\n 2");
	expect("a[n-a.m_e=]", "a|n-a.m_e=");
	expect("A b[x==1]", "A b|x==1");
}

static void
test_open_quote_is_a_value(void **state)
{
	(void)state;
	expect("a[p=\"x]", "a|p=\"x");
}

/* 1.1.x; 1.0.2 takes the blank and the quotes into the value. */
static void
test_blank_before_quote_differs_from_1_0_2(void **state)
{
	(void)state;
	expect("a[x= \"1,2\"]", "a|x=1,2");
}

/* 1.1.x; a syntax error in 1.0.2. */
static void
test_conditions_differ_from_1_0_2(void **state)
{
	(void)state;
	expect("a[b?family=inet6=\"d\"]", "a|b?family=inet6=d");
	expect("a[b?family=d]", "!expected option");
}

static void
test_refused(void **state)
{
	(void)state;
	expect("a[x=\"1\"junk]", "!unexpected syntax");
	expect("a[x=1]junk", "!unexpected option syntax");
	expect("a[x=1,,y=2]", "!expected option");
	expect("a[x]", "!expected option");
	expect("a[x =1]", "!expected option");
	expect("[x=1]", "!unexpected option syntax");
	expect("a[x=1", "!unexpected option syntax");
	expect("", "!no name");
}

static void
expect_split(const char *text, const char *expected)
{
	struct strings list = { 0 };
	struct buf got = { 0 };

	entry_split(span_of(text), &list);
	for (size_t i = 0; i < list.n; i++)
		buf_addf(&got, "%s{%s}", i > 0 ? " " : "", list.v[i]);
	assert_string_equal(got.p != NULL ? got.p : "", expected);
	buf_fini(&got);
	strings_fini(&list);
}

static void
test_split(void **state)
{
	(void)state;
	expect_split("", "");
	expect_split("a b\n c", "{a} {b} {c}");
	expect_split("a[x=\"1 2\", y=3]\nb [z=1]", "{a[x=\"1 2\", y=3]} "
	    "{b [z=1]}");
	expect_split("a[x=\"]\n \"][y=1]  b", "{a[x=\"]\n \"][y=1]} {b}");
	expect_split("a[p=\"x] b", "{a[p=\"x]} {b}");
	expect_split("a[p=\"x, q=1]\n b[z=\"y\"]", "{a[p=\"x, q=1]} "
	    "{b[z=\"y\"]}");
	expect_split("a[x=1]b c", "{a[x=1]b} {c}");
	expect_split("a[x= 1, y=2 ]", "{a[x= 1, y=2 ]}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_open_quote_is_a_value),
		cmocka_unit_test(test_blank_before_quote_differs_from_1_0_2),
		cmocka_unit_test(test_conditions_differ_from_1_0_2),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
