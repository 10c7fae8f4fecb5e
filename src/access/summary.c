#include "access/summary.h"

#include <stdlib.h>
#include <string.h>

#include "access/proxied.h"
#include "base/buf.h"
#include "base/table.h"
#include "base/xalloc.h"

struct entry {
	struct summary_row row;
	/* Countries from before the period, told before it. */
	size_t known_n;
	char known[SUMMARY_COUNTRIES][3];
	/* Countries of the period beyond those of the row, two bytes each. */
	struct buf beyond;
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
		buf_fini(&s->entries[i]->beyond);
		free(s->entries[i]);
	}
	free(s->entries);
	table_free(s->table);
	free(s);
}

/* NULL: there is none, or no room: `told` events are left out. */
static struct entry *
entry_of(struct summary *s, struct key key, bool make, uint64_t told)
{
	uint64_t hash = table_hash(key.user.p, key.user.n) + key.service;
	struct entry *entry = table_find(s->table, hash, &key);

	if (entry != NULL || !make)
		return entry;
	if (s->n == s->max) {
		s->left_out += told;
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

/* False: it is there already. */
static bool
add_beyond(struct buf *beyond, const char *country)
{
	for (size_t i = 0; i < beyond->n; i += 2)
		if (memcmp(beyond->p + i, country, 2) == 0)
			return false;
	buf_add_span(beyond, span_from(country, 2));
	return true;
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
	} else if (!add_beyond(&e->beyond, country)) {
		return;
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
	entry = entry_of(s, (struct key){ e->texts[EVENT_USER], e->service },
	    in_period || !s->counted, 1);
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

/* --- sums --------------------------------------------------------------- */

static void
add_countries(struct entry *e, struct span codes, bool in_period)
{
	char country[ACCESS_SUM_CODE + 1];

	for (; codes.n >= ACCESS_SUM_CODE;
	    codes = span_skip(codes, ACCESS_SUM_CODE)) {
		memcpy(country, codes.p, ACCESS_SUM_CODE);
		country[codes.p[1] == ' ' ? 1 : 2] = '\0';
		add_country(e, country, in_period);
	}
}

static void
add_insecure(struct summary_row *row, const struct access_sum *sum)
{
	if (sum->insecure > 0) {
		if (row->insecure == 0)
			row->insecure_first = sum->insecure_first;
		row->insecure += (uint64_t)sum->insecure;
		row->insecure_last = sum->insecure_last;
		row->secure_after = sum->secure_after;
	} else if (row->insecure > 0 && row->secure_after.us == 0) {
		row->secure_after = sum->secure_first;
	}
}

void
summary_add_sum(struct summary *s, const struct access_sum *sum,
    bool in_period)
{
	struct key key = { sum->user, sum->service };
	struct entry *entry = entry_of(s, key, in_period || !s->counted,
	    (uint64_t)sum->told);

	if (entry == NULL)
		return;
	add_countries(entry, sum->countries, in_period);
	if (!in_period)
		return;
	entry->row.failures += (uint64_t)sum->failures;
	if (sum->logins == 0)
		return;
	if (entry->row.logins == 0)
		entry->row.first = sum->first;
	entry->row.logins += (uint64_t)sum->logins;
	entry->row.last = sum->last;
	add_insecure(&entry->row, sum);
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
