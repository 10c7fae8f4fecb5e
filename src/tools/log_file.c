#include "tools/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tools/progress.h"
#include "tools/unpack.h"

struct reading {
	const struct log_file_calls *calls;
	void *arg;
	char *p;               /* LOG_FILE_LINE_MAX bytes */
	size_t have;           /* of them, all behind the last newline but … */
	bool skipping;         /* … inside the rest of an overlong line */
	bool stopped;
	uint64_t lines;
};

static void
one_line(struct reading *r, struct span line)
{
	if (r->skipping || r->stopped)
		return;
	r->lines++;
	r->stopped = !r->calls->line(line, r->arg);
}

static void
tell_block(struct reading *r, struct span block)
{
	if (r->calls->block != NULL)
		r->calls->block(block, r->arg);
}

static void
cut_lines(struct reading *r)
{
	size_t at = 0;
	char *newline;

	tell_block(r, span_from(r->p, r->have));
	while ((newline = memchr(r->p + at, '\n', r->have - at)) != NULL) {
		one_line(r, span_from(r->p + at,
		    (size_t)(newline - r->p) - at));
		r->skipping = false;
		at = (size_t)(newline - r->p) + 1;
	}
	if (at == 0 && r->have == LOG_FILE_LINE_MAX) {
		one_line(r, span_from(r->p, r->have));
		r->skipping = true;
		at = r->have;
	}
	r->have -= at;
	memmove(r->p, r->p + at, r->have);
	tell_block(r, (struct span){ NULL, 0 });
}

static ssize_t
read_lines(struct reading *r, struct unpack *from, struct progress *progress)
{
	ssize_t n = 0;

	while (!r->stopped && (n = unpack_read(from, r->p + r->have,
	    LOG_FILE_LINE_MAX - r->have)) > 0) {
		r->have += (size_t)n;
		cut_lines(r);
		progress_show(progress, unpack_offset(from), r->lines);
	}
	if (n == 0 && r->have > 0)
		one_line(r, span_from(r->p, r->have));
	return r->stopped ? 0 : n;
}

static int
read_fd(const char *path, int fd, struct reading *r)
{
	struct unpack *from = unpack_new(fd);
	struct progress progress;
	struct stat st;
	ssize_t n;

	r->p = xmalloc(LOG_FILE_LINE_MAX);
	progress_begin(&progress, stderr, fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
	n = read_lines(r, from, &progress);
	progress_end(&progress);
	if (n == -1)
		fprintf(stderr, "gaol: %s: %s\n", path, unpack_why(from));
	unpack_free(from);
	free(r->p);
	return n == -1 ? -1 : 0;
}

int
log_file_read(const char *path, const struct log_file_calls *calls, void *arg)
{
	struct reading r = { .calls = calls, .arg = arg };
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_fd("standard input", STDIN_FILENO, &r);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		fprintf(stderr, "gaol: %s: %s\n", path, strerror(errno));
		return -1;
	}
	rc = read_fd(path, fd, &r);
	close(fd);
	return rc;
}
