#include "base/number.h"

#include <errno.h>
#include <stdbool.h>

static int
refuse(int error)
{
	errno = error;
	return -1;
}

int
number_parse(struct span s, int64_t min, int64_t max, int64_t *out)
{
	bool negative, overflow = false;
	int64_t value = 0;
	int digit;
	size_t i;

	negative = s.n > 0 && s.p[0] == '-';
	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		s = span_skip(s, 1);
	if (s.n == 0)
		return refuse(EINVAL);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return refuse(EINVAL);
		/* Signed from the first digit on: INT64_MIN fits too. */
		digit = s.p[i] - '0';
		if (!negative)
			digit = -digit;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, digit, &value))
			overflow = true;
	}
	if (overflow || value < min || value > max)
		return refuse(ERANGE);
	*out = value;
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
number_parse_hex(struct span s, uint64_t *out)
{
	uint64_t value = 0;
	int digit;
	size_t i;

	if (s.n == 0 || s.n > 16)
		return refuse(EINVAL);
	for (i = 0; i < s.n; i++) {
		digit = hex_digit(s.p[i]);
		if (digit < 0)
			return refuse(EINVAL);
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return 0;
}
