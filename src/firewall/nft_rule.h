/* The messages that make tables, chains, sets and rules. */
#ifndef GAOL_FIREWALL_NFT_RULE_H
#define GAOL_FIREWALL_NFT_RULE_H

#include <stdint.h>

#include "firewall/nft_batch.h"
#include "firewall/nft_want.h"

void nft_rule_put_table(struct nft_batch *b, const struct nft_want_table *t);
void nft_rule_put_chain(struct nft_batch *b, const struct nft_want_table *t,
    const struct nft_want_chain *c);
void nft_rule_put_set(struct nft_batch *b, const struct nft_want_table *t,
    const struct nft_want_set *s);
/* The rule, and before it the set without a name that holds its ports. */
void nft_rule_put(struct nft_batch *b, const struct nft_want_table *t,
    const struct nft_want_rule *w);

void nft_rule_del_table(struct nft_batch *b, uint8_t family,
    const char *table);
void nft_rule_del_chain(struct nft_batch *b, uint8_t family,
    const char *table, const char *chain);
void nft_rule_del_set(struct nft_batch *b, uint8_t family, const char *table,
    const char *set);
void nft_rule_del(struct nft_batch *b, uint8_t family, const char *table,
    const char *chain, uint64_t handle);

#endif
