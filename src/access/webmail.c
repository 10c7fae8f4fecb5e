#include "access/webmail.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "access/open_session.h"
#include "access/user.h"
#include "base/table.h"
#include "base/xalloc.h"

/*
 * One account's sign-ins, or its failures: who guesses pushes no sign-in out.
 */
struct account {
	TAILQ_ENTRY(account) link;
	uint64_t hash;
	struct span name;          /* owned */
	enum event_kind kind;
	struct webmail_half halves[WEBMAIL_HALVES];
	size_t n;                  /* of them; a ring once it is full */
	size_t oldest;
	/* The webmail's last client, and until when there was another. */
	struct addr client;
	struct wall since, several;
};

TAILQ_HEAD(accounts, account);

struct webmail {
	struct table *table;
	struct accounts accounts;  /* heard of longest ago first */
	size_t max;
	uint64_t evicted;
};

struct key {
	struct span name;
	enum event_kind kind;
};

static bool
has_key(const void *entry, const void *key)
{
	const struct account *a = entry;
	const struct key *k = key;

	return a->kind == k->kind && span_eq(a->name, k->name);
}

struct webmail *
webmail_new(size_t max)
{
	struct webmail *w = xcalloc(1, sizeof(*w));

	w->table = table_new(max, has_key);
	w->max = max;
	TAILQ_INIT(&w->accounts);
	return w;
}

/* --- halves ------------------------------------------------------------- */

/* Its session, if it is open, knows it no more. */
static void
drop_half(struct webmail *w, struct webmail_half *h)
{
	if (h->open != NULL)
		h->open->half = NULL;
	w->evicted += !h->paired && !h->placed;
}

static void
free_account(struct webmail *w, struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		drop_half(w, &a->halves[i]);
	TAILQ_REMOVE(&w->accounts, a, link);
	free((char *)a->name.p);
	free(a);
}

void
webmail_free(struct webmail *w)
{
	struct account *a;

	if (w == NULL)
		return;
	while ((a = TAILQ_FIRST(&w->accounts)) != NULL)
		free_account(w, a);
	table_free(w->table);
	free(w);
}

uint64_t
webmail_evicted(const struct webmail *w)
{
	return w->evicted;
}

/* --- accounts ----------------------------------------------------------- */

static struct key
key_of(const struct access_event *e)
{
	return (struct key){
		span_sub(e->texts[EVENT_USER], 0, USER_NAME_MAX), e->kind };
}

static uint64_t
hash_of(const struct key *key)
{
	return table_hash(key->name.p, key->name.n) + key->kind;
}

static struct account *
find(struct webmail *w, const struct key *key)
{
	struct account *a = table_find(w->table, hash_of(key), key);

	if (a == NULL)
		return NULL;
	TAILQ_REMOVE(&w->accounts, a, link);
	TAILQ_INSERT_TAIL(&w->accounts, a, link);
	return a;
}

static struct account *
find_or_add(struct webmail *w, const struct access_event *e)
{
	struct key key = key_of(e), oldest;
	struct account *a = find(w, &key);

	if (a != NULL)
		return a;
	if (table_count(w->table) >= w->max) {
		a = TAILQ_FIRST(&w->accounts);
		oldest = (struct key){ a->name, a->kind };
		table_del(w->table, a->hash, &oldest);
		free_account(w, a);
	}
	a = xcalloc(1, sizeof(*a));
	a->hash = hash_of(&key);
	a->name = span_from(span_dup(key.name), key.name.n);
	a->kind = key.kind;
	table_add(w->table, a->hash, a);
	TAILQ_INSERT_TAIL(&w->accounts, a, link);
	return a;
}

/* --- joining ------------------------------------------------------------ */

static int64_t
distance(struct wall a, struct wall b)
{
	return a.us > b.us ? a.us - b.us : b.us - a.us;
}

/* A server that knows the client must mean the webmail's. */
static bool
fits(const struct webmail_half *a, const struct webmail_half *b)
{
	return !a->paired && a->web != b->web &&
	    distance(a->time, b->time) <= MAIL_SESSIONS_WITHIN * CLOCK_SECOND &&
	    ((!a->named && !b->named) || addr_eq(&a->ip, &b->ip));
}

struct webmail_half *
webmail_pair(struct webmail *w, const struct access_event *e,
    const struct webmail_half *half)
{
	struct key key = key_of(e);
	struct account *a = find(w, &key);
	struct webmail_half *best = NULL;

	for (size_t i = 0; a != NULL && i < a->n; i++) {
		struct webmail_half *h =
		    &a->halves[(a->oldest + i) % WEBMAIL_HALVES];

		if (fits(h, half) && (best == NULL ||
		    distance(h->time, half->time) <
		    distance(best->time, half->time)))
			best = h;
	}
	if (best != NULL)
		best->paired = true;
	return best;
}

struct webmail_half *
webmail_add(struct webmail *w, const struct access_event *e,
    const struct webmail_half *half)
{
	struct account *a = find_or_add(w, e);
	struct webmail_half *h;

	if (a->n < WEBMAIL_HALVES) {
		h = &a->halves[a->n++];
	} else {
		h = &a->halves[a->oldest];
		a->oldest = (a->oldest + 1) % WEBMAIL_HALVES;
		drop_half(w, h);
	}
	*h = *half;
	return h;
}

struct webmail_half *
webmail_next_unplaced(struct webmail *w, const struct access_event *e,
    struct wall since)
{
	struct key key = key_of(e);
	struct account *a = find(w, &key);

	for (size_t i = 0; a != NULL && i < a->n; i++) {
		struct webmail_half *h = &a->halves[i];

		if (!h->web && !h->placed && h->time.us >= since.us &&
		    distance(h->time, e->time) <=
		    MAIL_SESSIONS_WITHIN * CLOCK_SECOND)
			return h;
	}
	return NULL;
}

/* --- whose webmail session it is ---------------------------------------- */

void
webmail_signed_in(struct webmail *w, const struct access_event *e,
    const struct addr *client)
{
	struct account *a = find_or_add(w, e);
	int64_t until = a->since.us + WEBMAIL_LASTS * CLOCK_SECOND;

	if (a->client.family != ADDR_NONE && !addr_eq(&a->client, client) &&
	    until > e->time.us && until > a->several.us)
		a->several.us = until;
	a->client = *client;
	a->since = e->time;
}

bool
webmail_client(struct webmail *w, const struct access_event *e,
    struct addr *client)
{
	struct key key = key_of(e);
	struct account *a = find(w, &key);

	if (a == NULL || a->client.family == ADDR_NONE ||
	    e->time.us < a->since.us || e->time.us < a->several.us ||
	    e->time.us > a->since.us + WEBMAIL_LASTS * CLOCK_SECOND)
		return false;
	*client = a->client;
	return true;
}
