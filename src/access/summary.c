#include "access/summary.h"

#include <stdlib.h>
#include <string.h>

#include "access/proxied.h"
#include "base/buf.h"
#include "base/table.h"
#include "base/xalloc.h"

/* Of an account that signed in from countries that are known. */
struct countries {
	struct summary_country v[SUMMARY_COUNTRIES];   /* the row's */
	/* From before the period, told before it. */
	size_t known_n;
	char known[SUMMARY_COUNTRIES][3];
	/* Of the period beyond those of the row, two bytes each. */
	struct buf beyond;
};

/* There may be millions. */
struct entry {
	struct summary_row row;
	struct countries *countries;   /* NULL: none */
	char user[];
};

struct key {
	struct span user;
	enum event_service service;
};

/* Where some rows end and the others begin. */
struct border {
	bool is_set;
	struct buf user;
	enum event_service service;
};

struct summary {
	struct table *table;
	struct entry **entries;
	size_t n, cap, max;
	bool once;
	uint64_t left_out;
	struct border from, to; /* rows behind the one, up to the other */
	bool counted;           /* summary_counted() */
};

static bool
has_key(const void *entry, const void *key)
{
	const struct entry *e = entry;
	const struct key *k = key;

	return e->row.service == k->service && span_eq(e->row.user, k->user);
}

/* --- its rows ----------------------------------------------------------- */

static struct key
key_of(const struct entry *e)
{
	return (struct key){ e->row.user, e->row.service };
}

static uint64_t
hash_of(struct key key)
{
	return table_hash(key.user.p, key.user.n) + key.service;
}

static int
compare(struct key a, struct key b)
{
	int order = span_cmp(a.user, b.user);

	return order != 0 ? order : (a.service > b.service) -
	    (a.service < b.service);
}

static int
by_key(const void *a, const void *b)
{
	return compare(key_of(*(const struct entry *const *)a),
	    key_of(*(const struct entry *const *)b));
}

static void
sort(struct summary *s)
{
	if (s->n > 0)
		qsort(s->entries, s->n, sizeof(struct entry *), by_key);
}

static void
free_entry(struct entry *e)
{
	if (e->countries != NULL)
		buf_fini(&e->countries->beyond);
	free(e->countries);
	free(e);
}

struct summary *
summary_new(size_t max, bool once)
{
	struct summary *s = xcalloc(1, sizeof(*s));

	s->table = table_new(max, has_key);
	s->max = max;
	s->once = once;
	return s;
}

void
summary_clear(struct summary *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_entry(s->entries[i]);
	s->n = 0;
	s->left_out = 0;
	s->to.is_set = false;
	s->counted = false;
	table_free(s->table);
	s->table = table_new(s->max, has_key);
}

void
summary_free(struct summary *s)
{
	if (s == NULL)
		return;
	summary_clear(s);
	buf_fini(&s->from.user);
	buf_fini(&s->to.user);
	free(s->entries);
	table_free(s->table);
	free(s);
}

/* --- more rows than there is room for ----------------------------------- */

static void
set_border(struct border *b, struct key key)
{
	b->is_set = true;
	b->service = key.service;
	buf_clear(&b->user);
	buf_add_span(&b->user, key.user);
}

/* Negative, 0, positive: the key lies before it, is it, lies behind it. */
static int
beside(struct key key, const struct border *b)
{
	return compare(key, (struct key){ buf_span(&b->user), b->service });
}

static bool
is_between(const struct summary *s, struct key key)
{
	return (!s->from.is_set || beside(key, &s->from) > 0) &&
	    (!s->to.is_set || beside(key, &s->to) <= 0);
}

static void
drop_from(struct summary *s, size_t first)
{
	struct key key;

	for (size_t i = first; i < s->n; i++) {
		key = key_of(s->entries[i]);
		table_del(s->table, hash_of(key), &key);
		free_entry(s->entries[i]);
	}
	s->n = first;
}

/*
 * The rows that come last go, to be told another time; none, if all come
 * before the new one. False: the new one is of those that go.
 */
static bool
make_room(struct summary *s, struct key key)
{
	bool behind;

	if (s->once) {
		s->left_out++;
		return false;
	}
	sort(s);
	behind = compare(key, key_of(s->entries[s->n - 1])) > 0;
	if (!behind)
		drop_from(s, s->n / 2);
	set_border(&s->to, s->n > 0 ? key_of(s->entries[s->n - 1]) : key);
	return is_between(s, key);
}

