/* A log that may be packed, or come through a pipe, in lines. */
#ifndef GAOL_TOOLS_LOG_FILE_H
#define GAOL_TOOLS_LOG_FILE_H

#include <stdbool.h>

#include "base/span.h"

struct log_file_calls {
	/* What was just read, before its lines; n 0: it is gone. May be NULL. */
	void (*block)(struct span block, void *arg);
	/* Without its newline. False: read no further. */
	bool (*line)(struct span line, void *arg);
};

#define LOG_FILE_LINE_MAX (1u << 20)   /* the rest of a longer line is lost */

/*
 * Reads it to its end ("-": standard input), in constant memory; shows how far
 * it is on a terminal. 0, or -1: an error was printed.
 */
int log_file_read(const char *path, const struct log_file_calls *calls,
    void *arg);

#endif
