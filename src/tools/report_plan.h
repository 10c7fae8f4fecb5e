/*
 * A report's period, cut at the days that are summed: whole ones in it are
 * read as sums, as many as lie side by side in one go, the rest of the time as
 * events.
 */
#ifndef GAOL_TOOLS_REPORT_PLAN_H
#define GAOL_TOOLS_REPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct report_piece {
	struct wall since, until;   /* us 0: unbounded */
	bool summed;                /* all of its days are */
};

struct report_pieces {
	struct report_piece *v;     /* in order of time, without gaps */
	size_t n, cap;
};

/* Which are summed: since 1970, UTC, rising. */
struct report_days {
	int64_t *v;
	size_t n;
};

/* Pieces of sums are of `max` days at most. */
void report_plan(const struct report_days *days, int64_t max,
    struct wall since, struct wall until, struct report_pieces *out);
void report_plan_fini(struct report_pieces *p);

#endif
