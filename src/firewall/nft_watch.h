/*
 * Sees what others do to our tables. The kernel announces each change, and at
 * the end of a transaction (NEWGEN) the process that made it. Expiry of an
 * element is not announced; our own changes are dropped by a filter in the
 * kernel before they take room here.
 */
#ifndef GAOL_FIREWALL_NFT_WATCH_H
#define GAOL_FIREWALL_NFT_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "firewall/nft_link.h"
#include "firewall/nft_want.h"

#define NFT_WATCH_WHAT 160

struct nft_watch {
	struct nft_link link;
	bool away;                     /* nft_watch_leave() */
	bool touched;                  /* in the transaction being told */
	char touching[NFT_WATCH_WHAT];
	/* What whole transactions did, until nft_watch_forget(): */
	bool changed;
	bool overrun;                  /* some were missed */
	char what[NFT_WATCH_WHAT];     /* "elements of addr-set-sshd" */
	pid_t pid;
	char name[NFT_REPLY_NAME];
};

/* own: the port whose changes are ours. 0, or -1: errno. */
int nft_watch_open(struct nft_watch *w, uint32_t own);
void nft_watch_close(struct nft_watch *w);
/* Reads what is there, at most 256 datagrams. */
void nft_watch_read(struct nft_watch *w, const struct nft_want *want);
/* The parser behind it, for one datagram. */
void nft_watch_take(struct nft_watch *w, const struct nft_want *want,
    const void *p, size_t n);
void nft_watch_forget(struct nft_watch *w);
/*
 * The kernel makes a message of each element, ours too, for whoever listens:
 * for very many of them that costs as much as adding them. So nobody listens
 * while they are sent, and the generation of the ruleset says whether somebody
 * else did something meanwhile (nft_queue.c). 0, or -1: errno.
 */
int nft_watch_leave(struct nft_watch *w);
int nft_watch_join(struct nft_watch *w);
/* Something was missed. */
void nft_watch_missed(struct nft_watch *w);

#endif
