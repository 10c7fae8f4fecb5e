#include "firewall/nft_plan.h"

#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.firewall"

static bool
is_our_comment(const char *comment)
{
	return comment != NULL && strncmp(comment, NFT_WANT_COMMENT,
	    sizeof(NFT_WANT_COMMENT) - 1) == 0;
}

/*
 * A rule is managed when we made it, or when it stands in a chain of ours and
 * looks up a set of ours: that is how fail2ban's own action makes them.
 */
static bool
is_managed(const struct nft_plan *p, const struct nft_state_rule *r)
{
	if (is_our_comment(r->comment))
		return true;
	if (p->want == NULL || nft_want_chain(p->want, r->chain) == NULL)
		return false;
	for (size_t i = 0; i < r->sets.n; i++)
		if (nft_want_set(p->want, r->sets.v[i]) != NULL)
			return true;
	return false;
}

static bool
set_fits(const struct nft_state_set *have, const struct nft_want_set *want)
{
	uint32_t flags = NFT_SET_TIMEOUT |
	    (nft_want_is_net(want->kind) ? NFT_SET_INTERVAL : 0);
	uint32_t matter = NFT_SET_TIMEOUT | NFT_SET_INTERVAL | NFT_SET_MAP |
	    NFT_SET_CONSTANT;

	return (have->flags & matter) == flags &&
	    have->key_len == (nft_want_is_v6(want->kind) ? 16u : 4u);
}

/* Somebody else's rule holds the set: it cannot be replaced under it. */
static bool
held_by_others(const struct nft_plan *p, const char *set)
{
	for (size_t i = 0; i < p->state->rules_n; i++) {
		const struct nft_state_rule *r = &p->state->rules[i];

		if (strings_has(&r->sets, set) && !is_managed(p, r))
			return true;
	}
	return false;
}

static void
plan_sets(struct nft_plan *p)
{
	for (size_t i = 0; i < p->want->sets_n; i++) {
		const struct nft_want_set *w = &p->want->sets[i];
		struct nft_state_set *s = nft_state_set(p->state, w->name);

		if (s == NULL)
			continue;
		p->set_there[i] = true;
		if (set_fits(s, w))
			continue;
		if (held_by_others(p, w->name)) {
			log_error(LOGGER, "set %s of table %s has no "
			    "timeouts, and a rule that is not ours uses it: "
			    "left as it is, bans into it will fail", w->name,
			    p->want->name);
			continue;
		}
		p->set_there[i] = false;
		p->set_again[i] = true;
		s->drop = true;
	}
}

static bool
chain_holds_foreign(const struct nft_plan *p, const char *chain)
{
	for (size_t i = 0; i < p->state->rules_n; i++)
		if (strcmp(p->state->rules[i].chain, chain) == 0 &&
		    !is_managed(p, &p->state->rules[i]))
			return true;
	return false;
}

static void
plan_chains(struct nft_plan *p)
{
	for (size_t i = 0; i < p->want->chains_n; i++) {
		const struct nft_want_chain *w = &p->want->chains[i];
		const struct nft_state_chain *c =
		    nft_state_chain(p->state, w->name);

		if (c == NULL)
			continue;
		p->chain_there[i] = true;
		if (c->base && c->hook == w->hook &&
		    c->priority == w->priority)
			continue;
		if (chain_holds_foreign(p, w->name)) {
			log_warning(LOGGER, "chain %s of table %s has another "
			    "hook or priority than configured, and rules that "
			    "are not ours: left as it is", w->name,
			    p->want->name);
			continue;
		}
		p->chain_there[i] = false;
		p->chain_again[i] = true;
	}
}

