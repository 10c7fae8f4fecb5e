/*
 * Looks for many texts at once: where in a block of log is the next place
 * that holds one of them? Up to SCAN_TEDDY_MAX texts by vector instructions,
 * 16 or 32 places at a time ("Teddy", which came with Hyperscan); more of
 * them, and machines without such instructions, by a table of hashes.
 */
#ifndef GAOL_MATCH_SCAN_H
#define GAOL_MATCH_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "match/literal.h"

#define SCAN_TEDDY_MAX 48u
#define SCAN_MAX 4096u     /* literals of one scanner */

enum scan_kind { SCAN_BEST, SCAN_PLAIN, SCAN_NARROW, SCAN_WIDE };

struct scan;

/*
 * Copies the literals (n > 0). A kind that this
 * machine or so many literals do not allow becomes the next smaller one.
 */
struct scan *scan_new(const struct literal *v, size_t n, enum scan_kind kind);
void scan_free(struct scan *s);
size_t scan_count(const struct scan *s);
/* What it became, and a name for it: "AVX2", "SSSE3", "NEON", "plain". */
enum scan_kind scan_kind(const struct scan *s);
const char *scan_kind_name(enum scan_kind kind);

/*
 * Offset of a text at or behind `from`, or SPAN_NONE. Of several the one
 * whose line comes first; of two in one line, either.
 */
size_t scan_next(const struct scan *s, struct span text, size_t from);

#endif
