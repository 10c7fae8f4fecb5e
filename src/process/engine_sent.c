/*
 * What is under way to the warden. There are so few at a time that each has a
 * place of its own, which its cookie names: nothing is looked for, whatever
 * the number of bans. The upper part of a cookie counts, so that an answer
 * that comes twice meets nobody else.
 */
#include "process/engine_local.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define PLACE_BITS 16
_Static_assert(ENGINE_SENT_MAX <= 1u << PLACE_BITS, "a place fits a cookie");

struct engine_sent {
	struct engine_ask *v[ENGINE_SENT_MAX];
	uint16_t left[ENGINE_SENT_MAX];   /* places that were used, and are free */
	size_t left_n;
	size_t used;                      /* places that were ever used */
	size_t n;
	uint64_t number;
};

struct engine_sent *
engine_sent_new(void)
{
	return xcalloc(1, sizeof(struct engine_sent));
}

void
engine_sent_free(struct engine_sent *s)
{
	free(s);
}

size_t
engine_sent_count(const struct engine_sent *s)
{
	return s->n;
}

void
engine_sent_add(struct engine_sent *s, struct engine_ask *ask)
{
	size_t at = s->left_n > 0 ? s->left[--s->left_n] : s->used++;

	ask->cookie = ++s->number << PLACE_BITS | at;
	s->v[at] = ask;
	s->n++;
}

struct engine_ask *
engine_sent_take(struct engine_sent *s, uint64_t cookie)
{
	size_t at = cookie & ((1u << PLACE_BITS) - 1);
	struct engine_ask *ask = at < ENGINE_SENT_MAX ? s->v[at] : NULL;

	if (ask == NULL || ask->cookie != cookie)
		return NULL;
	s->v[at] = NULL;
	s->left[s->left_n++] = (uint16_t)at;
	s->n--;
	return ask;
}

struct engine_ask *
engine_sent_next(const struct engine_sent *s, size_t *at)
{
	while (*at < s->used) {
		struct engine_ask *ask = s->v[(*at)++];

		if (ask != NULL)
			return ask;
	}
	return NULL;
}
