#include "base/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "random.h"

static void
expect_error(const char *text, int64_t min, int64_t max, int error)
{
	int64_t out = 42;

	errno = 0;
	if (number_parse(span_of(text), min, max, &out) != -1)
		fail_msg("'%s' was taken", text);
	assert_int_equal(errno, error);
	assert_int_equal(out, 42);
}

static void
test_decimal(void **state)
{
	int64_t out;

	(void)state;
	assert_int_equal(number_parse(SPAN("-7"), -7, 7, &out), 0);
	assert_int_equal(out, -7);
	assert_int_equal(number_parse(SPAN("+007"), -7, 7, &out), 0);
	assert_int_equal(out, 7);
	assert_int_equal(number_parse(SPAN("-9223372036854775808"), INT64_MIN,
	    INT64_MAX, &out), 0);
	assert_true(out == INT64_MIN);
	assert_int_equal(number_parse(SPAN("9223372036854775807"), INT64_MIN,
	    INT64_MAX, &out), 0);
	assert_true(out == INT64_MAX);
	expect_error("", 0, 9, EINVAL);
	expect_error("-", -9, 9, EINVAL);
	expect_error("+-1", -9, 9, EINVAL);
	expect_error(" 1", 0, 9, EINVAL);
	expect_error("1 ", 0, 9, EINVAL);
	expect_error("0x1", 0, 9, EINVAL);
	expect_error("1e3", 0, 9999, EINVAL);
	expect_error("10", 0, 9, ERANGE);
	expect_error("-1", 0, 9, ERANGE);
	expect_error("9223372036854775808", INT64_MIN, INT64_MAX, ERANGE);
	expect_error("-9223372036854775809", INT64_MIN, INT64_MAX, ERANGE);
	expect_error("99999999999999999999999999", 0, INT64_MAX, ERANGE);
	expect_error("99999999999999999999999999x", 0, INT64_MAX, EINVAL);
	assert_int_equal(number_parse(SPAN("1\0"), 0, 9, &out), -1);
}

static void
test_hex(void **state)
{
	uint64_t out = 5;

	(void)state;
	assert_int_equal(number_parse_hex(SPAN("00fF"), &out), 0);
	assert_true(out == 255);
	assert_int_equal(number_parse_hex(SPAN("ffffffffffffffff"), &out), 0);
	assert_true(out == UINT64_MAX);
	assert_int_equal(number_parse_hex(SPAN("00000000000000001"), &out), -1);
	assert_int_equal(number_parse_hex(SPAN(""), &out), -1);
	assert_int_equal(number_parse_hex(SPAN("0x1"), &out), -1);
	assert_int_equal(number_parse_hex(SPAN("g"), &out), -1);
	assert_true(out == UINT64_MAX);
}

static void
test_random(void **state)
{
	char text[32];
	int64_t value, out;
	uint64_t bits;
	int round;

	(void)state;
	for (round = 0; round < 50000; round++) {
		bits = random_next() >> random_below(64);
		value = (int64_t)(round % 2 ? bits : 0 - bits);
		snprintf(text, sizeof(text), "%" PRId64, value);
		assert_int_equal(number_parse(span_of(text), INT64_MIN,
		    INT64_MAX, &out), 0);
		assert_true(out == value);
		snprintf(text, sizeof(text), "%" PRIx64, bits);
		assert_int_equal(number_parse_hex(span_of(text), &bits), 0);
		assert_true((int64_t)(round % 2 ? bits : 0 - bits) == value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_random),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
