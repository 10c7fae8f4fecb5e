/*
 * A netlink socket to nf_tables. The kernel works on a request inside
 * sendmsg(2): when it returns, every answer to a batch lies in the receive
 * queue, and a dump is made piece by piece by the reads. So a dialogue is a
 * plain function here, and none of them can wait for another process.
 */
#ifndef GAOL_FIREWALL_NFT_LINK_H
#define GAOL_FIREWALL_NFT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "firewall/nft_reply.h"

#define NFT_LINK_READ (64 * 1024)     /* longer than any dump's datagram */

struct nft_link {
	int fd;
	uint32_t portid;
	uint32_t seq;          /* of the next message */
	char *in;              /* NFT_LINK_READ bytes */
};

/* 0, or -1: errno. Non-blocking; nothing is joined. */
int nft_link_open(struct nft_link *l);
void nft_link_close(struct nft_link *l);
/* Asks for room for requests of n bytes; as much as the kernel allows. */
void nft_link_room(struct nft_link *l, size_t n);
/* One datagram. Its length, or -1: EAGAIN nothing there, ENOBUFS, … */
ssize_t nft_link_read(struct nft_link *l);
/* Drops what answers to given-up requests may still lie there. */
void nft_link_drain(struct nft_link *l);

/* What to ask for; NULL and 0 where it does not matter. */
struct nft_link_ask {
	int type;              /* NFT_MSG_GETTABLE … */
	bool dump;
	uint8_t family;
	const char *table;
	const char *set;       /* of NFT_MSG_GETSETELEM */
};
/*
 * Asks and calls fn for each message of the answer. 0; -1: errno of the
 * kernel, ENOENT for what is not there, EINTR when somebody changed it during
 * a dump (start over), what fn set.
 */
int nft_link_ask(struct nft_link *l, const struct nft_link_ask *ask,
    nft_reply_fn *fn, void *arg);
/*
 * The same in parts, a datagram each: begin, then next until it is over. -1:
 * errno, as above, and it is over; nothing else may be asked until it is.
 */
struct nft_link_answer {
	uint32_t seq;
	nft_reply_fn *fn;
	void *arg;
	bool interrupted;
	bool over;
};
int nft_link_begin(struct nft_link *l, const struct nft_link_ask *ask,
    struct nft_link_answer *a);
int nft_link_next(struct nft_link *l, struct nft_link_answer *a);

#endif
