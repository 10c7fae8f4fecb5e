#include "process/engine_lifted.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "process/engine_local.h"

/* Its jail may go and come again: by name. */
struct lifted {
	uint64_t jail;
	struct id id;
};

static bool
lifted_eq(const void *entry, const void *key)
{
	const struct lifted *a = entry, *b = key;

	return a->jail == b->jail && id_eq(&a->id, &b->id);
}

static uint64_t
hash_of(const struct engine_jail *j)
{
	return table_hash(j->config->name, strlen(j->config->name));
}

bool
engine_lifted_has(const struct engine_jail *j, const struct id *id)
{
	const struct table *lifted = j->engine->lifted;
	struct lifted key = { .id = *id };

	if (lifted == NULL || table_count(lifted) == 0)
		return false;
	key.jail = hash_of(j);
	return table_find(lifted, id_hash(id), &key) != NULL;
}

void
engine_lifted_add(struct engine_jail *j, const struct id *id)
{
	struct lifted *l;

	if (j->engine->lifted == NULL || engine_lifted_has(j, id))
		return;
	l = xmalloc(sizeof(*l));
	*l = (struct lifted){ hash_of(j), id_copy(id) };
	(void)table_add(j->engine->lifted, id_hash(id), l);
}

void
engine_lifted_begin(struct engine *e)
{
	e->lifted = table_new(0, lifted_eq);
}

void
engine_lifted_end(struct engine *e)
{
	struct lifted *l;
	size_t at = 0;

	if (e->lifted == NULL)
		return;
	while ((l = table_next(e->lifted, &at)) != NULL) {
		id_fini(&l->id);
		free(l);
	}
	table_free(e->lifted);
	e->lifted = NULL;
}