bool
summary_next(struct summary *s)
{
	struct border to = s->to;

	if (!to.is_set)
		return false;
	s->to = s->from;
	s->from = to;
	summary_clear(s);
	return true;
}

struct span
summary_from(const struct summary *s)
{
	return s->from.is_set ? buf_span(&s->from.user) :
	    (struct span){ NULL, 0 };
}

bool
summary_ends_before(const struct summary *s, struct span user)
{
	return s->to.is_set && span_cmp(user, buf_span(&s->to.user)) > 0;
}

/* --- events ------------------------------------------------------------- */

/* NULL: there is none, or no room. */
static struct entry *
entry_of(struct summary *s, struct key key, bool make)
{
	uint64_t hash = hash_of(key);
	struct entry *entry = table_find(s->table, hash, &key);

	if (entry != NULL || !make || !is_between(s, key))
		return entry;
	if (s->n == s->max && !make_room(s, key))
		return NULL;
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 64;
		s->entries = xreallocarray(s->entries, s->cap,
		    sizeof(struct entry *));
	}
	entry = xcalloc(1, sizeof(*entry) + key.user.n);
	memcpy(entry->user, key.user.p, key.user.n);
	entry->row.user = span_from(entry->user, key.user.n);
	entry->row.service = key.service;
	table_add(s->table, hash, entry);
	s->entries[s->n++] = entry;
	return entry;
}

static size_t
shown(const struct summary_row *row)
{
	return row->countries_n < SUMMARY_COUNTRIES ? row->countries_n :
	    SUMMARY_COUNTRIES;
}

static bool
is_shown(const struct entry *e, const char *country)
{
	for (size_t i = 0; i < shown(&e->row); i++)
		if (memcmp(e->countries->v[i].code, country, 2) == 0)
			return true;
	return false;
}

static bool
is_known(const struct countries *c, const char *country)
{
	for (size_t i = 0; i < c->known_n; i++)
		if (memcmp(c->known[i], country, 2) == 0)
			return true;
	return false;
}

static void
add_known(struct entry *e, const char *country)
{
	struct countries *c = e->countries;

	if (!is_known(c, country) && c->known_n < SUMMARY_COUNTRIES)
		memcpy(c->known[c->known_n++], country, 3);
	for (size_t i = 0; i < shown(&e->row); i++)
		if (memcmp(c->v[i].code, country, 2) == 0)
			c->v[i].is_new = false;
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
	struct summary_country *next;

	if (country[0] == '\0')
		return;
	if (e->countries == NULL)
		e->countries = xcalloc(1, sizeof(*e->countries));
	row->countries = e->countries->v;
	if (!in_period) {
		add_known(e, country);
		return;
	}
	if (is_shown(e, country))
		return;
	if (row->countries_n < SUMMARY_COUNTRIES) {
		next = &e->countries->v[row->countries_n];
		memcpy(next->code, country, 3);
		next->is_new = !is_known(e->countries, country);
	} else if (!add_beyond(&e->countries->beyond, country)) {
		return;
	}
	row->countries_n++;
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
	struct entry *entry = entry_of(s, key, in_period || !s->counted);

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
summary_add(struct summary *s, const struct access_event *e, bool in_period)
{
	char code[ACCESS_SUM_CODE];
	struct access_sum sum;

	if ((e->kind != EVENT_LOGIN && e->kind != EVENT_FAILURE) ||
	    e->texts[EVENT_USER].n == 0)
		return;
	sum = access_sum_of(e, proxied_tls(e), code);
	summary_add_sum(s, &sum, in_period);
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
		for (size_t k = 0; k < shown(&s->entries[i]->row); k++)
			if (s->entries[i]->countries->v[k].is_new)
				return true;
	return false;
}

const struct summary_row *const *
summary_rows(struct summary *s, size_t *n)
{
	_Static_assert(offsetof(struct entry, row) == 0, "entries are rows");

	sort(s);
	*n = s->n;
	return (const struct summary_row *const *)(void *)s->entries;
}

uint64_t
summary_left_out(const struct summary *s)
{
	return s->left_out;
}
