/*
 * One followed log file. Identity is device, inode and the hash of the first
 * line; the position survives restarts through the store. The engine cannot
 * open files: descriptors come from whoever holds the right (the warden), so
 * this room is given them.
 *
 * Life: tail_new, tail_attach(fd) … tail_read on each wake. When the name
 * points to a new file (rotation by rename), `tail_attach` with the new
 * descriptor queues it. The old one stays the current one until it is at its
 * end and the new one has content (a daemon writes to the old file until it
 * is told to reopen), and is looked at for a minute more, for those who are
 * told late. A file that got shorter than our position, or whose first bytes
 * changed (copytruncate), starts from 0.
 */
#ifndef GAOL_SOURCE_TAIL_H
#define GAOL_SOURCE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/position.h"
#include "base/span.h"
#include "source/lines.h"

struct tail;

#define TAIL_BUDGET (256u * 1024)   /* a good argument for tail_read */

/*
 * What was just read, before the lines in it are delivered: those that are
 * whole in it are parts of it. It stays until the end of the next call (n = 0:
 * there is none any more). A serial that came before, not 0, says that it is
 * the same block: jails that follow one log read it one after the other.
 */
typedef void tail_block_fn(struct span block, uint64_t serial, void *arg);
/* As lines_skip_fn (lines.h); `live` as in tail_read(). */
typedef size_t tail_skip_fn(struct span rest, bool live, uint64_t *lines,
    void *arg);

#define TAIL_BEFORE (128u * 1024)

struct tail_options {
	const char *path;      /* as configured; for messages */
	size_t line_max;
	bool from_end;         /* `tail`: no old lines when nothing is stored */
	const struct tail_position *stored;   /* NULL: none */
	tail_block_fn *block;  /* NULL: none; gets tail_read's `arg` */
	tail_skip_fn *skip;    /* NULL: every line is delivered */
	/* Where a stored place is taken up in the middle of a file, the lines
	 * in TAIL_BEFORE bytes before it, first of all; NULL: none. */
	lines_fn *before;
};

struct tail_counters {
	uint64_t lines, bytes, cut, rotations, truncations;
	uint64_t dropped;      /* files given up: rotated faster than read */
};

/* Return false to pause (more work is done on the next tail_read). */
typedef bool tail_line_fn(struct span line, bool live, void *arg);

/* Copies what it needs of the options. */
struct tail *tail_new(const struct tail_options *options);
void tail_free(struct tail *t);   /* not from within a tail_line_fn */
/*
 * The name leads to no file (yet): one that appears later is new, and is read
 * from its start even with `from_end`.
 */
void tail_missing(struct tail *t);
/*
 * Takes over fd (a regular file opened read only). The same file as the
 * newest one: fd is closed, nothing changes. Another one counts as a rotation
 * at once. 0, or -1 (errno; fd closed): EINVAL not a regular file.
 */
int tail_attach(struct tail *t, int fd);
bool tail_attached(const struct tail *t);
/*
 * Reads at most `budget` bytes and delivers complete lines. `live` is false
 * until the first end of file (upstream's restoring phase).
 * Returns 1: more is waiting (budget used up or paused); 0: at the end;
 * -1: read error (errno), all files are detached; the place is kept for the
 * next tail_attach.
 */
int tail_read(struct tail *t, size_t budget, tail_line_fn *fn, void *arg);
/* As far as complete lines were delivered; what was stored until attached. */
void tail_position(const struct tail *t, struct tail_position *out);
const struct tail_counters *tail_counters(const struct tail *t);

#endif
