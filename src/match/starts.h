/*
 * The few texts one of which whatever a regex matches must start with:
 * "^(?:imap|pop3)-login: …". Beside prefix.h, which knows of one text: where
 * all rules of a filter begin with such a choice, comparing eight bytes with
 * each spares calling PCRE2 for most of them.
 */
#ifndef GAOL_MATCH_STARTS_H
#define GAOL_MATCH_STARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define STARTS_MAX 8u

struct starts {
	unsigned n;                /* 0: anything may match */
	uint64_t mask[STARTS_MAX], first[STARTS_MAX];
};

/*
 * From a pattern in PCRE2's syntax that is known to compile, without
 * PCRE2_MULTILINE. Says less rather than too much.
 */
void starts_read(struct span pattern, struct starts *out);

/* The first bytes of a subject, for starts_may_fit(). */
static inline uint64_t
starts_of(struct span subject)
{
	uint64_t start = 0;

	if (subject.n >= sizeof(start))
		memcpy(&start, subject.p, sizeof(start));
	else if (subject.n > 0)
		memcpy(&start, subject.p, subject.n);
	return start;
}

/* False: the regex does not match what begins so. */
static inline bool
starts_may_fit(const struct starts *s, uint64_t start)
{
	for (unsigned i = 0; i < s->n; i++)
		if ((start & s->mask[i]) == s->first[i])
			return true;
	return s->n == 0;
}

#endif
