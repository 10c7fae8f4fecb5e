/*
 * The machine behind pickle_read.c: input, stack, marks, and the opcodes that
 * make numbers and texts (unpickle_scalar.c). Functions that return bool give
 * false with m->why set, and the machine is of no more use.
 */
#ifndef GAOL_CONTROL_UNPICKLE_H
#define GAOL_CONTROL_UNPICKLE_H

#include "base/buf.h"
#include "control/pickle_read.h"
#include "control/pickle_value.h"

struct unpickle_indices {
	uint32_t *v;
	size_t n, cap;
};

/*
 * Stack and memo hold indices of values; a mark is the height the stack had,
 * and nothing below the last one may be popped.
 */
struct unpickle {
	struct span left;
	struct pickle_heap heap;
	struct unpickle_indices stack, marks;
	struct unpickle_indices memo;   /* index + 1; 0: not set */
	struct strings owned;           /* texts that are not as sent */
	const char *why;
	bool stopped;
};

bool unpickle_refuse(struct unpickle *m, const char *why);
void unpickle_add_index(struct unpickle_indices *to, uint32_t index);

bool unpickle_take(struct unpickle *m, size_t n, struct span *out);
/* Little-endian, up to eight bytes. */
bool unpickle_take_number(struct unpickle *m, size_t width, uint64_t *out);
/* Without its newline. */
bool unpickle_take_line(struct unpickle *m, struct span *out);

bool unpickle_push(struct unpickle *m, uint32_t index);
bool unpickle_push_new(struct unpickle *m, struct pickle_value value);
/* The text must outlive the machine: from the pickle, or owned. */
bool unpickle_push_text(struct unpickle *m, struct span text);
/* Takes the buffer over, always. */
bool unpickle_push_owned(struct unpickle *m, struct buf *text);
/* How high the stack must stay: the last mark. */
size_t unpickle_floor(const struct unpickle *m);
bool unpickle_pop(struct unpickle *m, uint32_t *index);
bool unpickle_top(struct unpickle *m, uint32_t *index);
/* The height of the last mark, which goes. */
bool unpickle_pop_mark(struct unpickle *m, size_t *height);
/* Moves what lies above `from` into the container. */
bool unpickle_put_all(struct unpickle *m, uint32_t container, size_t from);

/* Opcodes. The second argument: a width, or what the name says. */
bool unpickle_none(struct unpickle *m, size_t unused);
bool unpickle_bool(struct unpickle *m, size_t value);
bool unpickle_int(struct unpickle *m, size_t width);
bool unpickle_long(struct unpickle *m, size_t width);
bool unpickle_int_line(struct unpickle *m, size_t is_long);
bool unpickle_real(struct unpickle *m, size_t width);
bool unpickle_real_line(struct unpickle *m, size_t unused);
bool unpickle_text(struct unpickle *m, size_t width);
bool unpickle_unicode_line(struct unpickle *m, size_t unused);
bool unpickle_string_line(struct unpickle *m, size_t unused);

#endif
