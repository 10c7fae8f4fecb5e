/* The difference between one table as it is and as it should be. */
#ifndef GAOL_FIREWALL_NFT_PLAN_H
#define GAOL_FIREWALL_NFT_PLAN_H

#include <stdbool.h>

#include "firewall/nft_state.h"
#include "firewall/nft_want.h"

struct nft_plan {
	struct nft_state *state;              /* marked */
	const struct nft_want_table *want;    /* NULL: the table is not wanted */
	const struct nft_want_table *old;     /* NULL: it was not before */
	bool *chain_there;                    /* of each wanted chain … */
	bool *set_there;
	bool *rule_there;
	bool *chain_again;   /* there with another hook: delete, make */
	bool *set_again;     /* there without our flags: replace */
};

void nft_plan_make(struct nft_plan *p, struct nft_state *state,
    const struct nft_want_table *want, const struct nft_want_table *old);
void nft_plan_fini(struct nft_plan *p);
/* Is this chain, of the state, ours and without a rule when all is done? */
bool nft_plan_chain_goes(const struct nft_plan *p,
    const struct nft_state_chain *c);
/* Will nothing be left of the table that is no longer wanted? */
bool nft_plan_table_goes(const struct nft_plan *p);

#endif
