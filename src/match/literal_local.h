/* Sets of texts, put together while an expression is read. */
#ifndef GAOL_MATCH_LITERAL_LOCAL_H
#define GAOL_MATCH_LITERAL_LOCAL_H

#include "match/literal.h"

/*
 * Works as a compiler of regexes would, but with sets of texts. `run` is what
 * stands, byte by byte, right before the place that is being read: every way
 * to get there ends in one of its texts. Where that becomes unknown ("." or
 * too many ways) the run is a candidate, and the best candidate is kept. An
 * empty run (one text of no bytes) says nothing.
 */
struct part {
	struct literals run;
	struct literals best;
	int score;             /* of best; 0: none */
	bool exact;            /* run is all there is: nothing was unknown */
};

struct times {
	bool none;             /* may be left out */
	bool many;             /* may come more than once */
};

/* Nothing was read yet. */
void part_start(struct part *p);
/* In lower case, for both. */
void part_fold(struct literal *l);
/* Adds what is not yet in it. False: no room, not everything is in. */
bool part_join(struct literals *set, const struct literals *more);
/* What comes next is unknown. */
void part_interrupt(struct part *p);
/* One thing behind another. */
void part_follow(struct part *p, const struct part *atom, struct times times);
/* Either one or the other; *next is used up. */
void part_branch(struct part *out, struct part *next);

#endif
