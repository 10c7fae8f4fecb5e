/* The state of the nftables system, shared by the files that make it up. */
#ifndef GAOL_FIREWALL_NFTABLES_H
#define GAOL_FIREWALL_NFTABLES_H

#include "firewall/firewall_system.h"
#include "firewall/nft_batch.h"
#include "firewall/nft_dump.h"
#include "firewall/nft_link.h"
#include "firewall/nft_objects.h"
#include "firewall/nft_state.h"
#include "firewall/nft_want.h"
#include "firewall/nft_watch.h"

struct nftables {
	struct firewall fw;
	struct nft_link link;
	struct nft_watch watch;
	struct nft_batch batch;
	struct nft_want want;
	struct nft_want old;         /* not wanted now, may be there still */
	bool renews;                 /* kernel changes timeouts in place */

	/* Objects: broken means that a sync failed and is tried again. */
	bool broken;
	bool repaired;               /* in this wake */
	unsigned sync_tries;
	struct event *watched;       /* the notification socket */
	struct event *check;         /* a moment after a foreign change */

	/* The queue. Stalled: its head waits for better times. */
	bool stalled;
	unsigned stall_tries;
	size_t *seqs;                /* of each request, its first message */
	struct event *work;

	/* Told from the loop, never from inside a call of the owner's. */
	struct event *tell;
	struct nftables_news {
		bool lost, state;
		const char *unknown;     /* NULL: not */
		char what[NFT_WATCH_WHAT];
		pid_t pid;
		char name[NFT_REPLY_NAME];
	} news;
	int state, told_state;

	struct nft_dump dump;
};

/*
 * Makes the kernel's objects as wanted again. 0, or -1 and a later try is
 * arranged.
 */
int nftables_heal(struct nftables *f);
void nftables_state(struct nftables *f, int error);
void nftables_unknown(struct nftables *f, const char *why);
/* Worth another try as it is? */
bool nftables_transient(int error);
/* The watch has seen, or missed, a change: it is looked at in a moment. */
void nftables_check_soon(struct nftables *f);
void nftables_after(struct event *ev, unsigned tries);

/* nft_queue.c: one transaction of the queue's head, if it may. */
void nft_queue_run(struct nftables *f);

#endif
