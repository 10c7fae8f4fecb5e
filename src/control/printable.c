#include "control/printable.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/*
 * What a terminal acts upon, or what makes text look like other text: control
 * characters, marks of writing direction, invisible separators, surrogates,
 * private use, non-characters. Sorted.
 */
static const struct range hidden[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x00a0 },
	{ 0x00ad, 0x00ad },
	{ 0x061c, 0x061c },
	{ 0x180e, 0x180e },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0xd800, 0xf8ff },
	{ 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0xe0000, 0x10ffff },
};

static bool
is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code <= hidden[i].last)
			return code >= hidden[i].first;
	return true;
}

size_t
printable_utf8(struct span s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t lead;
	uint32_t c;
	size_t n;

	if (s.n == 0)
		return 0;
	lead = (uint8_t)s.p[0];
	n = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 :
	    lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
	if (n == 0 || n > s.n)
		return 0;
	c = n == 1 ? lead : lead & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		uint8_t b = (uint8_t)s.p[i];

		if ((b & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (code != NULL)
		*code = c;
	return n;
}

static void
add_escape(struct buf *out, uint32_t code)
{
	if (code <= 0xff)
		buf_addf(out, "\\x%02x", (unsigned)code);
	else if (code <= 0xffff)
		buf_addf(out, "\\u%04x", (unsigned)code);
	else
		buf_addf(out, "\\U%08x", (unsigned)code);
}

/* `keep`: ASCII control bytes that stay; `special`: gets `\` and `names[i]`. */
static void
add_text(struct buf *out, struct span text, const char *keep,
    const char *special, const char *names)
{
	while (text.n > 0) {
		uint32_t code = (uint8_t)text.p[0];
		size_t n = printable_utf8(text, &code);
		const char *at = n == 1 && code != 0 ?
		    strchr(special, (int)code) : NULL;

		if (at != NULL) {
			buf_addc(out, '\\');
			buf_addc(out, names[at - special]);
		} else if (n == 1 && code != 0 &&
		    strchr(keep, (int)code) != NULL) {
			buf_addc(out, text.p[0]);
		} else if (n == 0 || is_hidden(code)) {
			add_escape(out, code);
		} else {
			buf_add(out, text.p, n);
		}
		text = span_skip(text, n > 0 ? n : 1);
	}
}

void
printable_add(struct buf *out, struct span text)
{
	add_text(out, text, "", "", "");
}

void
printable_add_lines(struct buf *out, struct span text)
{
	add_text(out, text, "\n\t", "", "");
}

void
printable_add_repr(struct buf *out, struct span text)
{
	bool twofold = span_chr(text, '\'') != SPAN_NONE &&
	    span_chr(text, '"') == SPAN_NONE;

	buf_addc(out, twofold ? '"' : '\'');
	add_text(out, text, "", twofold ? "\\\n\r\t" : "\\\n\r\t'",
	    twofold ? "\\nrt" : "\\nrt'");
	buf_addc(out, twofold ? '"' : '\'');
}

void
printable_add_real(struct buf *out, double d)
{
	char text[64];
	long exponent;
	int digits = 1;

	if (!isfinite(d)) {
		buf_adds(out, isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
		return;
	}
	do {
		snprintf(text, sizeof(text), "%.*e", digits - 1, d);
	} while (strtod(text, NULL) != d && digits++ < 17);
	exponent = strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exponent >= -4 && exponent < 16)
		snprintf(text, sizeof(text), "%.*f",
		    digits - 1 > exponent ? digits - 1 - (int)exponent : 0, d);
	else
		snprintf(text, sizeof(text), "%.*e", digits - 1, d);
	buf_adds(out, text);
	if (strpbrk(text, ".e") == NULL)
		buf_adds(out, ".0");
}
