#include "jail/ignore_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/trie.h"
#include "base/xalloc.h"
#include "config/ignoreip.h"

struct ignore_list {
	unsigned users;
	struct table *exact;      /* struct id *, owned: hosts and raw ids */
	struct trie *nets;
	/* Hosts in order, made when somebody asks for a network; or NULL. */
	struct addr *sorted;
	size_t sorted_n;
};

static bool
same_id(const void *entry, const void *key)
{
	return id_eq(entry, key);
}

struct ignore_list *
ignore_list_new(void)
{
	struct ignore_list *l = xcalloc(1, sizeof(*l));

	l->users = 1;
	l->exact = table_new(0, same_id);
	l->nets = trie_new();
	return l;
}

struct ignore_list *
ignore_list_share(struct ignore_list *l)
{
	l->users++;
	return l;
}

void
ignore_list_free(struct ignore_list *l)
{
	struct id *id;
	size_t at = 0;

	if (l == NULL || --l->users > 0)
		return;
	while ((id = table_next(l->exact, &at)) != NULL) {
		id_fini(id);
		free(id);
	}
	table_free(l->exact);
	trie_free(l->nets);
	free(l->sorted);
	free(l);
}

void
ignore_list_add(struct ignore_list *l, const struct id *id)
{
	struct id *copy;

	if (id->addr.family != ADDR_NONE && !addr_is_host(&id->addr)) {
		trie_add(l->nets, &id->addr);
		return;
	}
	if (table_find(l->exact, id_hash(id), id) != NULL)
		return;
	copy = xmalloc(sizeof(*copy));
	*copy = id_copy(id);
	/* Cannot fail: what the administrator writes has no bound here. */
	(void)table_add(l->exact, id_hash(id), copy);
	free(l->sorted);
	l->sorted = NULL;
}

static int
by_address(const void *a, const void *b)
{
	const struct addr *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return memcmp(x->b, y->b, sizeof(x->b));
}

static void
sort_hosts(struct ignore_list *l)
{
	const struct id *id;
	size_t at = 0;

	l->sorted = xcalloc(table_count(l->exact) + 1, sizeof(*l->sorted));
	l->sorted_n = 0;
	while ((id = table_next(l->exact, &at)) != NULL)
		if (id->addr.family != ADDR_NONE)
			l->sorted[l->sorted_n++] = id->addr;
	qsort(l->sorted, l->sorted_n, sizeof(*l->sorted), by_address);
}

/* The first host that is not before the network. */
static size_t
first_host(const struct ignore_list *l, const struct addr *net)
{
	size_t from = 0, to = l->sorted_n, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (by_address(&l->sorted[middle], net) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

bool
ignore_list_touches(struct ignore_list *l, const struct addr *net)
{
	size_t i;

	if (l->sorted == NULL)
		sort_hosts(l);
	i = first_host(l, net);
	return (i < l->sorted_n && addr_in(&l->sorted[i], net)) ||
	    trie_overlaps(l->nets, net);
}

bool
ignore_list_has(const struct ignore_list *l, const struct id *id)
{
	return (table_count(l->exact) > 0 &&
	    table_find(l->exact, id_hash(id), id) != NULL) ||
	    (id->addr.family != ADDR_NONE && trie_covers(l->nets, &id->addr));
}

struct ignore_list *
ignore_list_read(struct span text, size_t *left)
{
	struct ignore_list *l = ignore_list_new();
	struct span entry;
	size_t n = 0;

	*left = 0;
	while (ignoreip_next(&text, &entry)) {
		struct ignoreip e = ignoreip_parse(entry);

		if (n >= IGNORE_LIST_MAX || entry.n > ID_RAW_MAX ||
		    (e.kind != IGNOREIP_ID && e.kind != IGNOREIP_NAME)) {
			++*left;
			continue;
		}
		ignore_list_add(l, &e.id);
		n++;
	}
	return l;
}

size_t
ignore_list_count(const struct ignore_list *l)
{
	return table_count(l->exact) + trie_count(l->nets);
}
