#include "jail/bans.h"

#include <stdlib.h>

#include "base/table.h"
#include "base/xalloc.h"

static bool
is_of_id(const void *entry, const void *key)
{
	const struct ban *ban = entry;

	return id_eq(&ban->ticket.id, key);
}

int64_t
bans_seconds(int64_t seconds)
{
	if (seconds < 0)
		return -1;
	return seconds < BANS_SECONDS_MAX ? seconds : BANS_SECONDS_MAX;
}

struct wall
bans_end(struct wall time, int64_t seconds)
{
	return (struct wall){ time.us + (seconds > 0 ? seconds : 0) *
	    CLOCK_SECOND };
}

void
bans_init(struct bans *b, size_t max)
{
	*b = (struct bans){ .by_id = table_new(max, is_of_id) };
}

void
bans_fini(struct bans *b)
{
	struct ban *ban;

	while (b->walks != NULL)
		bans_walk_end(b->walks);
	while ((ban = b->first) != NULL) {
		b->first = ban->next;
		ban_free(ban);
	}
	table_free(b->by_id);
	heap_fini(&b->due);
	*b = (struct bans){ 0 };
}

void
bans_reserve(struct bans *b, size_t count)
{
	table_reserve(b->by_id, count);
}

size_t
bans_count(const struct bans *b)
{
	return table_count(b->by_id);
}

struct ban *
bans_find(const struct bans *b, const struct id *id)
{
	return table_find(b->by_id, id_hash(id), id);
}

struct ban *
bans_add(struct bans *b, struct ticket *t, bool own_bantime)
{
	struct ban *ban = xcalloc(1, sizeof(*ban));

	ban->ticket.id = t->id;
	if (table_add(b->by_id, id_hash(&t->id), ban) == -1) {
		free(ban);
		return NULL;
	}
	ban->ticket = *t;
	ban->ticket.id = id_copy(&t->id);
	t->matches = (struct strings){ 0 };
	t->data = NULL;
	ban->own_bantime = own_bantime;
	heap_node_init(&ban->due);
	ban->prev = b->last;
	if (b->last != NULL)
		b->last->next = ban;
	else
		b->first = ban;
	b->last = ban;
	return ban;
}

/* Walks go around it. */
static void
leave_walks(struct bans *b, const struct ban *ban)
{
	for (struct bans_walk *w = b->walks; w != NULL; w = w->next) {
		if (w->at == ban)
			w->at = ban != w->last ? ban->next : NULL;
		if (w->last == ban)
			w->last = ban->prev;
	}
}

void
bans_remove(struct bans *b, struct ban *ban)
{
	const struct id *id = &ban->ticket.id;

	leave_walks(b, ban);
	table_del(b->by_id, id_hash(id), id);
	heap_del(&b->due, &ban->due);
	if (ban->prev != NULL)
		ban->prev->next = ban->next;
	else
		b->first = ban->next;
	if (ban->next != NULL)
		ban->next->prev = ban->prev;
	else
		b->last = ban->prev;
	ban->prev = ban->next = NULL;
}

void
ban_free(struct ban *ban)
{
	if (ban == NULL)
		return;
	id_fini(&ban->ticket.id);
	strings_fini(&ban->ticket.matches);
	free(ban->ticket.data);
	free(ban);
}

void
bans_walk_begin(struct bans_walk *w, struct bans *b)
{
	*w = (struct bans_walk){ b->walks, b, b->first, b->last };
	b->walks = w;
}

struct ban *
bans_walk_next(struct bans_walk *w)
{
	struct ban *ban = w->at;

	if (ban != NULL)
		w->at = ban != w->last ? ban->next : NULL;
	return ban;
}

void
bans_walk_end(struct bans_walk *w)
{
	struct bans_walk **at;

	if (w->bans == NULL)
		return;
	for (at = &w->bans->walks; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	*w = (struct bans_walk){ 0 };
}

void
bans_set_end(struct bans *b, struct ban *ban, int64_t seconds,
    struct wall end, struct wall now, struct boot boot)
{
	int64_t due = boot.us + (end.us - now.us);

	ban->ticket.permanent = seconds < 0;
	ban->ticket.bantime = seconds < 0 ? -1 : seconds;
	ban->end = end;
	if (seconds < 0)
		heap_del(&b->due, &ban->due);
	else if (heap_node_present(&ban->due))
		heap_change(&b->due, &ban->due, due);
	else
		heap_add(&b->due, &ban->due, due);
}

struct ban *
ban_of(const struct ticket *t)
{
	return (struct ban *)t;
}

struct ban *
bans_ended(const struct bans *b, struct boot boot)
{
	struct heap_node *node = heap_first(&b->due);

	if (node == NULL || node->key >= boot.us)
		return NULL;
	return (struct ban *)((char *)node - offsetof(struct ban, due));
}
