#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "random.h"

static void
test_compare(void **state)
{
	struct span none = { NULL, 0 };

	(void)state;
	assert_true(span_eq(SPAN("a\0b"), SPAN("a\0b")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
	assert_false(span_eq(SPAN("ab"), SPAN("abc")));
	assert_true(span_eq(none, SPAN("")));
	assert_true(span_eq(span_of(NULL), none));
	assert_true(span_eq_nocase(SPAN("LogPath"), SPAN("lOGpATH")));
	assert_false(span_eq_nocase(SPAN("@"), SPAN("`")));
	assert_false(span_eq_nocase(SPAN("\xc4"), SPAN("\xe4")));
	assert_int_equal(span_cmp(SPAN("a"), SPAN("a")), 0);
	assert_true(span_cmp(SPAN("a"), SPAN("ab")) < 0);
	assert_true(span_cmp(SPAN("\x80"), SPAN("a")) > 0);
	assert_true(span_cmp(none, SPAN("a")) < 0);
}

static void
test_affixes(void **state)
{
	struct span s = SPAN("abc");

	(void)state;
	assert_true(span_starts(SPAN("abc"), SPAN("ab")));
	assert_true(span_starts(SPAN(""), SPAN("")));
	assert_false(span_starts(SPAN("a"), SPAN("ab")));
	assert_true(span_cut_prefix(&s, SPAN("ab")));
	assert_true(span_eq(s, SPAN("c")));
	assert_false(span_cut_prefix(&s, SPAN("cd")));
	assert_true(span_eq(s, SPAN("c")));
	assert_true(span_ends(SPAN("abc"), SPAN("bc")));
	assert_true(span_ends(SPAN("abc"), SPAN("")));
	assert_false(span_ends(SPAN("abc"), SPAN("ab")));
}

/* The last argument of naive() says which end wins. */
static size_t
naive(struct span hay, struct span needle, bool last)
{
	size_t i, found = SPAN_NONE;

	for (i = 0; i + needle.n <= hay.n; i++)
		if (memcmp(hay.p + i, needle.p, needle.n) == 0) {
			found = i;
			if (!last)
				break;
		}
	return found;
}

static void
test_find_random(void **state)
{
	char h[24], n[4];
	struct span hay, needle;
	size_t i;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		hay = span_from(h, random_below(sizeof(h) + 1));
		needle = span_from(n, random_below(sizeof(n) + 1));
		for (i = 0; i < hay.n; i++)
			h[i] = (char)random_below(3);
		for (i = 0; i < needle.n; i++)
			n[i] = (char)random_below(3);
		assert_int_equal(span_find(hay, needle),
		    naive(hay, needle, false));
		assert_int_equal(span_find_last(hay, needle),
		    naive(hay, needle, true));
		assert_int_equal(span_chr(hay, 1),
		    naive(hay, SPAN("\1"), false));
	}
}

static void
test_parts(void **state)
{
	(void)state;
	assert_true(span_eq(span_sub(SPAN("abcd"), 1, 2), SPAN("bc")));
	assert_true(span_eq(span_sub(SPAN("abcd"), 3, 9), SPAN("d")));
	assert_true(span_eq(span_sub(SPAN("abcd"), 9, 9), SPAN("")));
	assert_true(span_eq(span_skip(SPAN("ab"), SIZE_MAX), SPAN("")));
	assert_true(span_eq(span_trim(SPAN(" \t\r\n\v\fa b ")), SPAN("a b")));
	assert_true(span_eq(span_trim(SPAN(" \t ")), SPAN("")));
	assert_true(span_eq(span_trim(SPAN("\0 ")), SPAN("\0")));
	assert_int_equal(span_skip((struct span){ NULL, 0 }, 3).n, 0);
}

/* Joins the pieces with '|'. */
static char *
cut_all(struct span text, char sep, const char *blanks)
{
	static char out[64];
	struct span piece;
	size_t n = 0;

	while (blanks != NULL ? span_word(&text, blanks, &piece) :
	    span_cut(&text, sep, &piece)) {
		memcpy(out + n, piece.p, piece.n);
		n += piece.n;
		out[n++] = '|';
	}
	out[n] = '\0';
	return out;
}

static void
test_cut(void **state)
{
	(void)state;
	assert_string_equal(cut_all(SPAN("a,,b"), ',', NULL), "a||b|");
	assert_string_equal(cut_all(SPAN("a,"), ',', NULL), "a|");
	assert_string_equal(cut_all(SPAN(","), ',', NULL), "|");
	assert_string_equal(cut_all(SPAN(""), ',', NULL), "");
	assert_string_equal(cut_all(SPAN(" a, b\n"), 0, " ,\n"), "a|b|");
	assert_string_equal(cut_all(SPAN(" \n"), 0, " ,\n"), "");
	assert_string_equal(cut_all(SPAN("ab"), 0, " "), "ab|");
}

static void
test_dup(void **state)
{
	char *copy = span_dup(SPAN("a\0b"));

	(void)state;
	assert_memory_equal(copy, "a\0b\0", 4);
	free(copy);
	copy = span_dup((struct span){ NULL, 0 });
	assert_string_equal(copy, "");
	free(copy);
}

static void
test_strings(void **state)
{
	struct strings a = { 0 }, b = { 0 };
	char text[16];
	int i;

	(void)state;
	assert_true(strings_eq(&a, &b));
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "s%d", i);
		strings_add(&a, span_of(text));
	}
	assert_int_equal(a.n, 100);
	assert_true(strings_has(&a, "s99"));
	assert_false(strings_has(&a, "s100"));
	assert_false(strings_eq(&a, &b));
	strings_copy(&b, &a);
	assert_true(strings_eq(&a, &b));
	b.v[7][0] = 'S';
	assert_false(strings_eq(&a, &b));
	strings_fini(&a);
	strings_fini(&b);
	assert_int_equal(a.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_affixes),
		cmocka_unit_test(test_find_random),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_dup),
		cmocka_unit_test(test_strings),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
