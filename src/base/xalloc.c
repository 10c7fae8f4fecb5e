#include "base/xalloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

/* The most that free(3) takes as a hint to keep: glibc's own bound. */
#define PREPARE_MAX (31 * (size_t)1024 * 1024)
#define HUGE_PAGE (2 * (size_t)1024 * 1024)

static _Noreturn void
out_of_memory(size_t count, size_t size)
{
	log_fatal("gaol.base", "out of memory: %zu x %zu bytes wanted", count,
	    size);
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n > 0 ? n : 1);

	if (p == NULL)
		out_of_memory(1, n);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void *p;

	if (count == 0 || size == 0)
		count = size = 1;
	p = calloc(count, size);
	if (p == NULL)
		out_of_memory(count, size);
	return p;
}

void *
xreallocarray(void *p, size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	p = reallocarray(p, count, size);
	if (p == NULL)
		out_of_memory(count, size);
	return p;
}

char *
xstrdup(const char *s)
{
	return xmemdup0(s, strlen(s));
}

char *
xmemdup0(const void *p, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		out_of_memory(1, n);
	copy = xmalloc(n + 1);
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

void
xtrim(void)
{
	malloc_trim(0);
}

/*
 * The first time the block is mapped; its end teaches glibc to take as much
 * from the heap, and to keep it there when it is freed. So the second is what
 * the small ones will be cut from. With another malloc this does nothing.
 */
void
xprepare(size_t n)
{
	char *volatile p;    /* else the pair of calls is optimised away */
	char *first, *end;

	if (n > PREPARE_MAX)
		n = PREPARE_MAX;
	if (n < 2 * HUGE_PAGE)
		return;
	p = malloc(n + 4096);
	free(p);
	p = malloc(n);
	if (p == NULL)
		return;
	first = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	end = (char *)(((uintptr_t)p + n) & ~(HUGE_PAGE - 1));
	madvise(first, (size_t)(end - first), MADV_HUGEPAGE);
	free(p);
}
