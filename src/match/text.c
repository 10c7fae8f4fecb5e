#include "match/text.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

bool
text_is_ascii(struct span s)
{
	uint64_t word, more, seen = 0, other = 0;
	size_t i = 0;

	for (; i + 2 * sizeof(word) <= s.n; i += 2 * sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		memcpy(&more, s.p + i + sizeof(word), sizeof(more));
		seen |= word;
		other |= more;
	}
	seen |= other;
	for (; i < s.n; i++)
		seen |= (uint64_t)(unsigned char)s.p[i];
	return (seen & HIGH_BITS) == 0;
}

/*
 * Reads one character: its bytes, or minus the bytes of the broken piece
 * (RFC 3629: no surrogates, no overlong forms, nothing above 10FFFF; the
 * second byte alone decides that).
 */
static int
character(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char low = 0x80, high = 0xbf;
	int length, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return -1;
	length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < length; i++) {
		if ((size_t)i >= s.n || p[i] < low || p[i] > high)
			return -i;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

bool
text_is_utf8(struct span s)
{
	int n;

	while (s.n > 0) {
		n = character(s);
		if (n < 0)
			return false;
		s = span_skip(s, (size_t)n);
	}
	return true;
}

void
text_repair(struct span s, struct buf *out)
{
	int n;

	buf_clear(out);
	while (s.n > 0) {
		n = character(s);
		if (n > 0) {
			buf_add(out, s.p, (size_t)n);
		} else {
			buf_adds(out, "\xef\xbf\xbd");
			n = -n;
		}
		s = span_skip(s, (size_t)n);
	}
}
