/* Named values of one match, in a fixed array: no allocation per line. */
#ifndef GAOL_MATCH_GROUPS_H
#define GAOL_MATCH_GROUPS_H

#include <stdbool.h>

#include "base/failure.h"

struct groups {
	size_t n;
	struct failure_group v[FAILURE_GROUPS_MAX];
};

/* Value of the name; an empty span (p NULL) when it is not there. */
struct span groups_get(const struct groups *g, struct span name);
bool groups_has(const struct groups *g, struct span name);
/* Adds or replaces. More than FAILURE_GROUPS_MAX: dropped. */
void groups_set(struct groups *g, struct span name, struct span value);
/* The name is not among them. */
void groups_add(struct groups *g, struct span name, struct span value);
/* Those of `a`, then those of `b`, whose values count where both have one. */
void groups_join(struct groups *g, const struct groups *a,
    const struct groups *b);
/* Only what is there: less than the assignment would. */
void groups_copy(struct groups *to, const struct groups *from);
void groups_del(struct groups *g, struct span name);

#endif
