/*
 * A report's period, cut at the days that are summed: whole ones in it are
 * read as sums, the rest of the time as events.
 */
#ifndef GAOL_TOOLS_REPORT_PLAN_H
#define GAOL_TOOLS_REPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct report_piece {
	struct wall since, until;   /* us 0: unbounded */
	bool summed;                /* a day: since's */
};

struct report_pieces {
	struct report_piece *v;     /* in order of time, without gaps */
	size_t n, cap;
};

/* days: since 1970, UTC, rising. */
void report_plan(const int64_t *days, size_t n, struct wall since,
    struct wall until, struct report_pieces *out);
void report_plan_fini(struct report_pieces *p);

#endif
