/*
 * A list of texts that may be a million long: they stand one behind the other
 * in one buffer, not as a JSON value each. In a payload its mark stands for
 * it; whoever writes the payload puts the list in that place.
 */
#ifndef GAOL_CONTROL_ROLL_H
#define GAOL_CONTROL_ROLL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct roll;

/* Those of one payload. */
struct rolls {
	struct roll **v;
	size_t n;
};

/* Where a reader stands; {0} is the beginning. */
struct roll_place {
	size_t i, at;
};

struct roll_text {
	struct span text;        /* UTF-8 */
	bool plain;              /* nothing in it needs an escape in JSON */
};

/* An empty one, and theirs. */
struct roll *rolls_add(struct rolls *rolls);
/* Bytes of all of them, to bound what is gathered. */
size_t rolls_bytes(const struct rolls *rolls);
size_t rolls_texts(const struct rolls *rolls);
/* The one whose mark it is, or NULL. */
const struct roll *rolls_find(const struct rolls *rolls, const json_t *value);
void rolls_fini(struct rolls *rolls);

/* Room for this many bytes of texts, so that it need not be moved. */
void roll_reserve(struct roll *roll, size_t texts, size_t bytes_each);
/* What is not UTF-8 becomes U+FFFD. Returns where it stands. */
size_t roll_add(struct roll *roll, struct span text);
size_t roll_count(const struct roll *roll);
/* A new reference. */
json_t *roll_mark(const struct roll *roll);
/*
 * Another order: the i-th text is the one that stands at order(arg, i). The
 * roll owns arg from here on, and frees it.
 */
void roll_sort(struct roll *roll, size_t (*order)(const void *arg, size_t i),
    void *arg);
/* The next text; there must be one (place->i < roll_count()). */
struct roll_text roll_next(const struct roll *roll, struct roll_place *place);

#endif
