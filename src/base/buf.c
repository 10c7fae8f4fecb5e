#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"

#define BUF_FIRST 64

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t want, cap;

	if (n >= SIZE_MAX / 2 || b->n >= SIZE_MAX / 2 - n)
		log_fatal("gaol.base", "a buffer of %zu bytes cannot grow by "
		    "%zu", b->n, n);
	want = b->n + n + 1;
	if (want > b->cap) {
		cap = b->cap > 0 ? b->cap : BUF_FIRST;
		while (cap < want)
			cap *= 2;
		b->p = xreallocarray(b->p, cap, 1);
		b->cap = cap;
		b->p[b->n] = '\0';
	}
	return b->p + b->n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = buf_reserve(b, n);

	if (n > 0)
		memcpy(at, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_add_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	va_copy(again, ap);
	buf_reserve(b, BUF_FIRST);
	room = b->cap - b->n;
	n = vsnprintf(b->p + b->n, room, fmt, ap);
	if (n < 0)
		log_fatal("gaol.base", "cannot format '%s'", fmt);
	if ((size_t)n >= room) {
		/* vsnprintf cut it; now the length is known. */
		buf_reserve(b, (size_t)n);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
	}
	b->n += (size_t)n;
	va_end(again);
}

void
buf_drain(struct buf *b, size_t n)
{
	if (n > b->n)
		n = b->n;
	if (n == 0)
		return;
	b->n -= n;
	memmove(b->p, b->p + n, b->n + 1);
}

struct span
buf_span(const struct buf *b)
{
	return span_from(b->p, b->n);
}

char *
buf_take(struct buf *b)
{
	char *text;

	buf_reserve(b, 0);
	text = b->p;
	*b = (struct buf){ 0 };
	return text;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void
buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}
