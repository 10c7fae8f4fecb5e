#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "random.h"

static void
test_growth(void **state)
{
	struct buf b = { 0 };
	char *text;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	buf_adds(&b, "!");
	buf_add_span(&b, SPAN("\0z"));
	buf_add(&b, NULL, 0);
	assert_int_equal(b.n, 1003);
	assert_int_equal(b.p[1003], '\0');
	assert_memory_equal(b.p + 998, "kl!\0z", 6);
	assert_int_equal(buf_span(&b).n, 1003);
	text = buf_take(&b);
	assert_null(b.p);
	assert_int_equal(b.n, 0);
	free(text);
	text = buf_take(&b);
	assert_string_equal(text, "");
	free(text);
}

static void
test_format(void **state)
{
	struct buf b = { 0 };
	char expected[512];
	int width;

	(void)state;
	for (width = 1; width < 300; width++) {
		buf_clear(&b);
		buf_adds(&b, "<");
		buf_addf(&b, "%*d|%s", width, width, "x");
		snprintf(expected, sizeof(expected), "<%*d|%s", width, width,
		    "x");
		assert_string_equal(b.p, expected);
		assert_int_equal(b.n, strlen(expected));
	}
	buf_fini(&b);
	assert_null(b.p);
}

/* Adds, drains and reserves against a plain array. */
static void
test_random(void **state)
{
	struct buf b = { 0 };
	char model[4096], piece[40], *at;
	size_t n = 0, k, i;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		k = random_below(sizeof(piece));
		for (i = 0; i < k; i++)
			piece[i] = (char)random_next();
		if (random_below(2) == 0 && n + k <= sizeof(model)) {
			memcpy(model + n, piece, k);
			n += k;
			if (random_below(2) == 0) {
				buf_add(&b, piece, k);
			} else {
				at = buf_reserve(&b, k);
				memcpy(at, piece, k);
				b.n += k;
				b.p[b.n] = '\0';
			}
		} else {
			buf_drain(&b, k);
			k = k < n ? k : n;
			n -= k;
			memmove(model, model + k, n);
		}
		assert_int_equal(b.n, n);
		if (n > 0) {
			assert_memory_equal(b.p, model, n);
			assert_int_equal(b.p[n], '\0');
		}
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_random),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
