#include "firewall/nft_objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "firewall/nft_element.h"
#include "firewall/nft_plan.h"
#include "firewall/nft_rule.h"

#define LOGGER "gaol.firewall"

struct sync {
	struct nft_link *link;
	struct nft_batch batch;
	struct nft_objects_change *change;
};

static void __attribute__((format(printf, 2, 3)))
missing(struct nft_objects_change *c, const char *fmt, ...)
{
	va_list ap;

	if (c->missing_n++ > 0)
		return;
	va_start(ap, fmt);
	buf_addv(&c->missing, fmt, ap);
	va_end(ap);
}

/* --- elements that move from a replaced set ------------------------------------- */

struct carry {
	struct nft_plan *plan;
	const struct firewall_rule *rule;    /* one that uses the set */
	struct nft_element *v[FIREWALL_SETS];
	size_t n[FIREWALL_SETS], cap[FIREWALL_SETS];
	size_t left_behind;
};

/* Nothing may overlap what a network set already holds: only into new ones. */
static bool
takes(const struct carry *c, enum firewall_set kind)
{
	const struct nft_want_table *t = c->plan->want;
	const char *name = c->rule->sets[kind];

	for (size_t i = 0; name != NULL && i < t->sets_n; i++)
		if (strcmp(t->sets[i].name, name) == 0)
			return !nft_want_is_net(kind) ||
			    !c->plan->set_there[i];
	return false;
}

static void
carry_one(const struct addr *addr, const struct nft_reply_element *e,
    void *arg)
{
	struct carry *c = arg;
	enum firewall_set kind = nft_element_kind(addr);
	struct nft_element *item;

	if (addr->plen == 0 || !takes(c, kind)) {
		c->left_behind++;
		return;
	}
	if (c->n[kind] == c->cap[kind]) {
		c->cap[kind] = c->cap[kind] * 2 + 64;
		c->v[kind] = xreallocarray(c->v[kind], c->cap[kind],
		    sizeof(**c->v));
	}
	item = &c->v[kind][c->n[kind]++];
	item->addr = *addr;
	item->seconds = e->left < 0 ? -1 : (e->left + 999) / 1000;
}

static const struct firewall_rule *
user_of(const struct nft_want_table *t, const char *set)
{
	for (size_t i = 0; i < t->rules_n; i++)
		if (strcmp(t->rules[i].set, set) == 0)
			return t->rules[i].rule;
	return NULL;
}

static int
carry_set(struct sync *s, struct nft_plan *p, const struct nft_want_set *set)
{
	const struct nft_want_table *t = p->want;
	const struct nft_state_set *have = nft_state_set(p->state, set->name);
	struct nft_element_set from = { t->family, t->name, set->name };
	struct nft_element_list list = { 0 };
	struct carry c = { .plan = p, .rule = user_of(t, set->name) };
	int rc = nft_state_elements(s->link, &from, &list);

	if (rc == 0 && c.rule != NULL)
		nft_element_each(&list, have->flags & NFT_SET_INTERVAL,
		    carry_one, &c);
	for (int k = 0; k < FIREWALL_SETS; k++) {
		struct nft_element_set to = { t->family, t->name,
			c.rule != NULL ? c.rule->sets[k] : NULL };

		if (c.n[k] > 0)
			nft_element_pack(&s->batch, &to, c.v[k], c.n[k]);
		free(c.v[k]);
	}
	if (c.left_behind > 0)
		log_warning(LOGGER, "%zu elements of set %s could not move "
		    "into its replacement", c.left_behind, set->name);
	nft_element_list_fini(&list);
	return rc;
}

/* --- one table --------------------------------------------------------------------- */

static void
put_removals(struct sync *s, const struct nft_plan *p, uint8_t family,
    const char *table)
{
	const struct nft_state *st = p->state;

	for (size_t i = 0; i < st->rules_n; i++)
		if (st->rules[i].drop)
			nft_rule_del(&s->batch, family, table,
			    st->rules[i].chain, st->rules[i].handle);
	for (size_t i = 0; i < st->sets_n; i++)
		if (st->sets[i].drop)
			nft_rule_del_set(&s->batch, family, table,
			    st->sets[i].name);
	for (size_t i = 0; i < st->chains_n; i++)
		if (nft_plan_chain_goes(p, &st->chains[i]))
			nft_rule_del_chain(&s->batch, family, table,
			    st->chains[i].name);
	if (nft_plan_table_goes(p))
		nft_rule_del_table(&s->batch, family, table);
}

