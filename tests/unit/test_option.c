#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/duration.h"
#include "config/option.h"

static void
test_rows_are_whole(void **state)
{
	(void)state;
	for (const struct option *o = option_table(); o->name != NULL; o++) {
		assert_true(o->places != 0 && o->places < 16);
		assert_non_null(o->unit);
		assert_non_null(o->help);
		assert_true(strlen(o->help) > 8 && strlen(o->help) < 72);
		for (const char *c = o->name; *c != '\0'; c++)
			assert_false(*c >= 'A' && *c <= 'Z');
		for (const struct option *p = o + 1; p->name != NULL; p++)
			if (strcmp(p->name, o->name) == 0)
				assert_true((p->places & o->places) == 0);
	}
}

static void
test_defaults_have_their_type(void **state)
{
	double v;

	(void)state;
	for (const struct option *o = option_table(); o->name != NULL; o++) {
		if (o->fallback == NULL)
			continue;
		if (o->type == OPTION_DURATION)
			assert_int_equal(duration_parse(span_of(o->fallback),
			    &v), 0);
		if (o->type == OPTION_BOOL)
			assert_true(strcmp(o->fallback, "true") == 0 ||
			    strcmp(o->fallback, "false") == 0);
	}
}

static void
test_find_minds_the_place(void **state)
{
	(void)state;
	assert_non_null(option_find(OPTION_JAIL, "maxretry"));
	assert_null(option_find(OPTION_ACTION, "maxretry"));
	assert_non_null(option_find(OPTION_JAIL, "failregex"));
	assert_non_null(option_find(OPTION_FILTER, "failregex"));
	assert_true(option_find(OPTION_ACTION, "native")->ours);
	assert_null(option_find(OPTION_JAIL, "nonsense"));
}

static void
test_nearest(void **state)
{
	(void)state;
	assert_string_equal(option_nearest(OPTION_JAIL, "maxrety"), "maxretry");
	assert_string_equal(option_nearest(OPTION_JAIL, "bantme"), "bantime");
	assert_string_equal(option_nearest(OPTION_JAIL, "fialregex"),
	    "failregex");
	assert_string_equal(option_nearest(OPTION_JAIL, "bantime.increments"),
	    "bantime.increment");
	assert_string_equal(option_nearest(OPTION_MAIN, "dbfiles"), "dbfile");
	assert_null(option_nearest(OPTION_JAIL, "my_own_variable"));
	assert_null(option_nearest(OPTION_JAIL, ""));
	assert_null(option_nearest(OPTION_JAIL, "a_name_that_is_longer_than_any"
	    "_option_could_ever_be_in_this_table"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_defaults_have_their_type),
		cmocka_unit_test(test_find_minds_the_place),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
