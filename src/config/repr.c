/* Python's repr of a string, and of the few other values of a dump. */
#include "config/repr.h"

#include <stdio.h>
#include <string.h>

#include "config/dump.h"
#include "config/utf8.h"

/* Characters beyond ASCII that Python does not print as they are. */
static const struct range {
	uint32_t first, last;
} hidden[] = {
	{ 0x80, 0xa0 }, { 0xad, 0xad }, { 0x600, 0x605 }, { 0x61c, 0x61c },
	{ 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x1680, 0x1680 },
	{ 0x180e, 0x180e }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x206f }, { 0x3000, 0x3000 }, { 0xd800, 0xf8ff },
	{ 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
	{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
};

static bool
is_hidden(uint32_t c)
{
	if (c < 0x20 || c == 0x7f)
		return true;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

static void
add_escaped(uint32_t c, struct buf *out)
{
	if (c == '\n')
		buf_adds(out, "\\n");
	else if (c == '\r')
		buf_adds(out, "\\r");
	else if (c == '\t')
		buf_adds(out, "\\t");
	else if (c < 0x100)
		buf_addf(out, "\\x%02x", c);
	else if (c < 0x10000)
		buf_addf(out, "\\u%04x", c);
	else
		buf_addf(out, "\\U%08x", c);
}

void
dump_repr(struct span s, struct buf *out)
{
	char quote = '\'';
	uint32_t c;

	if (span_chr(s, '\'') != SPAN_NONE && span_chr(s, '"') == SPAN_NONE)
		quote = '"';
	buf_addc(out, quote);
	while (s.n > 0) {
		size_t n = utf8_char(s, &c);

		if (n == 0) {
			/* What os.fsdecode() makes of a stray byte. */
			buf_addf(out, "\\udc%02x", (unsigned char)s.p[0]);
			n = 1;
		} else if (c == (unsigned char)quote || c == '\\') {
			buf_addc(out, '\\');
			buf_addc(out, (char)c);
		} else if (is_hidden(c)) {
			add_escaped(c, out);
		} else {
			buf_add(out, s.p, n);
		}
		s = span_skip(s, n);
	}
	buf_addc(out, quote);
}

void
repr_list(struct buf *out, const struct strings *items)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < items->n; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		dump_repr(span_of(items->v[i]), out);
	}
	buf_addc(out, ']');
}
