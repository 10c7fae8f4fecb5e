/* What the files of the scanner share, and nobody else sees. */
#ifndef GAOL_MATCH_SCAN_LOCAL_H
#define GAOL_MATCH_SCAN_LOCAL_H

#include <stdint.h>

#include "match/scan.h"

#define SCAN_WINDOW 3u      /* bytes looked at first */

/* Three bytes of a literal, `at` bytes into it. */
struct scan_window {
	uint16_t literal;
	uint8_t at;
};

/* One text on its way through. */
struct scan_walk {
	struct span text;
	scan_found_fn *fn;
	void *arg;
	size_t next;            /* what is before is of no interest */
	size_t vain;            /* places looked at for nothing */
};

/*
 * One machine's vectors (scan_x86.c, scan_neon.c). Returns the place from
 * which on it did not look any more, being too near to the end.
 */
typedef size_t scan_vector_fn(const struct scan *s, struct scan_walk *walk);

/*
 * `windows` in the order of their hashes; those of hash h are the ones from
 * index[h] on, up to index[h + 1]. The masks say for each nibble of the
 * first, second and third byte in which of eight buckets it occurs: a place
 * where all six agree on a bucket is worth a look at the windows.
 */
struct scan {
	enum scan_kind kind;
	scan_vector_fn *vector; /* NULL: plain */
	size_t stride;          /* of the plain scanner */
	unsigned shift;         /* 32 - bits of a hash */
	uint16_t *index;
	uint64_t *present;      /* bits: the hashes that have a window */
	struct scan_window *windows;
	size_t windows_n;
	struct literal *literals;
	size_t n;
	uint8_t low[SCAN_WINDOW][16], high[SCAN_WINDOW][16];
};

/* Tells of the literals that have a window at `at`. */
void scan_verify(const struct scan *s, struct scan_walk *walk, size_t at);

/* NULL: not on this machine. */
scan_vector_fn *scan_x86(enum scan_kind kind);
scan_vector_fn *scan_neon(enum scan_kind kind);

#endif