/* Does a wanted rule stand there already, and may it stay? */
static bool
rule_stays(struct nft_plan *p, const struct nft_state_rule *r)
{
	for (size_t i = 0; p->want != NULL && i < p->want->chains_n; i++)
		if (p->chain_again[i] &&
		    strcmp(p->want->chains[i].name, r->chain) == 0)
			return false;
	for (size_t i = 0; i < r->sets.n; i++) {
		const struct nft_state_set *s =
		    nft_state_set(p->state, r->sets.v[i]);

		if (s != NULL && s->drop)
			return false;
	}
	for (size_t i = 0; p->want != NULL && i < p->want->rules_n; i++) {
		const struct nft_want_rule *w = &p->want->rules[i];

		if (p->rule_there[i] || r->comment == NULL ||
		    strcmp(w->comment, r->comment) != 0 ||
		    strcmp(w->chain, r->chain) != 0 ||
		    !strings_has(&r->sets, w->set))
			continue;
		p->rule_there[i] = true;
		return true;
	}
	return false;
}

static void
plan_rules(struct nft_plan *p)
{
	for (size_t i = 0; i < p->state->rules_n; i++) {
		struct nft_state_rule *r = &p->state->rules[i];

		if (!is_managed(p, r))
			continue;
		r->kept = rule_stays(p, r);
		r->drop = !r->kept;
	}
}

/* Sets that were ours: of rules that go, or known from before. */
static void
plan_old_sets(struct nft_plan *p)
{
	for (size_t i = 0; i < p->state->sets_n; i++) {
		struct nft_state_set *s = &p->state->sets[i];
		bool ours = p->old != NULL &&
		    nft_want_set(p->old, s->name) != NULL;
		bool held = false;

		if (p->want != NULL && nft_want_set(p->want, s->name) != NULL)
			continue;
		for (size_t j = 0; j < p->state->rules_n; j++) {
			const struct nft_state_rule *r = &p->state->rules[j];

			if (!strings_has(&r->sets, s->name))
				continue;
			ours |= r->drop;
			held |= !r->drop;
		}
		s->drop = ours && !held;
	}
}

void
nft_plan_make(struct nft_plan *p, struct nft_state *state,
    const struct nft_want_table *want, const struct nft_want_table *old)
{
	memset(p, 0, sizeof(*p));
	p->state = state;
	p->want = want;
	p->old = old;
	if (want != NULL) {
		p->chain_there = xcalloc(want->chains_n, sizeof(bool));
		p->chain_again = xcalloc(want->chains_n, sizeof(bool));
		p->set_there = xcalloc(want->sets_n, sizeof(bool));
		p->set_again = xcalloc(want->sets_n, sizeof(bool));
		p->rule_there = xcalloc(want->rules_n, sizeof(bool));
		plan_sets(p);
		plan_chains(p);
	}
	plan_rules(p);
	plan_old_sets(p);
}

void
nft_plan_fini(struct nft_plan *p)
{
	free(p->chain_there);
	free(p->chain_again);
	free(p->set_there);
	free(p->set_again);
	free(p->rule_there);
	memset(p, 0, sizeof(*p));
}

bool
nft_plan_chain_goes(const struct nft_plan *p, const struct nft_state_chain *c)
{
	bool ours = p->old != NULL && nft_want_chain(p->old, c->name) != NULL;

	if (p->want != NULL) {
		for (size_t i = 0; i < p->want->chains_n; i++)
			if (strcmp(p->want->chains[i].name, c->name) == 0)
				return p->chain_again[i];
	}
	for (size_t i = 0; i < p->state->rules_n; i++) {
		const struct nft_state_rule *r = &p->state->rules[i];

		if (strcmp(r->chain, c->name) != 0)
			continue;
		if (!r->drop)
			return false;
		ours = true;
	}
	return ours;
}

bool
nft_plan_table_goes(const struct nft_plan *p)
{
	bool any = false;

	if (p->want != NULL || !p->state->present)
		return false;
	for (size_t i = 0; i < p->state->chains_n; i++) {
		if (!nft_plan_chain_goes(p, &p->state->chains[i]))
			return false;
		any = true;
	}
	for (size_t i = 0; i < p->state->sets_n; i++) {
		if (!p->state->sets[i].drop)
			return false;
		any = true;
	}
	return any || p->old != NULL;
}
