#include "base/nets.h"

#include <stdlib.h>

#include "base/id.h"
#include "base/table.h"
#include "base/xalloc.h"

struct net {
	struct addr addr;
	size_t number;
};

/* Prefix lengths that occur, in the order in which they came. */
struct lengths {
	uint8_t v[129];
	size_t n;
};

/*
 * All networks by their address and length. Who asks about an address cuts it
 * to each length that some network of its family has: mostly one or two.
 */
struct nets {
	struct table *all;
	struct lengths v4, v6;
};

static bool
is_of_addr(const void *entry, const void *key)
{
	return addr_eq(&((const struct net *)entry)->addr, key);
}

static uint64_t
hash(const struct addr *a)
{
	const struct id id = id_from_addr(a);

	return id_hash(&id);
}

static struct net *
find(const struct nets *n, const struct addr *a)
{
	return table_find(n->all, hash(a), a);
}

struct nets *
nets_new(void)
{
	struct nets *n = xcalloc(1, sizeof(*n));

	n->all = table_new(0, is_of_addr);
	return n;
}

void
nets_free(struct nets *n)
{
	struct net *net;
	size_t at = 0;

	if (n == NULL)
		return;
	while ((net = table_next(n->all, &at)) != NULL)
		free(net);
	table_free(n->all);
	free(n);
}

static void
add_length(struct lengths *l, uint8_t plen)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == plen)
			return;
	l->v[l->n++] = plen;
}

void
nets_add(struct nets *n, const struct addr *a, size_t number)
{
	struct net *net = find(n, a);

	if (net != NULL) {
		if (number < net->number)
			net->number = number;
		return;
	}
	net = xcalloc(1, sizeof(*net));
	net->addr = *a;
	net->number = number;
	(void)table_add(n->all, hash(a), net);
	add_length(a->family == ADDR_V4 ? &n->v4 : &n->v6, a->plen);
}

size_t
nets_count(const struct nets *n)
{
	return table_count(n->all);
}

size_t
nets_least(const struct nets *n, const struct addr *a)
{
	const struct lengths *l = a->family == ADDR_V4 ? &n->v4 : &n->v6;
	size_t least = NETS_NONE;

	for (size_t i = 0; a->family != ADDR_NONE && i < l->n; i++) {
		struct addr wide = *a;
		const struct net *net;

		if (l->v[i] > a->plen)
			continue;
		addr_mask(&wide, l->v[i]);
		net = find(n, &wide);
		if (net != NULL && net->number < least)
			least = net->number;
	}
	return least;
}
