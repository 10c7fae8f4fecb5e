/* log_text(): foreign bytes into something a terminal may be shown. */
#include "base/log.h"

#include <stdint.h>
#include <string.h>

#define SOURCE_MAX 256
#define BUFFERS 4

/* Length of the UTF-8 sequence at s.p (its code point in *c), or 0. */
static size_t
decode(struct span s, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)s.p[0];
	size_t n, i;

	n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 :
	    lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
	if (n == 0 || n > s.n)
		return 0;
	*c = n == 1 ? lead : lead & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

/* What could move a cursor, break a line or turn the text around. */
static bool
is_safe(uint32_t c)
{
	return c >= 0x20 && c != '\\' && !(c >= 0x7f && c <= 0x9f) &&
	    c != 0x2028 && c != 0x2029 && !(c >= 0x202a && c <= 0x202e) &&
	    !(c >= 0x2066 && c <= 0x2069);
}

static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '\\';
}

static char *
put_escaped(char *out, struct span s)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte;
	size_t i;

	for (i = 0; i < s.n; i++) {
		byte = (unsigned char)s.p[i];
		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[byte >> 4];
		*out++ = digits[byte & 15];
	}
	return out;
}

const char *
log_text(struct span foreign)
{
	static const char more[] = "…";
	static char buffers[BUFFERS][SOURCE_MAX * 4 + sizeof(more)];
	static unsigned turn;
	char *text = buffers[turn++ % BUFFERS], *out = text;
	size_t at, n;
	uint32_t c;

	for (at = 0; at < foreign.n; at += n) {
		/* Nearly all there is. */
		if (is_plain(foreign.p[at]) && at < SOURCE_MAX) {
			*out++ = foreign.p[at];
			n = 1;
			continue;
		}
		n = decode(span_skip(foreign, at), &c);
		if (at + (n > 0 ? n : 1) > SOURCE_MAX)
			break;
		if (n > 0 && is_safe(c)) {
			memcpy(out, foreign.p + at, n);
			out += n;
		} else {
			n = n > 0 ? n : 1;
			out = put_escaped(out, span_sub(foreign, at, n));
		}
	}
	memcpy(out, at < foreign.n ? more : "",
	    at < foreign.n ? sizeof(more) : 1);
	return text;
}
