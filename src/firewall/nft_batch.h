/*
 * One nf_tables transaction: begin, messages, end. All of it is done or
 * nothing. The kernel works on behind an error, refuses the whole at the end,
 * and still acknowledges the last message: only that acknowledgement together
 * with no error in the whole range of sequence numbers is a success.
 */
#ifndef GAOL_FIREWALL_NFT_BATCH_H
#define GAOL_FIREWALL_NFT_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "firewall/nft_link.h"

struct nft_batch_error {
	uint32_t seq;
	int error;
};

struct nft_batch {
	char *p;
	size_t n, cap;
	size_t last;             /* where the last message starts */
	uint32_t first, next;    /* sequence numbers; first is "begin" */
	/* After a send that failed: what the kernel said of which message. */
	struct nft_batch_error *errors;
	size_t errors_n, errors_cap;
};

/*
 * Starts a transaction. With genid the kernel refuses it (ERESTART) when the
 * ruleset is no longer of that generation; 0: whatever it is.
 */
void nft_batch_begin(struct nft_batch *b, const struct nft_link *l,
    uint32_t genid);
/*
 * A new message with room for `room` bytes of attributes. Put them in with
 * libmnl or libnftnl, then call nft_batch_close before anything else.
 */
struct nlmsghdr *nft_batch_open(struct nft_batch *b, int type, uint8_t family,
    uint16_t flags, size_t room);
void nft_batch_close(struct nft_batch *b, const struct nlmsghdr *h);
size_t nft_batch_count(const struct nft_batch *b);   /* messages inside */
/*
 * Sends it. 0: committed. -1: nothing was done; errno is the first error and
 * errors[] (by rising seq) those that belong to one message; when it is empty
 * the whole was refused. ENOBUFS, EMSGSIZE: too many at once or not known
 * whether it was done; send again in smaller pieces.
 */
int nft_batch_send(struct nft_batch *b, struct nft_link *l);
void nft_batch_fini(struct nft_batch *b);

#endif
