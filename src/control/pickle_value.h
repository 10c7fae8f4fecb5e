/*
 * What a pickle says, as the control socket needs it: plain values in two
 * arrays, no code, no classes. Values refer to each other by index, so that
 * Python's sharing (a list that is in two lists, or in itself) costs nothing
 * and cannot leak. Only pickle_read.c and pickle_words.c include this.
 */
#ifndef GAOL_CONTROL_PICKLE_VALUE_H
#define GAOL_CONTROL_PICKLE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/strings.h"

enum pickle_kind {
	PICKLE_NONE, PICKLE_BOOL, PICKLE_INT, PICKLE_REAL,
	PICKLE_TEXT,    /* str and bytes: UTF-8 without NUL */
	PICKLE_LIST, PICKLE_TUPLE, PICKLE_SET,
	PICKLE_DICT,    /* key, value, key, value … */
	PICKLE_STR,     /* the class str itself */
};

struct pickle_value {
	enum pickle_kind kind;
	union {
		int64_t number;      /* INT, BOOL */
		double real;
		struct span text;
		struct {
			uint32_t first, last, n;   /* cells; 0 none */
		} items;
	};
};

/* One place in a container; cell 0 is not used. */
struct pickle_cell {
	uint32_t value, next;
};

struct pickle_heap {
	struct pickle_value *values;
	size_t values_n, values_cap;
	struct pickle_cell *cells;
	size_t cells_n, cells_cap;
};

/* Words in the making: of one pickle, some after the other. */
struct pickle_words {
	const struct pickle_heap *heap;
	uint32_t next;      /* cell of the next item; 0: none */
	struct buf out;
	size_t room;        /* bytes that all words together may still have */
	const char *why;    /* it has failed */
};

/*
 * Adds the items of the list or tuple `root` to *argv as words: scalars as
 * Python's str() writes them, containers as JSON. w->why is set: the value is
 * none, nests too deep (or is in itself), has no JSON form, or is too long
 * (room, PICKLE_TEXT_MAX at most); *argv is partly filled then. `n` of them at a time; true:
 * there are more.
 */
void pickle_words_begin(struct pickle_words *w, const struct pickle_heap *heap,
    uint32_t root, size_t room);
bool pickle_words_some(struct pickle_words *w, struct strings *argv, size_t n);
void pickle_words_fini(struct pickle_words *w);

#endif