static int
put_sets(struct sync *s, struct nft_plan *p)
{
	const struct nft_want_table *t = p->want;

	for (size_t i = 0; i < t->sets_n; i++) {
		if (p->set_there[i])
			continue;
		if (p->state->present)
			missing(s->change, "set %s", t->sets[i].name);
		nft_rule_put_set(&s->batch, t, &t->sets[i]);
	}
	for (size_t i = 0; i < t->sets_n; i++)
		if (p->set_again[i] && carry_set(s, p, &t->sets[i]) == -1)
			return -1;
	return 0;
}

static int
put_wanted(struct sync *s, struct nft_plan *p)
{
	const struct nft_want_table *t = p->want;

	if (!p->state->present)
		missing(s->change, "table %s %s",
		    nft_want_family_name(t->family), t->name);
	else if ((p->state->flags & NFT_TABLE_F_DORMANT) != 0)
		missing(s->change, "hooks of table %s %s",
		    nft_want_family_name(t->family), t->name);
	if (!p->state->present || (p->state->flags & NFT_TABLE_F_DORMANT) != 0)
		nft_rule_put_table(&s->batch, t);
	for (size_t i = 0; i < t->chains_n; i++) {
		if (p->chain_there[i])
			continue;
		if (p->state->present)
			missing(s->change, "chain %s", t->chains[i].name);
		nft_rule_put_chain(&s->batch, t, &t->chains[i]);
	}
	if (put_sets(s, p) == -1)
		return -1;
	for (size_t i = 0; i < t->rules_n; i++) {
		if (p->rule_there[i])
			continue;
		if (p->state->present)
			missing(s->change, "rule of %s", t->rules[i].set);
		nft_rule_put(&s->batch, t, &t->rules[i]);
	}
	return 0;
}

static int
sync_table(struct sync *s, uint8_t family, const char *name,
    const struct nft_want_table *want, const struct nft_want_table *old)
{
	struct nft_state state;
	struct nft_plan plan;
	int rc = 0;

	if (nft_state_read(&state, s->link, family, name) == -1)
		return -1;
	nft_plan_make(&plan, &state, want, old);
	if (state.present)
		put_removals(s, &plan, family, name);
	if (want != NULL)
		rc = put_wanted(s, &plan);
	nft_plan_fini(&plan);
	nft_state_fini(&state);
	return rc;
}

/* --- all of them ---------------------------------------------------------------------- */

static int
sync_tables(struct sync *s, const struct nft_want *want,
    const struct nft_want *old)
{
	static char default_name[] = "f2b-table";
	const struct nft_want_table *t;
	uint8_t inet = nft_want_family("inet");

	for (size_t i = 0; i < want->tables_n; i++) {
		t = &want->tables[i];
		if (sync_table(s, t->family, t->name, t,
			nft_want_table(old, t->family, t->name)) == -1)
			return -1;
	}
	for (size_t i = 0; i < old->tables_n; i++) {
		t = &old->tables[i];
		if (nft_want_table(want, t->family, t->name) != NULL)
			continue;
		if (sync_table(s, t->family, t->name, NULL, t) == -1)
			return -1;
	}
	/* What an earlier run of ours left when its last jail went. */
	if (nft_want_table(want, inet, default_name) == NULL &&
	    nft_want_table(old, inet, default_name) == NULL)
		return sync_table(s, inet, default_name, NULL, NULL);
	return 0;
}

int
nft_objects_sync(struct nft_link *l, const struct nft_want *want,
    const struct nft_want *old, struct nft_objects_change *change)
{
	struct sync s = { .link = l, .change = change };
	uint32_t generation;
	int rc = -1, error;

	memset(change, 0, sizeof(*change));
	if (nft_state_generation(l, &generation) == -1)
		goto out;
	nft_batch_begin(&s.batch, l, generation);
	if (sync_tables(&s, want, old) == -1)
		goto out;
	/* The questions used up numbers meanwhile. */
	rc = nft_batch_send(&s.batch, l);
	change->messages = nft_batch_count(&s.batch);
	if (change->missing_n > 1)
		buf_addf(&change->missing, " and %zu more",
		    change->missing_n - 1);
out:
	error = errno;
	nft_batch_fini(&s.batch);
	if (rc == -1)
		buf_fini(&change->missing);
	errno = error;
	return rc;
}
