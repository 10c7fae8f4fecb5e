/* A growing byte buffer; always NUL-terminated behind its n bytes. */
#ifndef GAOL_BASE_BUF_H
#define GAOL_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/span.h"

struct buf {
	char *p;   /* NULL while nothing was added */
	size_t n;
	size_t cap;
};

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_add_span(struct buf *b, struct span s);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Drops the first n bytes (moves the rest down). */
void buf_drain(struct buf *b, size_t n);
/* Room for n more bytes, without changing b->n; returns where they go. */
char *buf_reserve(struct buf *b, size_t n);
struct span buf_span(const struct buf *b);
/* Hands the NUL-terminated text to the caller (who frees it); b is empty. */
char *buf_take(struct buf *b);
void buf_clear(struct buf *b);   /* keeps the memory */
void buf_fini(struct buf *b);

#endif
