#include "firewall/nft_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>

#include "base/xalloc.h"

struct reader {
	struct nft_state *state;
	const char *table;
	uint8_t family;
};

static bool
same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static int
on_table(const struct nlmsghdr *h, void *arg)
{
	struct reader *r = arg;
	struct nft_reply_object o;

	if (nft_reply_type(h) != NFT_MSG_NEWTABLE)
		return 0;
	if (nft_reply_object(h, &o) == -1)
		return -1;
	if (!same(o.table, r->table))
		return 0;
	r->state->present = true;
	r->state->flags = o.flags;
	return 0;
}

static int
on_chain(const struct nlmsghdr *h, void *arg)
{
	struct reader *r = arg;
	struct nft_state *s = r->state;
	struct nft_reply_object o;

	if (nft_reply_type(h) != NFT_MSG_NEWCHAIN)
		return 0;
	if (nft_reply_object(h, &o) == -1)
		return -1;
	if (!same(o.table, r->table) || o.family != r->family ||
	    o.chain == NULL)
		return 0;
	s->chains = xreallocarray(s->chains, s->chains_n + 1,
	    sizeof(*s->chains));
	s->chains[s->chains_n++] = (struct nft_state_chain){
		.name = xstrdup(o.chain),
		.base = o.base,
		.hook = o.hook,
		.priority = o.priority,
	};
	return 0;
}

static int
on_set(const struct nlmsghdr *h, void *arg)
{
	struct reader *r = arg;
	struct nft_state *s = r->state;
	struct nft_reply_object o;

	if (nft_reply_type(h) != NFT_MSG_NEWSET)
		return 0;
	if (nft_reply_object(h, &o) == -1)
		return -1;
	if (!same(o.table, r->table) || o.family != r->family ||
	    o.set == NULL || (o.flags & NFT_SET_ANONYMOUS) != 0)
		return 0;
	s->sets = xreallocarray(s->sets, s->sets_n + 1, sizeof(*s->sets));
	s->sets[s->sets_n++] = (struct nft_state_set){
		.name = xstrdup(o.set),
		.flags = o.flags,
		.key_len = o.key_len,
	};
	return 0;
}

static int
on_rule(const struct nlmsghdr *h, void *arg)
{
	struct reader *r = arg;
	struct nft_state *s = r->state;
	struct nft_state_rule *rule;
	struct nft_reply_object o;
	struct nft_reply_rule detail;

	if (nft_reply_type(h) != NFT_MSG_NEWRULE)
		return 0;
	if (nft_reply_object(h, &o) == -1 || nft_reply_rule(h, &detail) == -1)
		return -1;
	if (!same(o.table, r->table) || o.family != r->family ||
	    o.chain == NULL)
		return 0;
	s->rules = xreallocarray(s->rules, s->rules_n + 1, sizeof(*s->rules));
	rule = &s->rules[s->rules_n++];
	*rule = (struct nft_state_rule){
		.chain = xstrdup(o.chain),
		.handle = o.handle,
		.comment = detail.comment != NULL ? xstrdup(detail.comment) :
		    NULL,
	};
	for (size_t i = 0; i < detail.sets_n; i++)
		strings_add(&rule->sets, span_of(detail.sets[i]));
	return 0;
}

int
nft_state_read(struct nft_state *s, struct nft_link *l, uint8_t family,
    const char *table)
{
	static const struct { int type; nft_reply_fn *fn; bool named; } parts[] = {
		/* The kernel narrows chains by family only. */
		{ NFT_MSG_GETCHAIN, on_chain, false },
		{ NFT_MSG_GETSET, on_set, true },
		{ NFT_MSG_GETRULE, on_rule, true },
	};
	struct reader r = { s, table, family };
	struct nft_link_ask ask = { .type = NFT_MSG_GETTABLE,
		.family = family, .table = table };

	memset(s, 0, sizeof(*s));
	if (nft_link_ask(l, &ask, on_table, &r) == -1)
		return errno == ENOENT ? 0 : -1;
	ask.dump = true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		ask.type = parts[i].type;
		ask.table = parts[i].named ? table : NULL;
		if (nft_link_ask(l, &ask, parts[i].fn, &r) == -1) {
			/* Deleted between two questions. */
			int error = errno == ENOENT ? EINTR : errno;

			nft_state_fini(s);
			errno = error;
			return -1;
		}
	}
	return 0;
}

