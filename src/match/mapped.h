/*
 * Text made from other text, byte by byte remembering from where: a regex is
 * rewritten twice before PCRE2 sees it, and an error must still point at the
 * place in what the user wrote.
 */
#ifndef GAOL_MATCH_MAPPED_H
#define GAOL_MATCH_MAPPED_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct mapped {
	struct buf text;
	uint32_t *at;      /* source offset of each byte of text */
	size_t cap;        /* of `at` */
};

/* Appends n bytes that stand at source offset `at` and following. */
void mapped_copy(struct mapped *m, const char *p, size_t n, size_t at);
/* Appends s, all of it standing for the source offset `at`. */
void mapped_put(struct mapped *m, struct span s, size_t at);
/* Source offset of the byte at `offset`; SPAN_NONE past the end. */
size_t mapped_at(const struct mapped *m, size_t offset);
void mapped_fini(struct mapped *m);

#endif
