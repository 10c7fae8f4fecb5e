#include "store/event_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/xalloc.h"
#include "store/event_sum.h"

struct entry {
	struct access_sum sum;
	struct buf countries;
	char user[];
};

struct event_fold {
	struct table *table;
	struct entry **v;
	size_t n, cap;
	size_t taken;       /* of v, which is in order if it is not 0 */
};

static bool
has_key(const void *entry, const void *key)
{
	const struct entry *e = entry;
	const struct access_sum *sum = key;

	return e->sum.service == sum->service &&
	    span_eq(e->sum.user, sum->user);
}

struct event_fold *
event_fold_new(void)
{
	struct event_fold *f = xcalloc(1, sizeof(*f));

	f->table = table_new(0, has_key);
	return f;
}

static void
clear(struct event_fold *f)
{
	for (size_t i = 0; i < f->n; i++) {
		buf_fini(&f->v[i]->countries);
		free(f->v[i]);
	}
	f->n = f->taken = 0;
	table_free(f->table);
	f->table = NULL;
}

void
event_fold_free(struct event_fold *f)
{
	if (f == NULL)
		return;
	clear(f);
	free(f->v);
	free(f);
}

static struct entry *
new_entry(struct event_fold *f, const struct access_sum *one)
{
	struct entry *e = xcalloc(1, sizeof(*e) + one->user.n);

	if (f->n == f->cap) {
		f->cap = f->cap > 0 ? f->cap * 2 : 64;
		f->v = xreallocarray(f->v, f->cap, sizeof(struct entry *));
	}
	f->v[f->n++] = e;
	memcpy(e->user, one->user.p, one->user.n);
	e->sum = *one;
	e->sum.user = span_from(e->user, one->user.n);
	buf_add_span(&e->countries, one->countries);
	e->sum.countries = buf_span(&e->countries);
	return e;
}

void
event_fold_add(struct event_fold *f, const struct access_sum *one)
{
	uint64_t hash = table_hash(one->user.p, one->user.n) + one->service;
	struct entry *e = table_find(f->table, hash, one);

	if (e != NULL)
		access_sum_add(&e->sum, one, &e->countries);
	else
		table_add(f->table, hash, new_entry(f, one));
}

size_t
event_fold_count(const struct event_fold *f)
{
	return f->n;
}

static int
by_key(const void *a, const void *b)
{
	return event_sum_compare(&(*(const struct entry *const *)a)->sum,
	    &(*(const struct entry *const *)b)->sum);
}

const struct access_sum *
event_fold_take(struct event_fold *f)
{
	if (f->taken == 0 && f->n > 0)
		qsort(f->v, f->n, sizeof(struct entry *), by_key);
	if (f->taken < f->n)
		return &f->v[f->taken++]->sum;
	clear(f);
	f->table = table_new(0, has_key);
	return NULL;
}
