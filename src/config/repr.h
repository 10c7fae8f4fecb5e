/* Lists in Python's repr: written for a dump, and read back. */
#ifndef GAOL_CONFIG_REPR_H
#define GAOL_CONFIG_REPR_H

#include "base/buf.h"
#include "base/strings.h"

/* ['a', 'b'] */
void repr_list(struct buf *out, const struct strings *items);

/* A value read back. Numbers, True, False and None keep their text. */
struct repr_value {
	enum repr_kind { REPR_TEXT, REPR_WORD, REPR_LIST } kind;
	char *text;                  /* REPR_TEXT, REPR_WORD */
	struct repr_value *items;    /* REPR_LIST; of a dict: key, value … */
	size_t n;
};

#define REPR_DEPTH_MAX 6

/* One value that fills the whole line. 0, or -1 (v is empty). */
int repr_parse(struct repr_value *v, struct span line);
void repr_fini(struct repr_value *v);
/* Text of item i of a list; NULL when it is none or not a text or word. */
const char *repr_item(const struct repr_value *list, size_t i);

#endif
