/* What the kernel has in one table, as far as it matters to us. */
#ifndef GAOL_FIREWALL_NFT_STATE_H
#define GAOL_FIREWALL_NFT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"
#include "firewall/nft_element.h"
#include "firewall/nft_link.h"

struct nft_state_chain {
	char *name;
	bool base;
	uint32_t hook;
	int32_t priority;
};

struct nft_state_set {
	char *name;
	uint32_t flags;
	uint32_t key_len;
	bool drop;              /* a plan's mark: will be deleted */
};

struct nft_state_rule {
	char *chain;
	uint64_t handle;
	struct strings sets;    /* that it looks up */
	char *comment;          /* NULL: none */
	bool kept;              /* a plan's mark: a wanted one */
	bool drop;              /* a plan's mark: will be deleted */
};

struct nft_state {
	bool present;
	uint32_t flags;
	struct nft_state_chain *chains;
	size_t chains_n;
	struct nft_state_set *sets;      /* named ones */
	size_t sets_n;
	struct nft_state_rule *rules;
	size_t rules_n;
};

/*
 * 0, or -1: errno, EINTR when it was changed meanwhile. A table that is not
 * there is no error (present is false).
 */
int nft_state_read(struct nft_state *s, struct nft_link *l, uint8_t family,
    const char *table);
void nft_state_fini(struct nft_state *s);
struct nft_state_chain *nft_state_chain(const struct nft_state *s,
    const char *name);
struct nft_state_set *nft_state_set(const struct nft_state *s,
    const char *name);
/*
 * The elements of a set, into a list that is empty. 0, or -1: errno, EINTR
 * when it was changed meanwhile (the list holds what was seen).
 */
int nft_state_elements(struct nft_link *l, const struct nft_element_set *set,
    struct nft_element_list *list);
/* How each of its messages goes into the list (an nft_reply_fn). */
int nft_state_element(const struct nlmsghdr *h, void *list);
/* What fits one datagram is read without a gap. */
#define NFT_STATE_GAPLESS 256
#define NFT_STATE_READINGS 6
/* The generation of the whole ruleset. 0, or -1: errno. */
int nft_state_generation(struct nft_link *l, uint32_t *id);

#endif
