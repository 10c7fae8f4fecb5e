#include "control/unpickle.h"

#include <string.h>

#include "base/xalloc.h"
#include "config/utf8.h"

bool
unpickle_refuse(struct unpickle *m, const char *why)
{
	m->why = why;
	return false;
}

/* What is never touched costs nothing; what grows is moved again and again. */
static void *
grown(void *p, size_t n, size_t *cap, size_t size, size_t first)
{
	if (n < *cap)
		return p;
	*cap = *cap > 0 ? *cap * 2 : first;
	return xreallocarray(p, *cap, size);
}

/* Values of a pickle of so many bytes, about. */
static size_t
first_of(const struct unpickle *m)
{
	size_t n = m->left.n / 8;

	return n < 64 ? 64 : n < PICKLE_VALUES_MAX ? n : PICKLE_VALUES_MAX;
}

void
unpickle_add_index(struct unpickle_indices *to, uint32_t index)
{
	to->v = grown(to->v, to->n, &to->cap, sizeof(*to->v), 64);
	to->v[to->n++] = index;
}

/* --- input ----------------------------------------------------------------- */

bool
unpickle_take(struct unpickle *m, size_t n, struct span *out)
{
	if (n > m->left.n)
		return unpickle_refuse(m, "pickle data was truncated");
	*out = span_sub(m->left, 0, n);
	m->left = span_skip(m->left, n);
	return true;
}

static uint64_t
little_endian(struct span bytes)
{
	uint64_t value = 0;

	for (size_t i = bytes.n; i-- > 0; )
		value = value << 8 | (uint8_t)bytes.p[i];
	return value;
}

bool
unpickle_take_number(struct unpickle *m, size_t width, uint64_t *out)
{
	struct span bytes;

	if (!unpickle_take(m, width, &bytes))
		return false;
	*out = little_endian(bytes);
	return true;
}

bool
unpickle_take_line(struct unpickle *m, struct span *out)
{
	size_t n = span_chr(m->left, '\n');

	if (n == SPAN_NONE)
		return unpickle_refuse(m, "pickle data was truncated");
	*out = span_sub(m->left, 0, n);
	m->left = span_skip(m->left, n + 1);
	return true;
}

/* --- stack ----------------------------------------------------------------- */

bool
unpickle_push(struct unpickle *m, uint32_t index)
{
	if (m->stack.n >= PICKLE_VALUES_MAX)
		return unpickle_refuse(m, "too many values");
	unpickle_add_index(&m->stack, index);
	return true;
}

bool
unpickle_push_new(struct unpickle *m, struct pickle_value value)
{
	struct pickle_heap *h = &m->heap;

	if (h->values_n >= PICKLE_VALUES_MAX)
		return unpickle_refuse(m, "too many values");
	h->values = grown(h->values, h->values_n, &h->values_cap,
	    sizeof(*h->values), first_of(m));
	h->values[h->values_n++] = value;
	return unpickle_push(m, (uint32_t)(h->values_n - 1));
}

bool
unpickle_push_text(struct unpickle *m, struct span text)
{
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		return unpickle_refuse(m, "a text has a NUL");
	if (utf8_broken_at(text) != SPAN_NONE)
		return unpickle_refuse(m, "a text is not valid UTF-8");
	return unpickle_push_new(m, (struct pickle_value){ PICKLE_TEXT,
	    .text = text });
}

bool
unpickle_push_owned(struct unpickle *m, struct buf *text)
{
	size_t n = text->n;

	strings_take(&m->owned, n > 0 ? buf_take(text) : xstrdup(""));
	return unpickle_push_text(m, span_from(m->owned.v[m->owned.n - 1], n));
}

size_t
unpickle_floor(const struct unpickle *m)
{
	return m->marks.n > 0 ? m->marks.v[m->marks.n - 1] : 0;
}

bool
unpickle_pop(struct unpickle *m, uint32_t *index)
{
	if (m->stack.n <= unpickle_floor(m))
		return unpickle_refuse(m, "unexpected MARK or stack underflow");
	*index = m->stack.v[--m->stack.n];
	return true;
}

bool
unpickle_top(struct unpickle *m, uint32_t *index)
{
	if (!unpickle_pop(m, index))
		return false;
	m->stack.n++;
	return true;
}

bool
unpickle_pop_mark(struct unpickle *m, size_t *height)
{
	if (m->marks.n == 0)
		return unpickle_refuse(m, "could not find MARK");
	*height = m->marks.v[--m->marks.n];
	return true;
}

static void
put_in(struct unpickle *m, uint32_t container, uint32_t item)
{
	struct pickle_heap *h = &m->heap;
	struct pickle_value *to = &h->values[container];

	if (h->cells_n == 0)
		h->cells_n = 1;
	h->cells = grown(h->cells, h->cells_n, &h->cells_cap,
	    sizeof(*h->cells), 64);
	h->cells[h->cells_n] = (struct pickle_cell){ item, 0 };
	if (to->items.first == 0)
		to->items.first = (uint32_t)h->cells_n;
	else
		h->cells[to->items.last].next = (uint32_t)h->cells_n;
	to->items.last = (uint32_t)h->cells_n++;
	to->items.n++;
}

bool
unpickle_put_all(struct unpickle *m, uint32_t container, size_t from)
{
	if (m->heap.values[container].kind == PICKLE_DICT &&
	    (m->stack.n - from) % 2 != 0)
		return unpickle_refuse(m, "odd number of items for a dict");
	for (size_t i = from; i < m->stack.n; i++)
		put_in(m, container, m->stack.v[i]);
	m->stack.n = from;
	return true;
}
