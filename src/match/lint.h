/*
 * What may be wrong with an expression that compiles. Nothing is said without
 * a proof: a line that bans somebody else than it should, or one that costs
 * more steps than a line may.
 */
#ifndef GAOL_MATCH_LINT_H
#define GAOL_MATCH_LINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "match/regex.h"

enum lint_kind {
	LINT_FOOLED,       /* text that the attacker chose names the address */
	LINT_EXPLODES,     /* a short text makes it run into the match limit */
	LINT_STEEP,        /* … a longer one */
	LINT_NO_LITERAL,   /* nothing to look for first: slow on big logs */
	LINT_NEVER,        /* it matched none of the samples */
	LINT_KINDS
};

/* "fooled", "explodes" … */
const char *lint_name(enum lint_kind kind);

/* Where the text stands that fools it. */
enum lint_where { LINT_BEFORE, LINT_BEHIND, LINT_IN_FRONT, LINT_AT_END };

#define LINT_REAL "198.51.100.7"    /* who the line is about */
#define LINT_FAKE "192.0.2.66"      /* whom it would ban */

struct lint {
	enum lint_where where;
	struct buf proof;          /* a line */
};

/* True: can be fooled, *out says how. */
bool lint_fooled(struct regex *r, struct lint *out);
/*
 * True: with so many bytes of a text that the attacker chose it gives up. It
 * costs no more than a line may; but a line that is given up is not counted.
 */
bool lint_explodes(struct regex *r, size_t bytes, struct lint *out);
#define LINT_SHORT 20u
#define LINT_LONG 300u
/* True: no text of three characters must be in each line it matches. */
bool lint_no_literal(const struct regex *r);
void lint_fini(struct lint *l);

#endif
