#include "match/mapped.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static uint32_t *
grow(struct mapped *m, size_t n)
{
	size_t need = m->text.n + n;

	if (need > m->cap) {
		m->cap = need * 2;
		m->at = xreallocarray(m->at, m->cap, sizeof(*m->at));
	}
	return m->at + m->text.n;
}

void
mapped_copy(struct mapped *m, const char *p, size_t n, size_t at)
{
	uint32_t *v;
	size_t i;

	if (n == 0)
		return;
	v = grow(m, n);
	for (i = 0; i < n; i++)
		v[i] = (uint32_t)(at + i);
	buf_add(&m->text, p, n);
}

void
mapped_put(struct mapped *m, struct span s, size_t at)
{
	uint32_t *v;
	size_t i;

	if (s.n == 0)
		return;
	v = grow(m, s.n);
	for (i = 0; i < s.n; i++)
		v[i] = (uint32_t)at;
	buf_add_span(&m->text, s);
}

size_t
mapped_at(const struct mapped *m, size_t offset)
{
	return offset < m->text.n ? m->at[offset] : SPAN_NONE;
}

void
mapped_fini(struct mapped *m)
{
	buf_fini(&m->text);
	free(m->at);
	m->at = NULL;
	m->cap = 0;
}
