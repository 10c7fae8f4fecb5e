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
	uint64_t lines, bytes;
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
		r->bytes += (uint64_t)n;
		cut_lines(r);
		progress_show(progress, unpack_offset(from), r->lines);
	}
	if (n == 0 && r->have > 0)
		one_line(r, span_from(r->p, r->have));
	return r->stopped ? 0 : n;
}

int
log_file_feed(int fd, const struct log_file_calls *calls, void *arg,
    uint64_t *bytes, struct buf *why)
{
	struct reading r = { .calls = calls, .arg = arg };
	struct unpack *from = unpack_new(fd);
	struct progress progress;
	struct stat st;
	ssize_t n;

	r.p = xmalloc(LOG_FILE_LINE_MAX);
	progress_begin(&progress, stderr, fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
	n = read_lines(&r, from, &progress);
	progress_end(&progress);
	if (n == -1)
		buf_adds(why, unpack_why(from));
	if (bytes != NULL)
		*bytes = r.bytes;
	unpack_free(from);
	free(r.p);
	return n == -1 ? -1 : 0;
}

int
log_file_read(const char *path, const struct log_file_calls *calls, void *arg)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf why = { 0 };
	int rc = -1;

	if (fd == -1)
		buf_adds(&why, strerror(errno));
	else
		rc = log_file_feed(fd, calls, arg, NULL, &why);
	if (rc == -1)
		fprintf(stderr, "gaol: %s: %s\n", input ? "standard input" :
		    path, why.p);
	if (fd != -1 && !input)
		close(fd);
	buf_fini(&why);
	return rc;
}
