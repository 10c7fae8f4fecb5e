/*
 * Brings the kernel's tables, chains, sets and rules to what we want: reads
 * what is there, works out the difference and commits it in one transaction
 * that the kernel refuses if anything changed in between. The same function
 * starts, reloads, heals and removes.
 */
#ifndef GAOL_FIREWALL_NFT_OBJECTS_H
#define GAOL_FIREWALL_NFT_OBJECTS_H

#include <stddef.h>

#include "base/buf.h"
#include "firewall/nft_link.h"
#include "firewall/nft_want.h"

struct nft_objects_change {
	struct buf missing;     /* "table inet f2b-table", "set x and 3 more" */
	size_t missing_n;
	size_t messages;        /* 0: all was as it should be */
};

/*
 * `old` is what was wanted before (may be empty): what of it is no longer
 * wanted goes. 0 with the change filled (the caller's to buf_fini), or -1:
 * errno, nothing changed; ERESTART and EINTR: somebody changed the ruleset
 * meanwhile, call again.
 */
int nft_objects_sync(struct nft_link *l, const struct nft_want *want,
    const struct nft_want *old, struct nft_objects_change *change);

#endif
