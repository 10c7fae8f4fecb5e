/*
 * What we want in the kernel, made from the rules: tables with their chains,
 * sets and the kernel's rules, each once, however many jails share them. It
 * owns its names, so it outlives the rules and says at the next change what
 * was ours.
 */
#ifndef GAOL_FIREWALL_NFT_WANT_H
#define GAOL_FIREWALL_NFT_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firewall/firewall.h"

/* Begins the comment of each rule that we make; the rest says what it does. */
#define NFT_WANT_COMMENT "gaol "

struct nft_want_chain {
	char *name;
	uint32_t hook;
	int32_t priority;
};

struct nft_want_set {
	char *name;
	enum firewall_set kind;
};

struct nft_want_rule {
	char *chain;
	char *set;
	char *comment;                       /* tells apart, and tells all */
	enum firewall_set kind;
	const struct firewall_rule *rule;    /* borrowed; NULL when old */
	uint8_t protocol;                    /* multiport: of this one */
};

struct nft_want_table {
	char *name;
	uint8_t family;                      /* NFPROTO_… */
	struct nft_want_chain *chains;
	size_t chains_n;
	struct nft_want_set *sets;
	size_t sets_n;
	struct nft_want_rule *rules;
	size_t rules_n;
};

struct nft_want {
	struct nft_want_table *tables;
	size_t tables_n;
};

/*
 * When two jails use one name for two things the later one goes without, and
 * that is logged.
 */
void nft_want_make(struct nft_want *w, const struct firewall_rule *rules,
    size_t n);
void nft_want_fini(struct nft_want *w);
struct nft_want_table *nft_want_table(const struct nft_want *w,
    uint8_t family, const char *name);
const struct nft_want_set *nft_want_set(const struct nft_want_table *t,
    const char *name);
const struct nft_want_chain *nft_want_chain(const struct nft_want_table *t,
    const char *name);
uint8_t nft_want_family(const char *name);     /* "inet" -> NFPROTO_INET */
const char *nft_want_family_name(uint8_t family);

static inline bool
nft_want_is_net(enum firewall_set kind)
{
	return kind == FIREWALL_NET4 || kind == FIREWALL_NET6;
}

static inline bool
nft_want_is_v6(enum firewall_set kind)
{
	return kind == FIREWALL_HOST6 || kind == FIREWALL_NET6;
}

#endif
