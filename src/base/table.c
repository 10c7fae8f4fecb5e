#include "base/table.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/siphash.h"
#include "base/xalloc.h"

/*
 * Linear probing, at most 3/4 of the slots in use. A deleted entry leaves a
 * grave, so that nothing moves while somebody walks; graves are swept when
 * table_add builds the slots anew, which also shrinks a table that was large
 * once. With a million entries slots are what costs, so a slot is a pointer
 * and half a hash (12 bytes), and there are just 8/5 as many as entries
 * instead of a power of two.
 */
struct table {
	void **entry;     /* NULL: free; &grave: deleted */
	uint32_t *half;   /* of the hash */
	size_t size;      /* slots */
	size_t used;      /* entries and graves */
	size_t count;     /* entries */
	size_t max;
	table_eq_fn *eq;
};

#define TABLE_FIRST 16

static char grave;
static uint64_t secret[2];

struct table *
table_new(size_t max, table_eq_fn *eq)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->max = max;
	t->eq = eq;
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	free(t->entry);
	free(t->half);
	free(t);
}

/* Spread, so that a caller's own hash may be no more than a number. */
static uint32_t
halve(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32) * UINT32_C(0x9e3779b1);
}

static size_t
first_slot(const struct table *t, uint32_t half)
{
	return (size_t)((uint64_t)half * t->size >> 32);
}

static size_t
next_slot(const struct table *t, size_t i)
{
	return i + 1 < t->size ? i + 1 : 0;
}

#define NO_SLOT ((size_t)-1)

static size_t
find_slot(const struct table *t, uint64_t hash, const void *key)
{
	uint32_t half = halve(hash);
	size_t i;

	if (t->size == 0)
		return NO_SLOT;
	for (i = first_slot(t, half); t->entry[i] != NULL;
	    i = next_slot(t, i))
		if (t->half[i] == half && t->entry[i] != &grave &&
		    t->eq(t->entry[i], key))
			return i;
	return NO_SLOT;
}

void *
table_find(const struct table *t, uint64_t hash, const void *key)
{
	size_t i = find_slot(t, hash, key);

	return i != NO_SLOT ? t->entry[i] : NULL;
}

/* The key is not present, so the first grave will do. */
static void
place(struct table *t, uint32_t half, void *entry)
{
	size_t i = first_slot(t, half);

	while (t->entry[i] != NULL && t->entry[i] != &grave)
		i = next_slot(t, i);
	if (t->entry[i] == NULL)
		t->used++;
	t->entry[i] = entry;
	t->half[i] = half;
	t->count++;
}

/* Slots for so many entries, and some more. */
static size_t
slots_for(size_t count)
{
	return count / 5 * 8 + TABLE_FIRST;
}

static void
rebuild(struct table *t, size_t count)
{
	struct table old = *t;
	size_t i;

	t->size = slots_for(count);
	assert(t->size <= UINT32_MAX);
	t->entry = xcalloc(t->size, sizeof(*t->entry));
	t->half = xcalloc(t->size, sizeof(*t->half));
	t->used = t->count = 0;
	for (i = 0; i < old.size; i++)
		if (old.entry[i] != NULL && old.entry[i] != &grave)
			place(t, old.half[i], old.entry[i]);
	free(old.entry);
	free(old.half);
}

void
table_reserve(struct table *t, size_t count)
{
	if (t->max > 0 && count > t->max)
		count = t->max;
	if (slots_for(count) > t->size)
		rebuild(t, count);
}

int
table_add(struct table *t, uint64_t hash, void *entry)
{
	assert(entry != NULL);
	if (t->max > 0 && t->count >= t->max) {
		errno = ENOSPC;
		return -1;
	}
	if (t->used >= t->size / 4 * 3)
		rebuild(t, t->count);
	place(t, halve(hash), entry);
	return 0;
}

void *
table_del(struct table *t, uint64_t hash, const void *key)
{
	size_t i = find_slot(t, hash, key);
	void *entry;

	if (i == NO_SLOT)
		return NULL;
	entry = t->entry[i];
	t->entry[i] = &grave;
	t->count--;
	return entry;
}

size_t
table_count(const struct table *t)
{
	return t->count;
}

void *
table_next(const struct table *t, size_t *at)
{
	void *entry;

	while (*at < t->size) {
		entry = t->entry[(*at)++];
		if (entry != NULL && entry != &grave)
			return entry;
	}
	return NULL;
}

static void
draw_secret(void)
{
	ssize_t n;

	do
		n = getrandom(secret, sizeof(secret), 0);
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(secret))
		log_fatal("gaol.base", "no random bytes: %s", strerror(errno));
}

uint64_t
table_hash(const void *p, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw_secret);
	return siphash(secret, p, n);
}
