/* What the files of the scanner share, and nobody else sees. */
#ifndef GAOL_MATCH_SCAN_LOCAL_H
#define GAOL_MATCH_SCAN_LOCAL_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "match/scan.h"

#define SCAN_WINDOW 3u      /* bytes looked at first, at least … */
#define SCAN_WINDOW_MAX 4u  /* … and at most */
#define SCAN_FINE 2u
/* What a vector's first place may leave behind its last one, rounded up. */
#define SCAN_LAST 16u

/* A few bytes of a literal, `at` bytes into it. */
struct scan_window {
	uint16_t literal;
	uint8_t at;
};

/*
 * Windows in the order of their hashes; those of hash h are the ones from
 * index[h] on, up to index[h + 1]. Each literal of the table has as many in a
 * row as is its stride.
 */
struct scan_table {
	struct scan_window *windows;
	size_t n;               /* 0: nothing is looked for */
	size_t bytes;           /* of a window */
	size_t stride;
	uint32_t mask;          /* what of four bytes is a window's */
	unsigned shift;         /* 32 - bits of a hash */
	uint16_t *index;
	uint64_t *present;      /* of `far`; bits: hashes, with SCAN_FINE bits
	                           more, that have a window */
};

/* One text on its way through. */
struct scan_walk {
	struct span text;
	scan_found_fn *fn;
	void *arg;
	size_t next;            /* what is before is of no interest */
	size_t vain;            /* places looked at for nothing */
	size_t far;             /* the next place of the table of that name */
};

/* One machine's vectors (scan_x86.c, scan_neon.c): all of the text. */
typedef void scan_vector_fn(const struct scan *s, struct scan_walk *walk);

/*
 * A literal is in one of two tables. `near` has what the vectors look for, at
 * every place: the masks say for each nibble of the first, second and third
 * byte in which of eight buckets it occurs, and where all six agree on a
 * bucket the table is asked. `far` is asked at every stride-th place; a short
 * literal in it would make the steps short for all.
 */
struct scan {
	enum scan_kind kind;
	scan_vector_fn *vector; /* NULL: `near` is empty */
	struct literal *literals;
	size_t n;
	struct scan_table near, far;
	uint8_t low[SCAN_WINDOW][16], high[SCAN_WINDOW][16];
};

/* Tells of the literals of the table that have a window at `at`. */
void scan_verify(const struct scan *s, const struct scan_table *t,
    struct scan_walk *walk, size_t at);

/* Of four bytes in little-endian order; the same for both cases of a letter. */
static inline uint32_t
scan_product(const struct scan_table *t, uint32_t v)
{
	return ((v | 0x20202020) & t->mask) * UINT32_C(0x9e3779b1);
}

static inline bool
scan_is_present(const struct scan_table *t, uint32_t product)
{
	uint32_t h = product >> (t->shift - SCAN_FINE);

	return (t->present[h / 64] >> (h % 64)) & 1;
}

/* Where a fourth byte may be read, whether it counts or not. */
static inline bool
scan_is_window(const struct scan_table *t, const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return scan_is_present(t, scan_product(t, le32toh(v)));
}

/*
 * One bit for each of the n places from `from` on, whose text is at `p`: a
 * window of `far` may be there. Behind the last place SCAN_WINDOW_MAX - 1
 * bytes can be read.
 */
static inline uint32_t
scan_far(const struct scan_table *t, struct scan_walk *walk, const char *p,
    size_t from, size_t n)
{
	size_t i;
	uint32_t hits = 0;

	if (walk->far < from)
		walk->far = from;
	for (i = walk->far - from; i < n; i += t->stride)
		hits |= (uint32_t)scan_is_window(t, p + i) << i;
	walk->far = from + i;
	return hits;
}

/* Asks both tables about the places whose bits are set, in their order. */
static inline void
scan_ask(const struct scan *s, struct scan_walk *walk, size_t from,
    uint32_t near, uint32_t far)
{
	uint32_t both = near | far, bit;
	size_t at;

	for (; both != 0; both &= both - 1) {
		bit = both & -both;
		at = from + (size_t)__builtin_ctz(both);
		if (near & bit)
			scan_verify(s, &s->near, walk, at);
		if (far & bit)
			scan_verify(s, &s->far, walk, at);
	}
}

/* Of the bits of the places from `from` on, those with room for a window. */
static inline uint32_t
scan_room(const struct scan_table *t, size_t left, uint32_t hits)
{
	size_t n = left >= t->bytes ? left - t->bytes + 1 : 0;

	return n >= 32 ? hits : hits & ((UINT32_C(1) << n) - 1);
}

/*
 * What is left of the text, copied to `last` with zeros behind it, is less
 * than a vector's places and SCAN_WINDOW_MAX - 1: no window begins behind the
 * `n` places whose `near` these are.
 */
static inline void
scan_last(const struct scan *s, struct scan_walk *walk, const char *last,
    size_t from, uint32_t near, size_t n)
{
	size_t left = walk->text.n - from;
	uint32_t far = 0;

	if (s->far.n > 0)
		far = scan_far(&s->far, walk, last, from, n);
	scan_ask(s, walk, from, scan_room(&s->near, left, near),
	    scan_room(&s->far, left, far));
}

/*
 * Fills t->windows with one of each literal of up to `most` bytes. False:
 * there are none, or it takes more than SCAN_NEAR_MAX different ones.
 */
bool scan_near_windows(const struct scan *s, struct scan_table *t, size_t most,
    struct span sample);
/* Puts the windows of `near` into the buckets of the masks. */
void scan_near_masks(struct scan *s, struct span sample);

/* NULL: not on this machine. */
scan_vector_fn *scan_x86(enum scan_kind kind);
scan_vector_fn *scan_neon(enum scan_kind kind);

#endif
