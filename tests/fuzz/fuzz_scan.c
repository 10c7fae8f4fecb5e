/*
 * Literals and a text of any bytes: every scanner must find what a search
 * byte by byte finds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/scan_first.h"

#define MANY 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_at(const struct literal *l, struct span text, size_t at)
{
	size_t i;

	if (l->n > text.n - at)
		return false;
	for (i = 0; i < l->n; i++)
		if (l->text[i] != (l->nocase ? lower(text.p[at + i]) :
		    text.p[at + i]))
			return false;
	return true;
}

static bool
any_at(const struct literal *v, size_t n, struct span text, size_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_at(&v[i], text, at))
			return true;
	return false;
}

/* Is the place what was asked for: in the first line that holds one? */
static void
judge(const struct literal *v, size_t n, struct span text, size_t from,
    size_t got)
{
	size_t first = from;

	while (first < text.n && !any_at(v, n, text, first))
		first++;
	if (first == text.n) {
		if (got != SPAN_NONE)
			abort();
		return;
	}
	if (got < first || got > text.n || !any_at(v, n, text, got))
		abort();
	/* Literals of a newline are none; here they may come. */
	if (got > first && memchr(text.p + first, '\n', got - first) != NULL &&
	    span_chr(span_sub(text, first, LITERAL_MAX), '\n') == SPAN_NONE)
		abort();
}

/* "Nabc…": a length, bit 5 for any case, and the text. */
static size_t
read_literals(struct span *data, struct literal *v)
{
	size_t n = 0, length, i;

	while (n < MANY && data->n > LITERAL_MAX) {
		length = (unsigned char)data->p[0] & 31;
		if (length < LITERAL_MIN || length > LITERAL_MAX)
			break;
		v[n].n = (unsigned char)length;
		v[n].nocase = ((unsigned char)data->p[0] & 32) != 0;
		memcpy(v[n].text, data->p + 1, length);
		for (i = 0; v[n].nocase && i < length; i++)
			v[n].text[i] = lower(v[n].text[i]);
		*data = span_skip(*data, length + 1);
		n++;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum scan_kind kinds[] = {
		SCAN_PLAIN, SCAN_NARROW, SCAN_WIDE
	};
	struct literal v[MANY];
	struct span text = span_from(data, size);
	size_t n = read_literals(&text, v), i, from;
	struct scan *s;

	if (n == 0)
		return 0;
	for (i = 0; i < 3; i++) {
		s = scan_new(v, n, kinds[i], SPAN(""));
		for (from = 0; from <= text.n; from += 1 + from / 4)
			judge(v, n, text, from, scan_first(s, text, from));
		scan_free(s);
	}
	return 0;
}
