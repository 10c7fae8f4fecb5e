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
 * Linear probing over a power of two of slots, at most 3/4 of them in use.
 * A deleted entry leaves a grave, so that nothing moves while somebody walks;
 * graves are swept when table_add builds the slots anew. That also shrinks
 * a table that was large once.
 */
struct slot {
	uint64_t hash;
	void *entry;      /* NULL: free; &grave: deleted */
};

struct table {
	struct slot *v;
	size_t size;      /* slots, 0 or a power of two */
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
	free(t->v);
	free(t);
}

static struct slot *
find_slot(const struct table *t, uint64_t hash, const void *key)
{
	struct slot *s;
	size_t i;

	if (t->size == 0)
		return NULL;
	for (i = (size_t)hash;; i++) {
		s = &t->v[i & (t->size - 1)];
		if (s->entry == NULL)
			return NULL;
		if (s->hash == hash && s->entry != &grave &&
		    t->eq(s->entry, key))
			return s;
	}
}

void *
table_find(const struct table *t, uint64_t hash, const void *key)
{
	struct slot *s = find_slot(t, hash, key);

	return s != NULL ? s->entry : NULL;
}

/* The key is not present, so the first grave will do. */
static void
place(struct table *t, uint64_t hash, void *entry)
{
	struct slot *s;
	size_t i;

	for (i = (size_t)hash;; i++) {
		s = &t->v[i & (t->size - 1)];
		if (s->entry == NULL || s->entry == &grave)
			break;
	}
	if (s->entry == NULL)
		t->used++;
	*s = (struct slot){ hash, entry };
	t->count++;
}

static void
rebuild(struct table *t)
{
	struct table old = *t;
	size_t i;

	t->size = TABLE_FIRST;
	while (t->size / 2 <= t->count)
		t->size *= 2;
	t->v = xcalloc(t->size, sizeof(*t->v));
	t->used = t->count = 0;
	for (i = 0; i < old.size; i++)
		if (old.v[i].entry != NULL && old.v[i].entry != &grave)
			place(t, old.v[i].hash, old.v[i].entry);
	free(old.v);
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
		rebuild(t);
	place(t, hash, entry);
	return 0;
}

void *
table_del(struct table *t, uint64_t hash, const void *key)
{
	struct slot *s = find_slot(t, hash, key);
	void *entry;

	if (s == NULL)
		return NULL;
	entry = s->entry;
	s->entry = &grave;
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
		entry = t->v[(*at)++].entry;
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
