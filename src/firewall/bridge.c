#include "firewall/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firewall/nft_element.h"
#include "firewall/nft_objects.h"
#include "firewall/nft_rule.h"

#define PACKED_MAX 5000      /* elements of one transaction */
#define SYNC_TRIES 50        /* while others change the ruleset */

struct bridge {
	struct nft_link link;
	struct nft_want want;
	struct firewall_rule rule;
};

/* Before connection tracking and every filter, for what is forwarded too. */
static const struct firewall_rule shape = {
	.jail = (char []){ "bridge" },
	.action = (char []){ "bridge" },
	.table = (char []){ BRIDGE_TABLE },
	.chain = (char []){ "prerouting" },
	.family = (char []){ "inet" },
	.hook = (char []){ "prerouting" },
	.priority = -400,
	.sets = {
		(char []){ "addr" }, (char []){ "addr6" },
		(char []){ "net" }, (char []){ "net6" },
	},
	.allports = true,
	.block = { { .kind = BLOCK_DROP }, { .kind = BLOCK_DROP } },
};

/* Networks before what lies inside them. */
static int
wider_first(const void *a, const void *b)
{
	const struct addr *x = a, *y = b;

	if (addr_is_host(x) != addr_is_host(y))
		return addr_is_host(x) ? 1 : -1;
	if (!addr_is_host(x) && x->plen != y->plen)
		return x->plen < y->plen ? -1 : 1;
	return addr_cmp(x, y);
}

/* An interval set refuses what overlaps, so covered networks stay out. */
static size_t
drop_covered(struct addr *v, size_t n)
{
	size_t nets = 0, kept = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), wider_first);
	for (size_t i = 0; i < n; i++) {
		bool covered = kept > 0 && addr_eq(&v[i], &v[kept - 1]);

		for (size_t k = 0; !covered && k < nets; k++)
			covered = addr_in(&v[i], &v[k]);
		if (covered)
			continue;
		nets += !addr_is_host(&v[i]);
		v[kept++] = v[i];
	}
	return kept;
}

static struct nft_element_set
set_of(const struct bridge *b, const struct addr *a)
{
	const struct nft_want_table *t = b->want.tables;

	return (struct nft_element_set){ t->family, t->name,
		b->rule.sets[nft_element_kind(a)] };
}

static void
put_objects(struct nft_batch *batch, const struct nft_want_table *t)
{
	/* Whatever an earlier one left: it must be there to be deleted. */
	nft_rule_put_table(batch, t);
	nft_rule_del_table(batch, t->family, t->name);
	nft_rule_put_table(batch, t);
	for (size_t i = 0; i < t->chains_n; i++)
		nft_rule_put_chain(batch, t, &t->chains[i]);
	for (size_t i = 0; i < t->sets_n; i++)
		nft_rule_put_set(batch, t, &t->sets[i]);
	for (size_t i = 0; i < t->rules_n; i++)
		nft_rule_put(batch, t, &t->rules[i]);
}

/* Addresses of one set stand together when they are sorted by kind. */
static int
by_kind(const void *a, const void *b)
{
	return (int)nft_element_kind(a) - (int)nft_element_kind(b);
}

static void
put_elements(struct bridge *b, struct nft_batch *batch, const struct addr *v,
    size_t n)
{
	struct nft_element *items = xcalloc(n + 1, sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = (struct nft_element){ v[i], BRIDGE_SECONDS };
	for (size_t from = 0, to; from < n; from = to) {
		struct nft_element_set set = set_of(b, &v[from]);

		for (to = from + 1; to < n && by_kind(&v[to], &v[from]) == 0;
		     to++)
			;
		nft_element_pack(batch, &set, items + from, to - from);
	}
	free(items);
}

static int
fill(struct bridge *b, struct addr *v, size_t n)
{
	size_t at = 0;
	int rc;

	n = drop_covered(v, n);
	if (n > 0)
		qsort(v, n, sizeof(*v), by_kind);
	do {
		size_t some = n - at < PACKED_MAX ? n - at : PACKED_MAX;
		struct nft_batch batch = { 0 };
		int error;

		nft_batch_begin(&batch, &b->link, 0);
		if (at == 0)
			put_objects(&batch, b->want.tables);
		put_elements(b, &batch, v + at, some);
		rc = nft_batch_send(&batch, &b->link);
		error = errno;
		nft_batch_fini(&batch);
		errno = error;
		at += some;
	} while (rc == 0 && at < n);
	return rc;
}

struct bridge *
bridge_open(struct addr *v, size_t n)
{
	struct bridge *b = xcalloc(1, sizeof(*b));
	int error;

	b->rule = shape;
	b->link.fd = -1;
	if (nft_link_open(&b->link) == -1)
		goto fail;
	nft_link_room(&b->link, 16u << 20);
	nft_want_make(&b->want, &b->rule, 1);
	if (fill(b, v, n) == -1)
		goto fail;
	return b;
fail:
	error = errno;
	bridge_close(b);
	errno = error;
	return NULL;
}

static int
send_one(struct bridge *b, struct nft_batch *batch)
{
	int rc = nft_batch_send(batch, &b->link);
	int error = errno;

	nft_batch_fini(batch);
	errno = error;
	return rc;
}

int
bridge_add(struct bridge *b, const struct addr *a)
{
	struct nft_element_set set = set_of(b, a);
	struct nft_batch batch = { 0 };

	nft_batch_begin(&batch, &b->link, 0);
	nft_element_put(&batch, &set, a, BRIDGE_SECONDS, NFT_ELEMENT_ADD);
	if (send_one(b, &batch) == 0)
		return 0;
	return errno == EEXIST ? 0 : -1;
}

int
bridge_remove(struct bridge *b)
{
	struct nft_batch batch = { 0 };

	nft_batch_begin(&batch, &b->link, 0);
	nft_rule_put_table(&batch, b->want.tables);
	nft_rule_del_table(&batch, b->want.tables->family, BRIDGE_TABLE);
	return send_one(b, &batch);
}

void
bridge_close(struct bridge *b)
{
	if (b == NULL)
		return;
	nft_want_fini(&b->want);
	if (b->link.fd != -1)
		nft_link_close(&b->link);
	free(b);
}

int
bridge_remove_rules(const struct firewall_rule *rules, size_t n)
{
	struct nft_want nothing = { 0 }, old;
	struct nft_objects_change change = { 0 };
	struct nft_link link;
	int rc, error, tries = 0;

	if (nft_link_open(&link) == -1)
		return -1;
	nft_want_make(&old, rules, n);
	do {
		rc = nft_objects_sync(&link, &nothing, &old, &change);
		error = errno;
		buf_fini(&change.missing);
	} while (rc == -1 && (error == ERESTART || error == EINTR) &&
	    ++tries < SYNC_TRIES);
	nft_want_fini(&old);
	nft_link_close(&link);
	errno = error;
	return rc;
}
