/*
 * bantime.increment: how much longer the next ban of somebody known is, and
 * how many times their failures count, as upstream reckons both.
 */
#ifndef GAOL_JAIL_GROWTH_H
#define GAOL_JAIL_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* What the database knows of an id. */
struct history {
	bool known;               /* there is a row */
	uint32_t bancount;        /* bans so far */
	int64_t time;             /* of the last one, seconds */
};

struct growth;

/* NULL: the jail's bans do not grow. The config is not kept. */
struct growth *growth_new(const struct growth_config *config);
void growth_free(struct growth *g);

/*
 * How long the ban takes that follows `bancount` others, seconds, where a
 * first one takes `bantime`; -1: for ever. 0, or -1 with errno when the
 * formula has no value (EDOM, ERANGE, E2BIG).
 */
int growth_bantime(const struct growth *g, int64_t bantime,
    uint32_t bancount, int64_t *seconds);
/* What the longest ban of the store may last when it is restored; -1: all. */
int64_t growth_most(const struct growth *g);
/*
 * What one failure of somebody counts who was banned so often, before
 * maxretry bounds it: 2, 3, 5, 9 … Of nobody: 1.
 */
int64_t growth_weight(uint32_t bancount);

#endif
