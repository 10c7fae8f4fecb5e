/*
 * Elements of the four sets as messages, and intervals back into prefixes.
 * Hosts live in hash sets; a network in an interval set is two elements, its
 * first address and, flagged, the one behind its last.
 */
#ifndef GAOL_FIREWALL_NFT_ELEMENT_H
#define GAOL_FIREWALL_NFT_ELEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "firewall/firewall.h"
#include "firewall/nft_batch.h"

enum nft_element_how {
	/*
	 * An add that is a renewal when the element is there: the kernel
	 * changes the timeout of an element only since 6.12; before, it goes
	 * and comes back in the same transaction.
	 */
	NFT_ELEMENT_ADD,
	NFT_ELEMENT_RENEW,
	/* A delete that cannot fail for want of the element: add, delete. */
	NFT_ELEMENT_DELETE,
	/* The bare message: ENOENT when there is none. */
	NFT_ELEMENT_DELETE_BARE,
};

struct nft_element_set {
	uint8_t family;        /* NFPROTO_… */
	const char *table;
	const char *name;
};

/* Can this kernel change the timeout of an element that is there? */
bool nft_element_kernel_renews(void);
/* Puts 1 to 3 messages into the batch. seconds < 0: no timeout. */
void nft_element_put(struct nft_batch *b, const struct nft_element_set *set,
    const struct addr *addr, int64_t seconds, enum nft_element_how how);
enum firewall_set nft_element_kind(const struct addr *addr);

/* An element of a message that carries many; see nft_element_pack. */
struct nft_element {
	struct addr addr;
	int64_t seconds;
};
/* All of v in as few messages as they fit. */
void nft_element_pack(struct nft_batch *b, const struct nft_element_set *set,
    const struct nft_element *v, size_t n);

/* What a set held, raw, gathered before it is made sense of. */
struct nft_element_list {
	struct nft_reply_element *v;
	size_t n, cap;
	uint64_t dropped;      /* beyond NFT_ELEMENT_MAX */
	struct boot begun;     /* all that is left is left from here on */
	int64_t late;          /* milliseconds: how far the reading is */
};
#define NFT_ELEMENT_MAX (8u << 20)
void nft_element_gather(const struct nft_reply_element *e, void *list);
void nft_element_list_fini(struct nft_element_list *l);
/* Sorts it; what came twice is there once. */
void nft_element_list_sort(struct nft_element_list *l);
/* Adds what `more` has and the list has not; both are, and stay, sorted. */
void nft_element_list_join(struct nft_element_list *l,
    const struct nft_element_list *more);
typedef void nft_element_fn(const struct addr *addr,
    const struct nft_reply_element *e, void *arg);
/*
 * Calls fn for each host, or (interval) each prefix: a range that is not one
 * prefix is cut into several. Sorts the list.
 */
void nft_element_each(struct nft_element_list *l, bool interval,
    nft_element_fn *fn, void *arg);

#endif
