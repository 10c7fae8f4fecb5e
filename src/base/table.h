/*
 * A hash table of pointers with open addressing. The caller's entries carry
 * their own key; the table asks for hash and equality. It grows up to `max`
 * entries and then refuses, so the caller must evict (and count that).
 */
#ifndef GAOL_BASE_TABLE_H
#define GAOL_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

/* Is `entry` the one that `key` names? */
typedef bool table_eq_fn(const void *entry, const void *key);

/* max 0: no bound (only for tables an attacker cannot grow). */
struct table *table_new(size_t max, table_eq_fn *eq);
void table_free(struct table *t);   /* not the entries; NULL is a no-op */
void *table_find(const struct table *t, uint64_t hash, const void *key);
/* The key must not be present. 0, or -1 with ENOSPC when full. */
int table_add(struct table *t, uint64_t hash, void *entry);
/*
 * Room for that many entries in all (at most `max`), so that the next ones
 * need not wait until everything has moved.
 */
void table_reserve(struct table *t, size_t count);
/* Removes and returns the entry, or NULL. */
void *table_del(struct table *t, uint64_t hash, const void *key);
size_t table_count(const struct table *t);
/*
 * Walk: start with *at = 0, ends with NULL. The entry just returned may be
 * deleted during the walk; nothing may be added.
 */
void *table_next(const struct table *t, size_t *at);

/*
 * Hash of bytes, keyed by a per-process random secret (SipHash-2-4). The first
 * call draws the secret: make it before a sandbox forbids getrandom(2).
 */
uint64_t table_hash(const void *p, size_t n);

#endif
