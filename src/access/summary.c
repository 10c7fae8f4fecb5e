#include "access/summary.h"

#include <stdlib.h>

#include "access/proxied.h"
#include "base/table.h"
#include "base/xalloc.h"

struct entry {
	struct summary_row row;
	/* Countries from before the period, told before it. */
	size_t known_n;
	char known[SUMMARY_COUNTRIES][3];
};

struct summary {
	struct table *table;
	struct entry **entries;
	size_t n, cap, max;
	uint64_t left_out;
	bool counted;           /* summary_counted() */
};

struct key {
	struct span user;
	enum event_service service;
};

static bool
has_key(const void *entry, const void *key)
{
	const struct entry *e = entry;
	const struct key *k = key;

	return e->row.service == k->service && span_eq(e->row.user, k->user);
}

struct summary *
summary_new(size_t max)
{
	struct summary *s = xcalloc(1, sizeof(*s));

	s->table = table_new(max, has_key);
	s->max = max;
	return s;
}

void
summary_free(struct summary *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free((char *)s->entries[i]->row.user.p);
		free(s->entries[i]);
	}
	free(s->entries);
	table_free(s->table);
	free(s);
}

static struct entry *
entry_of(struct summary *s, const struct access_event *e, bool make)
{
	struct key key = { e->texts[EVENT_USER], e->service };
	uint64_t hash = table_hash(key.user.p, key.user.n) + e->service;
	struct entry *entry = table_find(s->table, hash, &key);

	if (entry != NULL || !make)
		return entry;
	if (s->n == s->max) {
		s->left_out++;
		return NULL;
	}
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 64;
		s->entries = xreallocarray(s->entries, s->cap,
		    sizeof(struct entry *));
	}
	entry = xcalloc(1, sizeof(*entry));
	entry->row.user = span_from(span_dup(key.user), key.user.n);
	entry->row.service = key.service;
	table_add(s->table, hash, entry);
	s->entries[s->n++] = entry;
	return entry;
}

static bool
holds(char list[][3], size_t n, const char *country)
{
	for (size_t i = 0; i < n && i < SUMMARY_COUNTRIES; i++)
		if (memcmp(list[i], country, 2) == 0)
			return true;
	return false;
}

static void
add_known(struct entry *e, const char *country)
{
	struct summary_row *row = &e->row;

	if (!holds(e->known, e->known_n, country) &&
	    e->known_n < SUMMARY_COUNTRIES)
		memcpy(e->known[e->known_n++], country, 3);
	for (size_t i = 0; i < row->countries_n && i < SUMMARY_COUNTRIES; i++)
		if (memcmp(row->countries[i], country, 2) == 0)
			row->is_new[i] = false;
}

static void
add_country(struct entry *e, const char *country, bool in_period)
{
	struct summary_row *row = &e->row;

	if (country[0] == '\0')
		return;
	if (!in_period) {
		add_known(e, country);
		return;
	}
	if (holds(row->countries, row->countries_n, country))
		return;
	if (row->countries_n < SUMMARY_COUNTRIES) {
		memcpy(row->countries[row->countries_n], country, 3);
		row->is_new[row->countries_n] =
		    !holds(e->known, e->known_n, country);
	}
	row->countries_n++;
}

static void
add_security(struct summary_row *row, const struct access_event *e)
{
	enum event_tls tls = proxied_tls(e);

	if (tls == EVENT_TLS_NONE && !e->place.lan) {
		if (row->insecure++ == 0)
			row->insecure_first = e->time;
		row->insecure_last = e->time;
		row->secure_after.us = 0;
	} else if (row->insecure > 0 && row->secure_after.us == 0 &&
	    tls != EVENT_TLS_UNKNOWN && tls != EVENT_TLS_NONE &&
	    tls != EVENT_TLS_LOCAL) {
		row->secure_after = e->time;
	}
}

void
summary_add(struct summary *s, const struct access_event *e, bool in_period)
{
	struct entry *entry;

	if ((e->kind != EVENT_LOGIN && e->kind != EVENT_FAILURE) ||
	    e->texts[EVENT_USER].n == 0)
		return;
	entry = entry_of(s, e, in_period || !s->counted);
	if (entry == NULL)
		return;
	if (e->kind == EVENT_LOGIN)
		add_country(entry, e->place.country, in_period);
	if (!in_period)
		return;
	if (e->kind == EVENT_FAILURE) {
		entry->row.failures += (uint64_t)e->numbers[EVENT_ATTEMPTS];
		return;
	}
	if (entry->row.logins++ == 0)
		entry->row.first = e->time;
	entry->row.last = e->time;
	add_security(&entry->row, e);
}

void
summary_counted(struct summary *s)
{
	s->counted = true;
}

bool
summary_has_news(const struct summary *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->entries[i]->row.countries_n &&
		    k < SUMMARY_COUNTRIES; k++)
			if (s->entries[i]->row.is_new[k])
				return true;
	return false;
}

static int
by_user(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;
	int order = span_cmp((*x)->row.user, (*y)->row.user);

	if (order != 0)
		return order;
	return ((*x)->row.service > (*y)->row.service) -
	    ((*x)->row.service < (*y)->row.service);
}

const struct summary_row *const *
summary_rows(struct summary *s, size_t *n)
{
	_Static_assert(offsetof(struct entry, row) == 0, "entries are rows");

	if (s->n > 0)
		qsort(s->entries, s->n, sizeof(struct entry *), by_user);
	*n = s->n;
	return (const struct summary_row *const *)(void *)s->entries;
}

uint64_t
summary_left_out(const struct summary *s)
{
	return s->left_out;
}
