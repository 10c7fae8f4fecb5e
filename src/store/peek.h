/*
 * Reads the bans of a database that another process is writing, fail2ban's or
 * a daemon's of ours, and changes nothing in it.
 */
#ifndef GAOL_STORE_PEEK_H
#define GAOL_STORE_PEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"

struct peek;

/* NULL: *why says it. */
struct peek *peek_open(const char *path, struct buf *why);
void peek_close(struct peek *p);   /* NULL is legal */
/* Has anybody written since the last call? Also true when nobody knows. */
bool peek_changed(struct peek *p);
/*
 * Every (jail, id) whose ban has not ended at `now`, and those whose end
 * nobody knows. 0, or -1 with *why.
 */
int peek_bans(struct peek *p, struct wall now,
    void (*fn)(const char *jail, struct span id, void *arg), void *arg,
    struct buf *why);

#endif
