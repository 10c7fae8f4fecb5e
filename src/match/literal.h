/*
 * Texts of which a line must hold at least one for a regex to match it. A
 * vector scan for them (scan.h) tells the lines that are worth a regex from
 * those that are not. Literals are plain ASCII without a newline, so that
 * they mean the same in a line before and after its encoding was repaired.
 */
#ifndef GAOL_MATCH_LITERAL_H
#define GAOL_MATCH_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define LITERAL_MIN 3u     /* bytes; shorter ones tell nothing */
#define LITERAL_MAX 24u
#define LITERAL_SET_MAX 16u

/* nocase: `text` is in lower case and stands for both. */
struct literal {
	unsigned char n;
	bool nocase;
	char text[LITERAL_MAX];
};

/*
 * ascii_only: speaks of lines in ASCII, other lines may match without one.
 * (Without regard to case, a Kelvin sign is a "k" and a long s an "s".)
 */
struct literals {
	size_t n;
	int score;             /* how rarely a line holds one, roughly */
	bool ascii_only;
	struct literal v[LITERAL_SET_MAX];
};

/*
 * From a pattern in PCRE2's syntax that is known to compile. Every subject it
 * matches, in byte or UTF mode, holds one of the literals in *out. False:
 * nothing is known, anything may match. Says less rather than too much.
 */
bool literal_read(struct span pattern, struct literals *out);
/* How rare a text is in logs, roughly in bits. */
int literal_rarity(struct span text);
/* Is every text that holds b one that holds a? */
bool literal_covers(const struct literal *a, const struct literal *b);

#endif
