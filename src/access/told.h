/*
 * Events that two logs tell of: Exim writes a failure to its main and to its
 * reject log. What one log said, another says again within a moment; twice in
 * one log is twice.
 */
#ifndef GAOL_ACCESS_TOLD_H
#define GAOL_ACCESS_TOLD_H

#include <stdbool.h>

#include "base/access_event.h"

struct told;

struct told *told_new(void);
void told_free(struct told *t);   /* NULL is a no-op */
/*
 * Has another log (EVENT_LOG) told of an event of the same kind, account,
 * address and message within two seconds, once more than this one? Then that
 * is one told; else this one is noted. Of a bounded number: the oldest are
 * forgotten as others take their places.
 */
bool told_before(struct told *t, const struct access_event *e);

/* This one was told, by its log. */
void told_note(struct told *t, const struct access_event *e);

#endif
