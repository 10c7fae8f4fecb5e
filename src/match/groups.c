#include "match/groups.h"

#include <string.h>

/* Of most names there is one text, which a filter hands around. */
static size_t
find(const struct groups *g, struct span name)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->v[i].name.n == name.n &&
		    (g->v[i].name.p == name.p ||
		    span_eq(g->v[i].name, name)))
			break;
	return i;
}

struct span
groups_get(const struct groups *g, struct span name)
{
	size_t i = find(g, name);

	return i < g->n ? g->v[i].value : (struct span){ NULL, 0 };
}

bool
groups_has(const struct groups *g, struct span name)
{
	return find(g, name) < g->n;
}

void
groups_add(struct groups *g, struct span name, struct span value)
{
	if (g->n < FAILURE_GROUPS_MAX)
		g->v[g->n++] = (struct failure_group){ name, value };
}

void
groups_join(struct groups *g, const struct groups *a, const struct groups *b)
{
	size_t k;

	groups_copy(g, a);
	for (size_t i = 0; i < b->n; i++) {
		k = find(a, b->v[i].name);
		if (k < a->n)
			g->v[k].value = b->v[i].value;
		else
			groups_add(g, b->v[i].name, b->v[i].value);
	}
}

void
groups_set(struct groups *g, struct span name, struct span value)
{
	size_t i = find(g, name);

	if (i == g->n) {
		if (g->n == FAILURE_GROUPS_MAX)
			return;
		g->n++;
	}
	g->v[i].name = name;
	g->v[i].value = value;
}

void
groups_copy(struct groups *to, const struct groups *from)
{
	to->n = from->n;
	memcpy(to->v, from->v, from->n * sizeof(from->v[0]));
}

void
groups_del(struct groups *g, struct span name)
{
	size_t i = find(g, name);

	if (i == g->n)
		return;
	for (; i + 1 < g->n; i++)
		g->v[i] = g->v[i + 1];
	g->n--;
}
