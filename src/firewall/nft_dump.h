/*
 * Reads the elements of every set of the rules, some milliseconds a wake, and
 * hands them out a piece a wake. A set is read whole before any of it is told,
 * because a change meanwhile (NLM_F_DUMP_INTR) means: again from its start,
 * unless the set is large (nft_reading.h); then some may be told twice.
 */
#ifndef GAOL_FIREWALL_NFT_DUMP_H
#define GAOL_FIREWALL_NFT_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firewall/firewall.h"
#include "firewall/nft_reading.h"

struct event;
struct nftables;

struct nft_dump {
	struct event *step;
	bool running;
	size_t at;                        /* rule * FIREWALL_SETS + set */
	unsigned tries;
	struct nft_reading reading;
	bool whole;                       /* it is over */
	size_t taken;                     /* of what it brought, into v */
	struct firewall_element *v;       /* to be told */
	struct boot read;                 /* … was read then */
	size_t n, cap, told;
};

/* 0, or -1: errno. */
int nft_dump_init(struct nftables *f);
void nft_dump_start(struct nftables *f);
/* Ends a dump whose rules are gone; the owner gets its end. */
void nft_dump_stop(struct nftables *f);
void nft_dump_fini(struct nftables *f);

#endif
