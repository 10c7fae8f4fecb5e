/*
 * The resolver: looks names up for the engine, in threads, since the system's
 * resolver waits. Its uid is the engine's; it reads the few files that this
 * takes, speaks with name servers only, and ends when nothing was asked for a
 * while, or when one of those files was replaced: the parent starts another
 * when there is a name again.
 */
#ifndef GAOL_PROCESS_RESOLVER_H
#define GAOL_PROCESS_RESOLVER_H

#include <stdbool.h>

#include "process/role.h"

#define RESOLVER_THREADS 8       /* look-ups at a time */
#define RESOLVER_IDLE_SECONDS 60

struct resolver;

/* Takes over parent_fd. NULL (logged). */
struct resolver *resolver_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single);
void resolver_free(struct resolver *r);   /* NULL is a no-op */

#endif
