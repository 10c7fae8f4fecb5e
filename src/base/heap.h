/*
 * A binary min-heap of nodes embedded in the caller's structs, ordered by
 * `key`. Constant memory per entry; add, change and delete in O(log n).
 */
#ifndef GAOL_BASE_HEAP_H
#define GAOL_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_ABSENT ((size_t)-1)

struct heap_node {
	int64_t key;
	size_t at;      /* HEAP_ABSENT while in no heap */
};

struct heap {
	struct heap_node **v;
	size_t n;
	size_t cap;
};

void heap_node_init(struct heap_node *node);
bool heap_node_present(const struct heap_node *node);
void heap_add(struct heap *h, struct heap_node *node, int64_t key);
void heap_change(struct heap *h, struct heap_node *node, int64_t key);
void heap_del(struct heap *h, struct heap_node *node);  /* absent: no-op */
struct heap_node *heap_first(const struct heap *h);     /* NULL when empty */
void heap_fini(struct heap *h);

#endif
