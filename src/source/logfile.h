/*
 * One opened file behind a log's name: how far it was read, and whether it is
 * still the file it was. A tail follows one or, around a rotation, several.
 */
#ifndef GAOL_SOURCE_LOGFILE_H
#define GAOL_SOURCE_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/position.h"
#include "source/lines.h"

struct logfile;

/* What the files of one tail did, summed up by its owner. */
struct logfile_counters {
	uint64_t lines, bytes, cut, truncations;
};

/* Takes over fd, whose fstat(2) is st. Starts at offset 0. */
struct logfile *logfile_new(int fd, const struct stat *st, size_t line_max);
void logfile_free(struct logfile *f);   /* closes it; NULL is a no-op */
bool logfile_is(const struct logfile *f, const struct stat *st);
/* Continue at `stored` if it means this file; else nothing changes. */
void logfile_resume(struct logfile *f, const struct tail_position *stored);
/* Continue behind the last complete line there is. */
void logfile_skip_to_end(struct logfile *f);
/*
 * The complete lines in up to `most` bytes before what is delivered next: they
 * were, or are not wanted. Nothing changes by it.
 */
void logfile_before(const struct logfile *f, size_t most, lines_fn *line,
    void *arg);
/* Nothing was ever written to it (or it was truncated and is still empty). */
bool logfile_is_empty(const struct logfile *f);
/*
 * Gets each block that is read, then the lines in it; last an empty block.
 * A block with the serial of one before is the same one, at the same place.
 */
struct logfile_reader {
	void (*block)(struct span block, uint64_t serial, void *arg);
	lines_skip_fn *skip;       /* NULL: gets every line */
	lines_fn *line;
	void *arg;
};
/*
 * Delivers complete lines, taking what it reads off *budget. 1: there may be
 * more (budget used up, or `line` stopped), 0: end of file, -1: errno.
 */
int logfile_read(struct logfile *f, size_t *budget,
    const struct logfile_reader *reader, struct logfile_counters *counters);
void logfile_position(const struct logfile *f, struct tail_position *out);

#endif
