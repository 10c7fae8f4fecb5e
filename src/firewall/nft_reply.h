/*
 * What nf_tables says, taken apart. Every function takes bytes as they came
 * from the socket, checks each length before it reads and follows no pointer
 * out of the message; text is borrowed from it.
 */
#ifndef GAOL_FIREWALL_NFT_REPLY_H
#define GAOL_FIREWALL_NFT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/netlink.h>

/*
 * Calls fn for each whole message of a datagram; fn returns 0 to go on.
 * Returns what stopped it, or -1 with EBADMSG when the bytes are no messages.
 */
typedef int nft_reply_fn(const struct nlmsghdr *h, void *arg);
int nft_reply_walk(const void *p, size_t n, nft_reply_fn *fn, void *arg);

/* NLMSG_ERROR (or DONE): *error is 0 for an acknowledgement. -1: EBADMSG. */
int nft_reply_error(const struct nlmsghdr *h, int *error);

/* The nf_tables message type (NFT_MSG_…), or -1 when it is another's. */
int nft_reply_type(const struct nlmsghdr *h);

/* Names are NULL where the message has none. */
struct nft_reply_object {
	uint8_t family;
	const char *table;
	const char *chain;     /* of a chain or rule */
	const char *set;       /* of a set or of elements */
	uint64_t handle;
	uint32_t flags;        /* of a table or set */
	/* a chain's */
	bool base;
	uint32_t hook;
	int32_t priority;
	/* a set's */
	uint32_t key_type, key_len;
};
/* A table, chain, set, rule or element message. 0, or -1: EBADMSG. */
int nft_reply_object(const struct nlmsghdr *h, struct nft_reply_object *o);

#define NFT_REPLY_LOOKUPS 8
#define NFT_REPLY_NAME 32     /* of a process; the kernel has 16 */

/* A rule: the sets it looks up, and its comment. */
struct nft_reply_rule {
	const char *sets[NFT_REPLY_LOOKUPS];
	size_t sets_n;
	const char *comment;   /* NULL: none */
};
int nft_reply_rule(const struct nlmsghdr *h, struct nft_reply_rule *r);

struct nft_reply_element {
	uint8_t key[16];
	size_t key_len;
	bool end;              /* the address behind an interval */
	int64_t timeout;       /* milliseconds; -1: none */
	int64_t left;
};
typedef void nft_reply_element_fn(const struct nft_reply_element *e,
    void *arg);
/* Keys of other than 4 or 16 bytes are skipped. 0, or -1: EBADMSG. */
int nft_reply_elements(const struct nlmsghdr *h, nft_reply_element_fn *fn,
    void *arg);

struct nft_reply_gen {
	uint32_t id;
	pid_t pid;             /* 0: not said */
	char name[NFT_REPLY_NAME];   /* of the committing process; "" */
};
int nft_reply_gen(const struct nlmsghdr *h, struct nft_reply_gen *g);

#endif
