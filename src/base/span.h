/*
 * A span is a piece of text somebody else owns: a pointer and a length, no
 * terminator, NUL bytes allowed. Log lines are spans into the read buffer;
 * nothing in this program calls a str* function on one.
 */
#ifndef GAOL_BASE_SPAN_H
#define GAOL_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

/* For "%.*s" of text that is known to be printable (our own, never a log's). */
#define SPAN_FMT(s) (int)(s).n, (s).p

/* Span over a trusted NUL-terminated string; NULL gives the empty span. */
struct span span_of(const char *s);
static inline struct span
span_from(const void *p, size_t n)
{
	return (struct span){ p, n };
}

/* memcmp(3) may not see the NULL of an empty span. */
static inline bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] &&
	    memcmp(a.p, b.p, a.n) == 0));
}

/* ASCII case only. */
bool span_eq_nocase(struct span a, struct span b);
/* memcmp order, then length. */
int span_cmp(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);
/* Takes the prefix off; false: s does not begin with it, and stays. */
bool span_cut_prefix(struct span *s, struct span prefix);
/* Offset of the first/last occurrence, or SPAN_NONE. */
#define SPAN_NONE ((size_t)-1)
size_t span_find(struct span hay, struct span needle);
size_t span_find_last(struct span hay, struct span needle);
size_t span_chr(struct span s, char c);
/* Part of s from offset on, clamped to s. */
static inline struct span
span_skip(struct span s, size_t n)
{
	if (n > s.n)
		n = s.n;
	if (n > 0) {
		s.p += n;
		s.n -= n;
	}
	return s;
}

static inline struct span
span_sub(struct span s, size_t from, size_t n)
{
	s = span_skip(s, from);
	if (n < s.n)
		s.n = n;
	return s;
}

/* Without ASCII white space (space, \t \n \r \v \f) at both ends. */
struct span span_trim(struct span s);
/*
 * Cuts the next piece up to `sep` off *rest (the separator is consumed).
 * False when *rest is exhausted; "a,,b" yields an empty middle piece, and a
 * text that ends in `sep` yields no empty piece behind it.
 */
bool span_cut(struct span *rest, char sep, struct span *piece);
/* Next word: skips any of the bytes in `blanks`, cuts up to the next one. */
bool span_word(struct span *rest, const char *blanks, struct span *word);
/* NUL-terminated copy; the caller frees it. */
char *span_dup(struct span s);

#endif
