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

struct log_file {
	const char *name;      /* for errors */
	int fd;                /* -1: not ours to close */
	struct unpack *from;
	struct progress progress;
	const struct log_file_calls *calls;
	void *arg;
	char *p;               /* LOG_FILE_LINE_MAX bytes */
	size_t have;           /* of them, all behind the last newline but … */
	bool skipping;         /* … inside the rest of an overlong line */
	bool stopped;
	uint64_t lines, bytes;
};

static void
one_line(struct log_file *r, struct span line)
{
	if (r->skipping || r->stopped)
		return;
	r->lines++;
	r->stopped = !r->calls->line(line, r->arg);
}

static void
tell_block(struct log_file *r, struct span block)
{
	if (r->calls->block != NULL)
		r->calls->block(block, r->arg);
}

static void
cut_lines(struct log_file *r)
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

static void
begin(struct log_file *f, int fd, const struct log_file_calls *calls,
    void *arg)
{
	struct stat st;

	*f = (struct log_file){ .fd = -1, .calls = calls, .arg = arg,
		.from = unpack_new(fd), .p = xmalloc(LOG_FILE_LINE_MAX) };
	progress_begin(&f->progress, stderr, fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
}

static void
end(struct log_file *f)
{
	progress_end(&f->progress);
	unpack_free(f->from);
	free(f->p);
}

/* 1; 0: that was all; -1: the unpacker says why. */
static int
step(struct log_file *r)
{
	ssize_t n;

	if (r->stopped)
		return 0;
	n = unpack_read(r->from, r->p + r->have, LOG_FILE_LINE_MAX - r->have);
	if (n == 0 && r->have > 0)
		one_line(r, span_from(r->p, r->have));
	if (n <= 0)
		return (int)n;
	r->have += (size_t)n;
	r->bytes += (uint64_t)n;
	cut_lines(r);
	progress_show(&r->progress, unpack_offset(r->from), r->lines);
	return 1;
}

int
log_file_feed(int fd, const struct log_file_calls *calls, void *arg,
    uint64_t *bytes, struct buf *why)
{
	struct log_file f;
	int rc;

	begin(&f, fd, calls, arg);
	while ((rc = step(&f)) == 1)
		continue;
	if (rc == -1)
		buf_adds(why, unpack_why(f.from));
	if (bytes != NULL)
		*bytes = f.bytes;
	end(&f);
	return rc;
}

static void
complain(const char *name, const char *why)
{
	fprintf(stderr, "gaol: %s: %s\n", strcmp(name, "-") == 0 ?
	    "standard input" : name, why);
}

struct log_file *
log_file_open(const char *path, const struct log_file_calls *calls,
    void *arg)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct log_file *f;

	if (fd == -1) {
		complain(path, strerror(errno));
		return NULL;
	}
	f = xmalloc(sizeof(*f));
	begin(f, fd, calls, arg);
	f->name = path;
	f->fd = input ? -1 : fd;
	return f;
}

int
log_file_step(struct log_file *f)
{
	int rc = step(f);

	if (rc == -1)
		complain(f->name, unpack_why(f->from));
	return rc;
}

void
log_file_close(struct log_file *f)
{
	if (f == NULL)
		return;
	end(f);
	if (f->fd != -1)
		close(f->fd);
	free(f);
}

int
log_file_read(const char *path, const struct log_file_calls *calls, void *arg)
{
	struct log_file *f = log_file_open(path, calls, arg);
	int rc;

	if (f == NULL)
		return -1;
	while ((rc = log_file_step(f)) == 1)
		continue;
	log_file_close(f);
	return rc;
}
