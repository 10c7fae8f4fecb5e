/*
 * An expression in Python's syntax as a tree, for `gaol lint`: to make texts
 * that it should match. Only for patterns that compile; what it does not
 * know (a look-around's inside) is in the tree, but without a promise.
 */
#ifndef GAOL_MATCH_PATTERN_H
#define GAOL_MATCH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define PATTERN_MANY ((unsigned)-1)

enum node_kind {
	NODE_SEQUENCE,     /* of its children; none: the empty text */
	NODE_ONE_OF,       /* alternatives */
	NODE_SET,          /* one character */
	NODE_REPEAT,       /* its one child, min..max times */
	NODE_GROUP,        /* its one child, captured */
	NODE_BACK,         /* what group `number` or `name` caught */
	NODE_LINE_BEGIN,   /* ^ \A */
	NODE_LINE_END,     /* $ \Z */
	NODE_ASSERT,       /* \b \B, look-around */
};

struct node {
	enum node_kind kind;
	struct node *first, *next;   /* children; the next of one's siblings */
	bool set[128];               /* NODE_SET: ASCII characters */
	bool lazy, possessive;       /* NODE_REPEAT */
	bool conditional;            /* NODE_ONE_OF: (?(group)yes|no) */
	unsigned min, max;
	unsigned number;             /* NODE_GROUP, NODE_BACK */
	struct span name;            /* … or empty; part of the pattern */
};

/* The pattern's text must outlive the tree. */
struct node *pattern_parse(struct span text);
void pattern_free(struct node *n);

#endif
