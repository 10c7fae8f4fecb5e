/*
 * What goes from one daemon to the next: the bans of their common database,
 * held by a bridge in the kernel while neither daemon holds them.
 */
#ifndef GAOL_TOOLS_HANDOVER_H
#define GAOL_TOOLS_HANDOVER_H

#include <stddef.h>

#include "base/addr.h"
#include "base/buf.h"
#include "config/config.h"

struct bridge;
struct peek;
struct trie;

struct handover {
	const struct config *config;
	struct peek *peek;
	struct bridge *bridge;     /* NULL: none in the kernel */
	struct trie *never;        /* who is never shut out */
	struct trie *known;        /* in the bridge */
	struct addr *fresh;        /* of the last reading: not yet in it */
	size_t fresh_n, fresh_cap;
	size_t *bans;              /* of each jail, at the last reading */
	size_t total;
	size_t raw;                /* ids that are no addresses */
	size_t late;               /* came while the old daemon ended */
	struct buf error;          /* of a reading in between; "": none */
};

/* Reads the bans of the configuration's jails. 0, or -1 with *why. */
int handover_open(struct handover *h, const struct config *config,
    const char *dbfile, struct buf *why);
/* Builds the bridge for them. 0, or -1 with *why. */
int handover_protect(struct handover *h, struct buf *why);
/* What came since goes into the bridge; h is a struct handover. */
void handover_follow(void *h);
/*
 * The old daemon has ended: reads a last time and lets go of the database, so
 * that the next one has it to itself. 0, or -1 with *why.
 */
int handover_settle(struct handover *h, struct buf *why);
/* Takes the bridge away. 0, or -1 with *why. */
int handover_release(struct handover *h, struct buf *why);
/* A bridge that is still there stays until its addresses have timed out. */
void handover_fini(struct handover *h);

#endif
