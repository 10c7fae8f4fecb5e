/* Answers that are remembered for a while, the oldest forgotten first. */
#ifndef GAOL_ACTION_ANSWERS_H
#define GAOL_ACTION_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/span.h"

struct answers;

#define ANSWERS_MAX 1000000

/* At most `max` of them (1..ANSWERS_MAX), each for so many seconds. */
struct answers *answers_new(size_t max, double seconds);
void answers_free(struct answers *a);   /* NULL is a no-op */
/* True, and *yes is the answer; false: unknown, or too old. */
bool answers_find(struct answers *a, struct span key, struct boot now,
    bool *yes);
void answers_set(struct answers *a, struct span key, struct boot now,
    bool yes);
size_t answers_count(const struct answers *a);

#endif
