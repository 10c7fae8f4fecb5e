/* What the files of the sieve share, and nobody else sees. */
#ifndef GAOL_MATCH_SIEVE_LOCAL_H
#define GAOL_MATCH_SIEVE_LOCAL_H

#include "match/sieve.h"

struct sieve_class {
	uint64_t id;
	unsigned first, n;       /* bits */
	bool ascii_only;
	bool always;             /* a rule that has no text */
};

/* A literal makes a rule, by its bit, worth asking. */
struct sieve_link { unsigned literal, bit; };

/* A line of the block that holds a literal, up to its newline. */
struct sieve_line { uint32_t begin, end, number; };

enum sieve_state { SIEVE_NEW, SIEVE_SCANNED, SIEVE_UNSCANNED };

/*
 * `found` has `words` words for each line: its bits. `masks` has as many for
 * each literal; `base` are the bits of rules without one.
 */
struct sieve {
	unsigned users;
	enum scan_kind kind;
	struct scan *scan;       /* NULL: to be made, or no literals */
	bool made;
	struct sieve_class *classes;
	size_t classes_n;
	struct literal *literals;
	size_t literals_n;
	struct sieve_link *links;
	size_t links_n;
	unsigned bits, words;
	uint64_t *masks, *base;
	uint64_t *any;           /* of all lines of the block together */
	/* The block: */
	struct span block;
	uint64_t serial;
	enum sieve_state state;
	bool ascii_known, ascii, numbered;
	size_t complete;         /* bytes of its complete lines */
	uint64_t complete_n;     /* … and how many they are */
	struct sieve_line *lines;
	uint64_t *found;
	size_t lines_n, lines_cap;
	size_t rest;             /* bytes that go unscanned */
	/* How well the scanner's sample fits: */
	size_t seen, vain;       /* bytes, and places looked at in vain */
	size_t patience;         /* bytes until that is judged; 0: none yet */
};

/* sieve.c: what is made of the classes, when it is needed. */
void sieve_make(struct sieve *s);
/* … and of the scanner, with the block as its sample. */
void sieve_make_scan(struct sieve *s);
/* sieve_block.c */
void sieve_forget_lines(struct sieve *s);

#endif
