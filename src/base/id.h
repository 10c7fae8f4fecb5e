/*
 * What failures are counted by and what is banned: an address, a network, or
 * (with <F-ID>) any text. Two ids are the same when their addresses are, or,
 * for raw ids, their bytes.
 */
#ifndef GAOL_BASE_ID_H
#define GAOL_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"

#define ID_RAW_MAX 1024   /* a longer raw id is cut; counted by the filter */

struct id {
	struct addr addr;   /* family ADDR_NONE: a raw id */
	struct span raw;    /* only then; borrowed unless id_copy made it */
};

/* Address or network when the text is one, else raw (borrowing the text). */
struct id id_from_span(struct span text);
struct id id_from_addr(const struct addr *a);
bool id_eq(const struct id *a, const struct id *b);
/* Keyed by a per-process random secret: attackers choose ids. */
uint64_t id_hash(const struct id *id);
struct id id_copy(const struct id *id);   /* owns its raw text */
void id_fini(struct id *id);              /* of an id_copy only */
/* Canonical text as upstream prints and stores it; not escaped. */
void id_format(const struct id *id, struct buf *out);

#endif
