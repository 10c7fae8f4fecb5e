/* The first literal that a scanner tells of. */
#ifndef GAOL_TESTS_SCAN_FIRST_H
#define GAOL_TESTS_SCAN_FIRST_H

#include "match/scan.h"

static inline size_t
scan_first_note(unsigned literal, size_t start, void *arg)
{
	size_t *first = arg;

	(void)literal;
	if (*first == SPAN_NONE)
		*first = start;
	return SPAN_NONE;
}

/* At or behind `from`, in the first line that holds one; or SPAN_NONE. */
static inline size_t
scan_first(const struct scan *s, struct span text, size_t from)
{
	size_t first = SPAN_NONE;

	scan_each(s, span_skip(text, from), scan_first_note, &first);
	return first == SPAN_NONE ? first : first + from;
}

#endif
