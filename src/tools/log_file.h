/* A log that may be packed, or come through a pipe, in lines. */
#ifndef GAOL_TOOLS_LOG_FILE_H
#define GAOL_TOOLS_LOG_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct log_file_calls {
	/* What was just read, before its lines; n 0: it is gone. May be NULL. */
	void (*block)(struct span block, void *arg);
	/* Without its newline. False: read no further. */
	bool (*line)(struct span line, void *arg);
};

#define LOG_FILE_LINE_MAX (256u * 1024)   /* the rest of a longer line is lost */

/*
 * Reads fd to its end in constant memory, and shows how far it is on a
 * terminal. 0, or -1: `why` says what is wrong. *bytes, if not NULL: how many
 * there were, unpacked.
 */
int log_file_feed(int fd, const struct log_file_calls *calls, void *arg,
    uint64_t *bytes, struct buf *why);
/* The same by pieces, for who reads several logs side by side. */
struct log_file;
/* "-": standard input. NULL: an error was printed. */
struct log_file *log_file_open(const char *path,
    const struct log_file_calls *calls, void *arg);
/* The next lines. 1; 0: that was the end; -1: an error was printed. */
int log_file_step(struct log_file *f);
void log_file_close(struct log_file *f);   /* NULL is a no-op */

/*
 * Reads it to its end ("-": standard input). 0, or -1: an error was printed.
 */
int log_file_read(const char *path, const struct log_file_calls *calls,
    void *arg);

#endif
