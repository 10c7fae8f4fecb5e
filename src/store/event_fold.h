/*
 * The sums of a day that is being summed, in memory: each event adds to one of
 * them, and the file gets them in order of account and service. One by one
 * they would change another page of it with nearly each event.
 */
#ifndef GAOL_STORE_EVENT_FOLD_H
#define GAOL_STORE_EVENT_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/access_sum.h"

#define EVENT_FOLD_MAX 131072   /* sums: some 40 MB, until the day is done */

struct event_fold;

struct event_fold *event_fold_new(void);
void event_fold_free(struct event_fold *f);   /* NULL is a no-op */
/* Adds what comes behind all that was added; the sum is copied. */
void event_fold_add(struct event_fold *f, const struct access_sum *one);
size_t event_fold_count(const struct event_fold *f);
/*
 * The next one in order, NULL: that was all, and it is empty again. Nothing may
 * be added in between.
 */
const struct access_sum *event_fold_take(struct event_fold *f);

#endif