void
nft_state_fini(struct nft_state *s)
{
	for (size_t i = 0; i < s->chains_n; i++)
		free(s->chains[i].name);
	for (size_t i = 0; i < s->sets_n; i++)
		free(s->sets[i].name);
	for (size_t i = 0; i < s->rules_n; i++) {
		free(s->rules[i].chain);
		free(s->rules[i].comment);
		strings_fini(&s->rules[i].sets);
	}
	free(s->chains);
	free(s->sets);
	free(s->rules);
	memset(s, 0, sizeof(*s));
}

struct nft_state_chain *
nft_state_chain(const struct nft_state *s, const char *name)
{
	for (size_t i = 0; i < s->chains_n; i++)
		if (strcmp(s->chains[i].name, name) == 0)
			return &s->chains[i];
	return NULL;
}

struct nft_state_set *
nft_state_set(const struct nft_state *s, const char *name)
{
	for (size_t i = 0; i < s->sets_n; i++)
		if (strcmp(s->sets[i].name, name) == 0)
			return &s->sets[i];
	return NULL;
}

/* --- elements --------------------------------------------------------------- */

/*
 * The kernel walks a hash set from datagram to datagram by counting. While it
 * resizes the table in the background, as it does after many adds, elements
 * move under the walk: some are skipped, some come twice, and nothing says so
 * (seen on 6.18: 86,425 of 100,000). Such a set is read again until a reading
 * brings all that is known and nothing new. What fits one datagram has no such
 * gap.
 */
int
nft_state_element(const struct nlmsghdr *h, void *arg)
{
	struct nft_element_list *list = arg;

	if (nft_reply_type(h) != NFT_MSG_NEWSETELEM)
		return 0;
	/* A million take seconds, and what is left of them goes by. */
	clock_tick();
	list->late = (clock_boot().us - list->begun.us) / 1000;
	return nft_reply_elements(h, nft_element_gather, list);
}

static int
read_once(struct nft_link *l, const struct nft_link_ask *ask,
    struct nft_element_list *list)
{
	clock_tick();
	list->begun = clock_boot();
	return nft_link_ask(l, ask, nft_state_element, list);
}

int
nft_state_elements(struct nft_link *l, const struct nft_element_set *set,
    struct nft_element_list *list)
{
	struct nft_link_ask ask = { .type = NFT_MSG_GETSETELEM, .dump = true,
		.family = set->family, .table = set->table,
		.set = set->name };
	int rc = read_once(l, &ask, list);
	bool whole = list->n <= NFT_STATE_GAPLESS;

	nft_element_list_sort(list);
	for (int i = 1; rc == 0 && !whole && i < NFT_STATE_READINGS; i++) {
		struct nft_element_list next = { 0 };

		rc = read_once(l, &ask, &next);
		nft_element_list_sort(&next);
		nft_element_list_join(list, &next);
		whole = next.n == list->n;
		nft_element_list_fini(&next);
	}
	return rc;
}

static int
on_gen(const struct nlmsghdr *h, void *arg)
{
	struct nft_reply_gen g;
	uint32_t *id = arg;

	if (nft_reply_gen(h, &g) == -1)
		return -1;
	*id = g.id;
	return 0;
}

int
nft_state_generation(struct nft_link *l, uint32_t *id)
{
	struct nft_link_ask ask = { .type = NFT_MSG_GETGEN };

	*id = 0;
	return nft_link_ask(l, &ask, on_gen, id);
}
