/*
 * The bans of a jail: by id, in order of insertion, and by end. The end is
 * computed on the wall clock once, when the ban is added, and kept as a time
 * of the boot clock, so a step of the wall clock unbans nobody.
 */
#ifndef GAOL_JAIL_BANS_H
#define GAOL_JAIL_BANS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/ticket.h"

/* Longer is not permanent, but nobody will see the difference (34,000 a). */
#define BANS_SECONDS_MAX (INT64_C(1) << 40)

/* Within what can be added up: 0..BANS_SECONDS_MAX, or -1 for permanent. */
int64_t bans_seconds(int64_t seconds);
/* When a ban ends; of a permanent one (seconds < 0) it means nothing. */
struct wall bans_end(struct wall time, int64_t seconds);

struct ban {
	struct ticket ticket;     /* first: a ticket of ours is its ban */
	struct wall end;          /* meaningless when permanent */
	struct heap_node due;     /* boot time; absent when permanent */
	struct ban *prev, *next;
	bool own_bantime;         /* does not follow the jail's */
	bool asked;               /* its history is being looked into */
};

/*
 * A walk in order of insertion that others may interrupt: what was there when
 * it began and is still there comes once, what is added later does not.
 */
struct bans_walk {
	struct bans_walk *next;
	struct bans *bans;        /* NULL: it has ended */
	struct ban *at, *last;    /* the next one (or NULL), the last one */
};

struct bans {
	struct table *by_id;
	struct heap due;
	struct ban *first, *last;
	struct bans_walk *walks;
};

void bans_init(struct bans *b, size_t max);
void bans_fini(struct bans *b);   /* frees the bans too */
void bans_reserve(struct bans *b, size_t count);   /* that many in all */
size_t bans_count(const struct bans *b);
struct ban *bans_find(const struct bans *b, const struct id *id);
/*
 * A copy of the ticket; its matches and data are taken over. NULL (ENOSPC):
 * full, the ticket is untouched. The id must not be present.
 */
struct ban *bans_add(struct bans *b, struct ticket *t, bool own_bantime);
/* Out of all three orders; ban_free it when nobody looks any more. */
void bans_remove(struct bans *b, struct ban *ban);
void ban_free(struct ban *ban);
/* The walk stays where it is until its end, which is also that of the bans. */
void bans_walk_begin(struct bans_walk *w, struct bans *b);
struct ban *bans_walk_next(struct bans_walk *w);   /* NULL: no more */
void bans_walk_end(struct bans_walk *w);
/*
 * Sets how long a ban takes (< 0: permanent) and when it ends. `now` and
 * `boot` are one moment on both clocks.
 */
void bans_set_end(struct bans *b, struct ban *ban, int64_t seconds,
    struct wall end, struct wall now, struct boot boot);
/* The ban that ended the longest ago, strictly before `boot`; or NULL. */
struct ban *bans_ended(const struct bans *b, struct boot boot);
struct ban *ban_of(const struct ticket *t);

#endif
