/*
 * The text that whatever a regex matches must start with. Most failregexes
 * are "^Some words …": comparing a few bytes spares calling PCRE2 for nearly
 * all of them on nearly all lines.
 */
#ifndef GAOL_MATCH_PREFIX_H
#define GAOL_MATCH_PREFIX_H

#include <stdbool.h>

#include "base/span.h"

#define PREFIX_MAX 24

/* Byte i of the subject is a[i] or b[i] ("[aA]uth": two at the first). */
struct prefix {
	size_t n;       /* 0: anything may match */
	unsigned char a[PREFIX_MAX], b[PREFIX_MAX];
};

/*
 * From a pattern in PCRE2's syntax that is known to compile, without
 * PCRE2_MULTILINE. Says less rather than too much.
 */
void prefix_read(struct span pattern, struct prefix *out);

static inline bool
prefix_fits(const struct prefix *prefix, struct span subject)
{
	size_t i;
	unsigned char c;

	if (subject.n < prefix->n)
		return false;
	for (i = 0; i < prefix->n; i++) {
		c = (unsigned char)subject.p[i];
		if (c != prefix->a[i] && c != prefix->b[i])
			return false;
	}
	return true;
}

#endif
