#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "config/tag.h"

static struct properties tags;
static struct buf why;

static int
clean(void **state)
{
	(void)state;
	properties_fini(&tags);
	buf_fini(&why);
	return 0;
}

static void
set(const char *key, const char *value)
{
	properties_set(&tags, key, value);
}

static int
resolve(const struct strings *ignore, const char *condition)
{
	struct tag_rules rules = { .ignore = ignore, .condition = condition };

	return tag_resolve(&tags, &rules, &why);
}

static void
expect(const char *key, const char *value)
{
	assert_string_equal(properties_get(&tags, key), value);
}

static void
test_nested_and_unknown(void **state)
{
	(void)state;
	set("a", "<b> <HOST> <x y> <>");
	set("b", "<c>!");
	set("c", "1");
	set("type", "c");
	set("deep", "<<type>>");
	assert_int_equal(resolve(NULL, ""), 0);
	expect("a", "1! <HOST> <x y> <>");
	expect("deep", "1");
}

static void
test_run_time_tags_stay(void **state)
{
	struct strings ignore = { 0 };

	(void)state;
	strings_add(&ignore, SPAN("matches"));
	set("matches", "no");
	set("a", "<matches> <b>");
	set("b", "1");
	assert_int_equal(resolve(&ignore, ""), 0);
	expect("a", "<matches> 1");
	strings_fini(&ignore);
}

static void
test_condition_first(void **state)
{
	(void)state;
	set("set", "four");
	set("set?family=inet6", "six");
	set("a", "<set>");
	assert_int_equal(resolve(NULL, "family=inet6"), 0);
	expect("a", "six");
}

static void
test_self_reference_fails(void **state)
{
	(void)state;
	set("a", "x<a>");
	assert_int_equal(resolve(NULL, ""), -1);
	assert_non_null(strstr(why.p, "self referencing"));
	clean(NULL);
	set("a", "<b>");
	set("b", "<a>");
	assert_int_equal(resolve(NULL, ""), -1);
}

static void
test_limit_of_one_tag(void **state)
{
	(void)state;
	/* Each look gives one more <b>: the limit must end it. */
	set("a", "<b>");
	set("b", "<c> <d>");
	set("c", "<b>");
	set("d", "1");
	assert_int_equal(resolve(NULL, ""), -1);
	assert_non_null(strstr(why.p, "self referencing"));
}

static void
test_bomb_ends_at_once(void **state)
{
	char key[16], value[256];

	(void)state;
	set("v9", "0123456789");
	for (int i = 8; i >= 0; i--) {
		snprintf(key, sizeof(key), "v%d", i);
		value[0] = '\0';
		for (int k = 0; k < 10; k++)
			snprintf(value + strlen(value), 16, "<v%d>%d", i + 1,
			    k);
		set(key, value);
	}
	assert_int_equal(resolve(NULL, ""), -1);
	assert_non_null(strstr(why.p, "1 MiB"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_nested_and_unknown, clean),
		cmocka_unit_test_teardown(test_run_time_tags_stay, clean),
		cmocka_unit_test_teardown(test_condition_first, clean),
		cmocka_unit_test_teardown(test_self_reference_fails, clean),
		cmocka_unit_test_teardown(test_limit_of_one_tag, clean),
		cmocka_unit_test_teardown(test_bomb_ends_at_once, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
