#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

void
heap_node_init(struct heap_node *node)
{
	node->key = 0;
	node->at = HEAP_ABSENT;
}

bool
heap_node_present(const struct heap_node *node)
{
	return node->at != HEAP_ABSENT;
}

static void
put(struct heap *h, size_t at, struct heap_node *node)
{
	h->v[at] = node;
	node->at = at;
}

static void
rise(struct heap *h, size_t at, struct heap_node *node)
{
	size_t up;

	while (at > 0) {
		up = (at - 1) / 2;
		if (h->v[up]->key <= node->key)
			break;
		put(h, at, h->v[up]);
		at = up;
	}
	put(h, at, node);
}

static void
sink(struct heap *h, size_t at, struct heap_node *node)
{
	size_t down;

	while ((down = 2 * at + 1) < h->n) {
		if (down + 1 < h->n && h->v[down + 1]->key < h->v[down]->key)
			down++;
		if (h->v[down]->key >= node->key)
			break;
		put(h, at, h->v[down]);
		at = down;
	}
	put(h, at, node);
}

/* `node` is to stand at the hole `at`, or where order wants it. */
static void
settle(struct heap *h, size_t at, struct heap_node *node)
{
	if (at > 0 && h->v[(at - 1) / 2]->key > node->key)
		rise(h, at, node);
	else
		sink(h, at, node);
}

void
heap_add(struct heap *h, struct heap_node *node, int64_t key)
{
	assert(!heap_node_present(node));
	if (h->n == h->cap) {
		h->cap = h->cap > 0 ? h->cap * 2 : 16;
		h->v = xreallocarray(h->v, h->cap, sizeof(*h->v));
	}
	node->key = key;
	rise(h, h->n++, node);
}

void
heap_change(struct heap *h, struct heap_node *node, int64_t key)
{
	assert(node->at < h->n && h->v[node->at] == node);
	node->key = key;
	settle(h, node->at, node);
}

void
heap_del(struct heap *h, struct heap_node *node)
{
	struct heap_node *last;
	size_t at = node->at;

	if (at == HEAP_ABSENT)
		return;
	assert(at < h->n && h->v[at] == node);
	last = h->v[--h->n];
	node->at = HEAP_ABSENT;
	if (last != node)
		settle(h, at, last);
}

struct heap_node *
heap_first(const struct heap *h)
{
	return h->n > 0 ? h->v[0] : NULL;
}

void
heap_fini(struct heap *h)
{
	free(h->v);
	*h = (struct heap){ 0 };
}
