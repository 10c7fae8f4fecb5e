/*
 * The text that whatever a regex matches must start with. Most failregexes
 * are "^Some words …": comparing a few bytes spares calling PCRE2 for nearly
 * all of them on nearly all lines.
 */
#ifndef GAOL_MATCH_PREFIX_H
#define GAOL_MATCH_PREFIX_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

#define PREFIX_MAX 24

enum prefix_kind { PREFIX_BYTES, PREFIX_DIGIT, PREFIX_SPACE };

/*
 * Byte i of the subject is a[i] or b[i] ("[aA]uth": two at the first), or of
 * the kind[i]; there may as well stand another alphabet's, of several bytes.
 */
struct prefix {
	unsigned char n;       /* 0: anything may match */
	unsigned char a[PREFIX_MAX], b[PREFIX_MAX];
	unsigned char kind[PREFIX_MAX];
	/* The first bytes at once: (subject & mask) == first. */
	uint32_t mask, first;
};

/*
 * From a pattern in PCRE2's syntax that is known to compile, without
 * PCRE2_MULTILINE. Says less rather than too much.
 */
void prefix_read(struct span pattern, struct prefix *out);

/*
 * Looks through the group whose inside starts at i (0: the whole pattern): does
 * it have branches, and where is its closing parenthesis (or the end)?
 */
bool prefix_has_branches(struct span pattern, size_t i, size_t *close);

/* What starts.c reads of patterns in the same way: '\0' is behind the end. */
static inline char
prefix_at(struct span pattern, size_t i)
{
	return i < pattern.n ? pattern.p[i] : '\0';
}

static inline bool
prefix_is_quantifier(char c)
{
	return c == '?' || c == '*' || c == '+' || c == '{';
}

/* Behind a backslash it means something else than itself. */
static inline bool
prefix_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* The first four bytes of a subject, for prefix_may_fit(). */
static inline uint32_t
prefix_start(struct span subject)
{
	uint32_t start = 0;

	if (subject.n >= sizeof(start))
		memcpy(&start, subject.p, sizeof(start));
	else if (subject.n > 0)
		memcpy(&start, subject.p, subject.n);
	return start;
}

/* False: it does not fit. Quicker than asking prefix_fits() at once. */
static inline bool
prefix_may_fit(const struct prefix *prefix, uint32_t start)
{
	return (start & prefix->mask) == prefix->first;
}

/* Does an ASCII byte belong to what Python's \d and \s stand for? */
static inline bool
prefix_is(enum prefix_kind kind, unsigned char c)
{
	return kind == PREFIX_DIGIT ? c >= '0' && c <= '9' :
	    kind == PREFIX_SPACE && (c == ' ' || (c >= '\t' && c <= '\r') ||
	    (c >= 0x1c && c <= 0x1f));
}

static inline bool
prefix_fits(const struct prefix *prefix, struct span subject)
{
	size_t i;
	unsigned char c;

	if (subject.n < prefix->n)
		return false;
	for (i = 0; i < prefix->n; i++) {
		c = (unsigned char)subject.p[i];
		if (c == prefix->a[i] || c == prefix->b[i])
			continue;
		if (prefix->kind[i] == PREFIX_BYTES)
			return false;
		if (c >= 0x80)
			return true;
		if (!prefix_is(prefix->kind[i], c))
			return false;
	}
	return true;
}

#endif
