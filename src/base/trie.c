#include "base/trie.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"

/*
 * Nodes live in one array and name each other by index (0: none), which keeps
 * a node at 12 bytes and freeing trivial. Nothing is ever deleted, so every
 * node has a network at or below it: trie_overlaps relies on that.
 */
struct node {
	uint32_t child[2];
	bool net;
};

struct trie {
	struct node *v;
	size_t n;
	size_t cap;
	size_t count;
};

enum { ROOT_V4 = 0, ROOT_V6 = 1, ROOTS = 2 };

static uint32_t
add_node(struct trie *t)
{
	if (t->n >= UINT32_MAX)
		log_fatal("gaol.base", "too many networks in one set");
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 64;
		t->v = xreallocarray(t->v, t->cap, sizeof(*t->v));
	}
	t->v[t->n] = (struct node){ 0 };
	return (uint32_t)t->n++;
}

struct trie *
trie_new(void)
{
	struct trie *t = xcalloc(1, sizeof(*t));

	while (t->n < ROOTS)
		add_node(t);
	return t;
}

void
trie_free(struct trie *t)
{
	if (t == NULL)
		return;
	free(t->v);
	free(t);
}

static uint32_t
root_of(const struct addr *a)
{
	return a->family == ADDR_V4 ? ROOT_V4 : ROOT_V6;
}

static unsigned
bit(const struct addr *a, unsigned i)
{
	return (unsigned)a->b[i / 8] >> (7 - i % 8) & 1U;
}

void
trie_add(struct trie *t, const struct addr *net)
{
	uint32_t at = root_of(net), next;
	unsigned i;

	if (net->family == ADDR_NONE)
		return;
	for (i = 0; i < net->plen; i++) {
		next = t->v[at].child[bit(net, i)];
		if (next == 0) {
			next = add_node(t);
			t->v[at].child[bit(net, i)] = next;
		}
		at = next;
	}
	if (!t->v[at].net)
		t->count++;
	t->v[at].net = true;
}

enum met { MET_NOTHING, MET_BELOW, MET_ABOVE };

/* Is there a network above (or at) `a`, else one below it? */
static enum met
walk(const struct trie *t, const struct addr *a)
{
	uint32_t at = root_of(a);
	unsigned i;

	if (a->family == ADDR_NONE)
		return MET_NOTHING;
	for (i = 0; !t->v[at].net; i++) {
		if (i == a->plen)
			return t->v[at].child[0] != 0 || t->v[at].child[1] != 0 ?
			    MET_BELOW : MET_NOTHING;
		at = t->v[at].child[bit(a, i)];
		if (at == 0)
			return MET_NOTHING;
	}
	return MET_ABOVE;
}

bool
trie_covers(const struct trie *t, const struct addr *a)
{
	return walk(t, a) == MET_ABOVE;
}

bool
trie_overlaps(const struct trie *t, const struct addr *a)
{
	return walk(t, a) != MET_NOTHING;
}

size_t
trie_count(const struct trie *t)
{
	return t->count;
}
