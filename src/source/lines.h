/*
 * Cuts what a log grew by into complete lines, as spans into the read buffer:
 * a line counts only when its newline has arrived. A line longer than the cap
 * is delivered cut at the cap, once, and the rest up to its newline dropped
 * (both counted).
 */
#ifndef GAOL_SOURCE_LINES_H
#define GAOL_SOURCE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * What need not be delivered: bytes of complete lines that `rest`, which
 * begins with a line, begins with; *lines is how many. 0: deliver the next.
 */
typedef size_t lines_skip_fn(struct span rest, uint64_t *lines, void *arg);

struct lines {
	struct buf pending;      /* bytes behind the last newline */
	size_t line_max;
	lines_skip_fn *skip;     /* NULL: everything is delivered */
	bool skipping;           /* inside the rest of an overlong line */
	uint64_t count;
	uint64_t cut;
};

/* `line` is without its newline. Return false to stop early. */
typedef bool lines_fn(struct span line, void *arg);

void lines_init(struct lines *l, size_t line_max);
void lines_fini(struct lines *l);
/*
 * Feeds bytes; calls fn for each complete line. Returns the bytes taken: all,
 * or up to the line at which fn stopped.
 */
size_t lines_feed(struct lines *l, struct span bytes, lines_fn *fn, void *arg);
/* Forget the incomplete line (truncation). */
void lines_reset(struct lines *l);

#endif
