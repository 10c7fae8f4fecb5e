/*
 * A reply in the making: the bytes of its payload, in the order in which they
 * will stand, with gaps for the lists that are long (control/roll.h). It is
 * played into the reply a piece at a time.
 */
#ifndef GAOL_CONTROL_DRAFT_H
#define GAOL_CONTROL_DRAFT_H

#include <stddef.h>

#include "base/buf.h"
#include "control/roll.h"

enum draft_kind {
	DRAFT_VALUE,   /* a value begins: a pickle's frame may end before */
	DRAFT_MORE,    /* … and no value begins */
	DRAFT_BARE,    /* a text for which a pickle has no frame */
	DRAFT_ROLL,    /* a gap */
};

struct draft_piece {
	enum draft_kind kind;
	size_t end;                /* of its bytes */
	const struct roll *roll;
};

struct draft {
	struct buf bytes;
	struct draft_piece *pieces;
	size_t n, cap;
};

/* What is put from here on is of this kind. */
void draft_begin(struct draft *d, enum draft_kind kind);
void draft_put(struct draft *d, const void *data, size_t n);
/* The list itself, borrowed; behind it comes DRAFT_MORE. */
void draft_roll(struct draft *d, const struct roll *roll);
void draft_fini(struct draft *d);

/* How far it has been played. */
struct draft_player {
	const struct draft *draft;
	struct buf *out;
	size_t piece, at;
	struct roll_place place;
	size_t frame;              /* pickle_play()'s own */
};

/* The bytes of the next piece, which is none of DRAFT_ROLL. */
struct span draft_next(struct draft_player *p);

#endif
