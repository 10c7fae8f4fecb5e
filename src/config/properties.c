#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static struct property *
find(const struct properties *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].key, key) == 0)
			return &p->v[i];
	return NULL;
}

const char *
properties_get(const struct properties *p, const char *key)
{
	const struct property *one = find(p, key);

	return one != NULL ? one->value : NULL;
}

void
properties_add(struct properties *p, const char *key, const char *value)
{
	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 16 : p->cap * 2;
		p->v = xreallocarray(p->v, p->cap, sizeof(*p->v));
	}
	p->v[p->n].key = xstrdup(key);
	p->v[p->n].value = xstrdup(value);
	p->n++;
}

void
properties_set(struct properties *p, const char *key, const char *value)
{
	struct property *one = find(p, key);
	char *copy;

	if (one == NULL) {
		properties_add(p, key, value);
		return;
	}
	copy = xstrdup(value);
	free(one->value);
	one->value = copy;
}

void
properties_del(struct properties *p, const char *key)
{
	struct property *one = find(p, key);

	if (one == NULL)
		return;
	free(one->key);
	free(one->value);
	memmove(one, one + 1,
	    (size_t)(p->v + p->n - one - 1) * sizeof(*one));
	p->n--;
}

void
properties_merge(struct properties *to, const struct properties *from)
{
	for (size_t i = 0; i < from->n; i++)
		properties_set(to, from->v[i].key, from->v[i].value);
}

void
properties_fini(struct properties *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].key);
		free(p->v[i].value);
	}
	free(p->v);
	*p = (struct properties){ 0 };
}
