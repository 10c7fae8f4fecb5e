#include "control/unpickle.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define NUMBER_MAX 64   /* bytes of a number written as text */

/* --- numbers -------------------------------------------------------- */

bool
unpickle_none(struct unpickle *m, size_t unused)
{
	(void)unused;
	return unpickle_push_new(m, (struct pickle_value){ PICKLE_NONE,
	    .number = 0 });
}

bool
unpickle_bool(struct unpickle *m, size_t value)
{
	return unpickle_push_new(m, (struct pickle_value){ PICKLE_BOOL,
	    .number = (int64_t)value });
}

static bool
push_number(struct unpickle *m, int64_t number)
{
	return unpickle_push_new(m, (struct pickle_value){ PICKLE_INT,
	    .number = number });
}

/* One and two bytes have no sign, four have one. */
bool
unpickle_int(struct unpickle *m, size_t width)
{
	uint64_t n;

	return unpickle_take_number(m, width, &n) &&
	    push_number(m, width == 4 ? (int32_t)(uint32_t)n : (int64_t)n);
}

/* Two's complement behind its own length. */
bool
unpickle_long(struct unpickle *m, size_t width)
{
	uint64_t size, n;

	if (!unpickle_take_number(m, width, &size))
		return false;
	if (size > sizeof(n))
		return unpickle_refuse(m, "an integer is outside of 64 bits");
	if (!unpickle_take_number(m, (size_t)size, &n))
		return false;
	if (size > 0 && size < sizeof(n) && n >> (size * 8 - 1) != 0)
		n |= UINT64_MAX << (size * 8);
	return push_number(m, (int64_t)n);
}

bool
unpickle_int_line(struct unpickle *m, size_t is_long)
{
	struct span line;
	int64_t n;

	if (!unpickle_take_line(m, &line))
		return false;
	if (!is_long && (span_eq(line, SPAN("00")) ||
	    span_eq(line, SPAN("01"))))
		return unpickle_bool(m, line.p[1] == '1');
	if (is_long && line.n > 0 && line.p[line.n - 1] == 'L')
		line.n--;
	if (number_parse(line, INT64_MIN, INT64_MAX, &n) == -1)
		return unpickle_refuse(m, "an integer is none, or outside of 64 bits");
	return push_number(m, n);
}

static bool
push_real(struct unpickle *m, double real)
{
	return unpickle_push_new(m, (struct pickle_value){ PICKLE_REAL,
	    .real = real });
}

bool
unpickle_real(struct unpickle *m, size_t width)
{
	struct span bytes;
	uint64_t bits = 0;
	double real;

	if (!unpickle_take(m, width, &bytes))
		return false;
	for (size_t i = 0; i < bytes.n; i++)
		bits = bits << 8 | (uint8_t)bytes.p[i];
	memcpy(&real, &bits, sizeof(real));
	return push_real(m, real);
}

bool
unpickle_real_line(struct unpickle *m, size_t unused)
{
	char text[NUMBER_MAX], *end;
	struct span line;
	double real;

	(void)unused;
	if (!unpickle_take_line(m, &line))
		return false;
	if (line.n == 0 || line.n >= sizeof(text))
		return unpickle_refuse(m, "a float is none");
	memcpy(text, line.p, line.n);
	text[line.n] = '\0';
	real = strtod(text, &end);
	if (end != text + line.n)
		return unpickle_refuse(m, "a float is none");
	return push_real(m, real);
}

/* --- texts ---------------------------------------------------------- */

bool
unpickle_text(struct unpickle *m, size_t width)
{
	struct span text;
	uint64_t n;

	if (!unpickle_take_number(m, width, &n))
		return false;
	if (n > m->left.n)
		return unpickle_refuse(m, "pickle data was truncated");
	return unpickle_take(m, (size_t)n, &text) && unpickle_push_text(m, text);
}

static void
add_utf8(struct buf *out, uint64_t c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | (c >> 18 & 7)));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(out, (char)(0x80 | (c & 0x3f)));
}

/* `digits` of them behind \x, \u or \U. */
static bool
take_escape(struct unpickle *m, struct span *line, size_t digits, uint64_t *out)
{
	if (line->n < digits ||
	    number_parse_hex(span_sub(*line, 0, digits), out) == -1 ||
	    *out > 0x10ffff)
		return unpickle_refuse(m, "a text has a bad escape");
	*line = span_skip(*line, digits);
	return true;
}

/* Latin-1 with \uNNNN and \UNNNNNNNN; no other backslash means anything. */
bool
unpickle_unicode_line(struct unpickle *m, size_t unused)
{
	struct buf text = { 0 };
	struct span line;

	(void)unused;
	if (!unpickle_take_line(m, &line))
		return false;
	while (line.n > 0) {
		uint64_t c = (uint8_t)line.p[0];
		char next = line.n > 1 ? line.p[1] : '\0';

		if (c == '\\' && (next == 'u' || next == 'U')) {
			line = span_skip(line, 2);
			if (!take_escape(m, &line, next == 'u' ? 4 : 8, &c)) {
				buf_fini(&text);
				return false;
			}
		} else {
			line = span_skip(line, 1);
		}
		add_utf8(&text, c);
	}
	return unpickle_push_owned(m, &text);
}

/* What stands behind a backslash in a str's repr, but \x. */
static char
escaped(char c)
{
	static const char names[] = "abfnrtv\\'\"";
	static const char values[] = "\a\b\f\n\r\t\v\\'\"";
	const char *at = c != '\0' ? strchr(names, c) : NULL;

	return at != NULL ? values[at - names] : '\0';
}

static bool
add_unquoted(struct unpickle *m, struct span line, struct buf *text)
{
	while (line.n > 0) {
		uint64_t c = (uint8_t)line.p[0];
		char next = line.n > 1 ? line.p[1] : '\0';

		line = span_skip(line, c == '\\' ? 2 : 1);
		if (c == '\\' && next == 'x') {
			if (!take_escape(m, &line, 2, &c))
				return false;
		} else if (c == '\\') {
			c = (uint8_t)escaped(next);
			if (c == '\0')
				return unpickle_refuse(m, "a text has a bad escape");
		}
		buf_addc(text, (char)c);
	}
	return true;
}

/* A quoted str, as Python's repr() writes it. */
bool
unpickle_string_line(struct unpickle *m, size_t unused)
{
	struct buf text = { 0 };
	struct span line;

	(void)unused;
	if (!unpickle_take_line(m, &line))
		return false;
	line = span_trim(line);
	if (line.n < 2 || (line.p[0] != '\'' && line.p[0] != '"') ||
	    line.p[line.n - 1] != line.p[0])
		return unpickle_refuse(m, "the STRING opcode argument must be quoted");
	if (!add_unquoted(m, span_sub(line, 1, line.n - 2), &text)) {
		buf_fini(&text);
		return false;
	}
	return unpickle_push_owned(m, &text);
}
