#include "base/base64.h"

#include <stdint.h>
#include <string.h>

/* 0 to 63, or -1. */
static int
value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Four characters, of which the last ones may be padding; 0 or -1. */
static int
decode_four(const char *p, size_t padding, struct buf *out)
{
	uint32_t bits = 0;
	int value;

	for (size_t i = 0; i < 4; i++) {
		value = i < 4 - padding ? value_of(p[i]) : 0;
		if (value == -1)
			return -1;
		bits = bits << 6 | (uint32_t)value;
	}
	/* What the padding cuts off must be empty: one text, one form. */
	if ((bits & ((1u << 8 * padding) - 1)) != 0)
		return -1;
	for (size_t i = 0; i < 3 - padding; i++)
		buf_addc(out, (char)(bits >> (16 - 8 * i) & 0xff));
	return 0;
}

int
base64_decode(struct span text, struct buf *out)
{
	size_t before = out->n, padding = 0;

	while (padding < 2 && padding < text.n &&
	    text.p[text.n - 1 - padding] == '=')
		padding++;
	if (text.n == 0 || text.n % 4 != 0)
		return -1;
	for (size_t i = 0; i < text.n; i += 4) {
		if (decode_four(text.p + i, i + 4 == text.n ? padding : 0,
			out) == 0)
			continue;
		out->n = before;
		if (out->p != NULL)
			out->p[before] = '\0';
		return -1;
	}
	return 0;
}
