/*
 * From the values of a pickle to its bytes: frames (PEP 3154) around them,
 * and long lists (control/roll.h) in their places.
 */
#ifndef GAOL_CONTROL_PICKLE_PLAY_H
#define GAOL_CONTROL_PICKLE_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/draft.h"

/*
 * Frames hold whole values, up to about this much each; a text that is longer
 * stands outside of them (DRAFT_BARE).
 */
#define PICKLE_FRAME_FULL (64u << 10)
#define PICKLE_BATCH 1000        /* items between two marks */

enum pickle_op {
	OP_MARK = '(', OP_STOP = '.', OP_NONE = 'N', OP_REDUCE = 'R',
	OP_BININT = 'J', OP_BININT1 = 'K', OP_BININT2 = 'M', OP_LONG1 = 0x8a,
	OP_BINFLOAT = 'G', OP_TRUE = 0x88, OP_FALSE = 0x89,
	OP_SHORT_TEXT = 0x8c, OP_TEXT = 'X',
	OP_LIST = ']', OP_APPEND = 'a', OP_APPENDS = 'e',
	OP_DICT = '}', OP_SETITEM = 's', OP_SETITEMS = 'u',
	OP_EMPTY_TUPLE = ')', OP_TUPLE = 't', OP_TUPLE1 = 0x85,
	OP_PROTOCOL = 0x80, OP_FRAME = 0x95, OP_MEMOIZE = 0x94,
	OP_STACK_GLOBAL = 0x93,
};

/* An opcode and a number of n bytes behind it; returns how many they are. */
size_t pickle_op_number(char out[9], enum pickle_op op, uint64_t value,
    size_t n);
/* About n texts more, or the whole rest. False: that was the end. */
bool pickle_play(struct draft_player *p, size_t n);

#endif
