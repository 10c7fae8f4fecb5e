#include "action/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/xalloc.h"

struct answer {
	struct answer *next;   /* the next younger */
	struct span key;       /* behind the struct */
	struct boot until;
	bool yes;
};

/*
 * All live equally long, so the order in which they were given is the one in
 * which they end. Who is given anew has an old entry too, that no table knows
 * any more: it is there until its turn.
 */
struct answers {
	struct table *by_key;
	struct answer *first, **last;
	size_t n, max;
	int64_t lifetime;      /* microseconds */
};

static bool
has_key(const void *entry, const void *key)
{
	const struct answer *a = entry;

	return span_eq(a->key, *(const struct span *)key);
}

struct answers *
answers_new(size_t max, double seconds)
{
	struct answers *a = xcalloc(1, sizeof(*a));

	a->by_key = table_new(max, has_key);
	a->last = &a->first;
	a->max = max;
	a->lifetime = (int64_t)(seconds * (double)CLOCK_SECOND);
	return a;
}

static void
drop_first(struct answers *a)
{
	struct answer *old = a->first;
	uint64_t hash = table_hash(old->key.p, old->key.n);

	if (table_find(a->by_key, hash, &old->key) == old)
		table_del(a->by_key, hash, &old->key);
	a->first = old->next;
	if (a->first == NULL)
		a->last = &a->first;
	a->n--;
	free(old);
}

void
answers_free(struct answers *a)
{
	if (a == NULL)
		return;
	while (a->first != NULL)
		drop_first(a);
	table_free(a->by_key);
	free(a);
}

bool
answers_find(struct answers *a, struct span key, struct boot now, bool *yes)
{
	const struct answer *found =
	    table_find(a->by_key, table_hash(key.p, key.n), &key);

	if (found == NULL || found->until.us <= now.us)
		return false;
	*yes = found->yes;
	return true;
}

void
answers_set(struct answers *a, struct span key, struct boot now, bool yes)
{
	uint64_t hash = table_hash(key.p, key.n);
	struct answer *one;

	while (a->first != NULL &&
	    (a->n >= a->max || a->first->until.us <= now.us))
		drop_first(a);
	table_del(a->by_key, hash, &key);
	one = xmalloc(sizeof(*one) + key.n + 1);
	memcpy(one + 1, key.p, key.n);
	one->key = span_from(one + 1, key.n);
	one->until.us = now.us + a->lifetime;
	one->yes = yes;
	one->next = NULL;
	*a->last = one;
	a->last = &one->next;
	a->n++;
	table_add(a->by_key, hash, one);
}

size_t
answers_count(const struct answers *a)
{
	return table_count(a->by_key);
}
