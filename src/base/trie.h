/*
 * A set of networks: a binary trie over address bits, one root per family.
 * Look-up is at most 128 steps and allocates nothing.
 */
#ifndef GAOL_BASE_TRIE_H
#define GAOL_BASE_TRIE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

struct trie;

struct trie *trie_new(void);
void trie_free(struct trie *t);
void trie_add(struct trie *t, const struct addr *net);
/* Is `a` wholly inside a network of the set? */
bool trie_covers(const struct trie *t, const struct addr *a);
/* Does `a` share an address with a network of the set (either way round)? */
bool trie_overlaps(const struct trie *t, const struct addr *a);
size_t trie_count(const struct trie *t);

#endif
