/*
 * Looks for many texts at once: which of them are where in a block of log? By
 * vector instructions, 16 or 32 places at a time ("Teddy", which came with
 * Hyperscan), if they need not look for more than SCAN_NEAR_MAX different
 * things: three bytes of each text, the same ones of as many as possible. Of
 * more texts only the short ones: the others, and all on machines without such
 * instructions, by a table of hashes that is asked at every few places, first
 * about those bytes of each text that the log holds most rarely.
 */
#ifndef GAOL_MATCH_SCAN_H
#define GAOL_MATCH_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "match/literal.h"

#define SCAN_NEAR_MAX 48u
#define SCAN_MAX 4096u     /* literals of one scanner */

enum scan_kind { SCAN_BEST, SCAN_PLAIN, SCAN_NARROW, SCAN_WIDE };

struct scan;

/*
 * Copies the literals (n > 0). A kind that this machine or so many literals
 * do not allow becomes the next smaller one. `sample` is text of the log, may
 * be empty, and changes nothing but the time it takes.
 */
struct scan *scan_new(const struct literal *v, size_t n, enum scan_kind kind,
    struct span sample);
void scan_free(struct scan *s);
size_t scan_count(const struct scan *s);
/* What it became, and a name for it: "AVX2", "SSSE3", "NEON", "plain". */
enum scan_kind scan_kind(const struct scan *s);
const char *scan_kind_name(enum scan_kind kind);

/*
 * A literal (its number) is at `start`. Returns where to go on, 0: anywhere;
 * texts that begin before are then of no interest, but may still be told.
 */
typedef size_t scan_found_fn(unsigned literal, size_t start, void *arg);

/*
 * Calls fn for each literal at each place, in the order of their lines;
 * within a line in any order. Until fn returns SPAN_NONE. Returns, roughly, at
 * how many places it looked in vain: many of them ask for a better sample.
 */
size_t scan_each(const struct scan *s, struct span text, scan_found_fn *fn,
    void *arg);

#endif
