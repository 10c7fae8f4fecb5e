/*
 * Allocation that cannot fail: out of memory ends the process with a message
 * (house rule: a fatal start-up or OOM is the one error nobody can handle).
 * Sizes that come from outside must be bounded by the caller before.
 */
#ifndef GAOL_BASE_XALLOC_H
#define GAOL_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
/* Like reallocarray(3): dies on overflow of count * size. */
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s);
/* Copy of n bytes with a NUL behind them. */
char *xmemdup0(const void *p, size_t n);
/*
 * So many bytes, in small pieces, will be wanted soon: where the system can,
 * they come in large pages, or each page of them costs a fault.
 */
void xprepare(size_t n);
/* Gives what is free back to the system: after work that is done once. */
void xtrim(void);

#endif
