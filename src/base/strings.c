#include "base/strings.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
strings_add(struct strings *l, struct span s)
{
	strings_take(l, span_dup(s));
}

void
strings_take(struct strings *l, char *s)
{
	if (l->n == l->cap) {
		l->cap = l->cap > 0 ? l->cap * 2 : 4;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = s;
}

bool
strings_has(const struct strings *l, const char *s)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

void
strings_copy(struct strings *to, const struct strings *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		strings_take(to, xstrdup(from->v[i]));
}

bool
strings_eq(const struct strings *a, const struct strings *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

void
strings_fini(struct strings *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strings){ 0 };
}
