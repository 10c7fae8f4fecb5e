#include "base/span.h"

#include <string.h>

#include "base/xalloc.h"

struct span
span_of(const char *s)
{
	return (struct span){ s, s != NULL ? strlen(s) : 0 };
}

/* memcmp(3) may not see the NULL of an empty span. */
static bool
same_bytes(const char *a, const char *b, size_t n)
{
	return n == 0 || memcmp(a, b, n) == 0;
}

/* Not tolower(3): the locale has no say in protocol words. */
static unsigned char
lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

bool
span_eq_nocase(struct span a, struct span b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int
span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool
span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && same_bytes(s.p, prefix.p, prefix.n);
}

bool
span_cut_prefix(struct span *s, struct span prefix)
{
	if (!span_starts(*s, prefix))
		return false;
	*s = span_skip(*s, prefix.n);
	return true;
}

bool
span_ends(struct span s, struct span suffix)
{
	return s.n >= suffix.n &&
	    (suffix.n == 0 ||
	    same_bytes(s.p + (s.n - suffix.n), suffix.p, suffix.n));
}

size_t
span_find(struct span hay, struct span needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (needle.n > hay.n)
		return SPAN_NONE;
	at = memmem(hay.p, hay.n, needle.p, needle.n);
	return at != NULL ? (size_t)(at - hay.p) : SPAN_NONE;
}

size_t
span_find_last(struct span hay, struct span needle)
{
	const char *at;
	size_t i;

	if (needle.n > hay.n)
		return SPAN_NONE;
	if (needle.n == 1) {
		at = memrchr(hay.p, needle.p[0], hay.n);
		return at != NULL ? (size_t)(at - hay.p) : SPAN_NONE;
	}
	for (i = hay.n - needle.n + 1; i > 0; i--)
		if (needle.n == 0 ||
		    same_bytes(hay.p + (i - 1), needle.p, needle.n))
			return i - 1;
	return SPAN_NONE;
}

size_t
span_chr(struct span s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : SPAN_NONE;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span
span_trim(struct span s)
{
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	while (s.n > 0 && is_blank(s.p[0]))
		s = span_skip(s, 1);
	return s;
}

bool
span_cut(struct span *rest, char sep, struct span *piece)
{
	size_t at;

	if (rest->n == 0)
		return false;
	at = span_chr(*rest, sep);
	if (at == SPAN_NONE) {
		*piece = *rest;
		*rest = span_skip(*rest, rest->n);
		return true;
	}
	*piece = span_sub(*rest, 0, at);
	*rest = span_skip(*rest, at + 1);
	return true;
}

bool
span_word(struct span *rest, const char *blanks, struct span *word)
{
	size_t n = strlen(blanks);
	size_t end;

	while (rest->n > 0 && memchr(blanks, rest->p[0], n) != NULL)
		*rest = span_skip(*rest, 1);
	if (rest->n == 0)
		return false;
	for (end = 1; end < rest->n; end++)
		if (memchr(blanks, rest->p[end], n) != NULL)
			break;
	*word = span_sub(*rest, 0, end);
	*rest = span_skip(*rest, end);
	return true;
}

char *
span_dup(struct span s)
{
	return xmemdup0(s.p, s.n);
}
