/*
 * Texts that an expression should match, made from its tree. A guess: asking
 * the expression itself is the caller's part.
 */
#ifndef GAOL_MATCH_SAMPLE_H
#define GAOL_MATCH_SAMPLE_H

#include "base/buf.h"
#include "match/pattern.h"

#define SAMPLE_NOWHERE ((size_t)-1)
#define SAMPLE_GROUPS 32
#define SAMPLE_MAX 4096u

struct sample {
	/* Wanted: */
	const char *ip4, *ip6;       /* what stands for an address */
	bool rich;                   /* with what is optional; else as short
	                                as it gets */
	const struct node *hole;     /* a repeat that gets `filler` instead */
	struct span filler;
	/* Made: */
	struct buf text;
	size_t addr;                 /* where the address stands */
	size_t hole_start, hole_end; /* what the hole became */
	/* Inside: */
	unsigned depth;
	struct { unsigned number; struct span name; size_t at, n; }
	    groups[SAMPLE_GROUPS];
	size_t groups_n;
};

void sample_make(struct sample *s, const struct node *tree);
void sample_fini(struct sample *s);

/*
 * Calls `each` for the repeats without an end (or a far one) that a sample
 * goes through.
 */
typedef void sample_repeat_fn(const struct node *repeat, void *arg);
void sample_repeats(const struct node *tree, sample_repeat_fn *each,
    void *arg);

/* A likely character of the set, or -1: it has none in ASCII. */
int sample_character(const struct node *set);

#endif
