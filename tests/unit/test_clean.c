/* Foreign bytes made UTF-8. */
#include "config/clean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config/utf8.h"
#include "random.h"

#define BAD "\xef\xbf\xbd"

static void
check(struct span in, const char *expected)
{
	struct buf out = { 0 };

	buf_adds(&out, "<");
	clean_utf8(in, &out);
	assert_string_equal(out.p + 1, expected);
	buf_fini(&out);
}

static void
what_is_text_stays_and_the_rest_is_marked(void **state)
{
	(void)state;
	check(SPAN(""), "");
	check(SPAN("plain \t text"), "plain \t text");
	check(SPAN("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"),
	    "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
	check(SPAN("a\0b"), "a" BAD "b");
	check(SPAN("\xff\xfe"), BAD BAD);
	/* Cut off, overlong, a surrogate, behind the last character. */
	check(SPAN("x\xc3"), "x" BAD);
	check(SPAN("\xc0\xaf"), BAD BAD);
	check(SPAN("\xed\xa0\x80."), BAD BAD BAD ".");
	check(SPAN("\xf4\x90\x80\x80"), BAD BAD BAD BAD);
}

static void
the_result_is_always_utf8(void **state)
{
	char bytes[40];
	struct buf out = { 0 };
	int i;
	size_t j;

	(void)state;
	random_start();
	for (i = 0; i < 20000; i++) {
		for (j = 0; j < sizeof(bytes); j++)
			bytes[j] = (char)(random_below(3) == 0 ? 'a' :
			    random_next());
		buf_clear(&out);
		clean_utf8(span_from(bytes, random_below(sizeof(bytes))),
		    &out);
		assert_true(utf8_broken_at(buf_span(&out)) == SPAN_NONE);
		assert_true(span_chr(buf_span(&out), '\0') == SPAN_NONE);
	}
	buf_fini(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_text_stays_and_the_rest_is_marked),
		cmocka_unit_test(the_result_is_always_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
