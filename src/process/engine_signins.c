#include "process/engine_signins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/signin.h"
#include "base/xalloc.h"

struct signins {
	char *path;
	int fd;                  /* -1: not open */
	int error;
	uint64_t failed;
	struct buf line;
};

struct signins *
signins_new(const char *path)
{
	struct signins *s;

	if (path == NULL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(path);
	s->fd = -1;
	return s;
}

static void
close_file(struct signins *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

void
signins_free(struct signins *s)
{
	if (s == NULL)
		return;
	close_file(s);
	buf_fini(&s->line);
	free(s->path);
	free(s);
}

/* Is what is open still what the name leads to? */
static bool
is_current(const struct signins *s)
{
	struct stat open_one, named;

	return s->fd != -1 && fstat(s->fd, &open_one) == 0 &&
	    stat(s->path, &named) == 0 && open_one.st_dev == named.st_dev &&
	    open_one.st_ino == named.st_ino;
}

/* A regular file only: a fifo would make the thread wait. */
static int
open_file(struct signins *s)
{
	struct stat st;

	close_file(s);
	s->fd = open(s->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0640);
	if (s->fd == -1 || fstat(s->fd, &st) == -1)
		return -1;
	if (S_ISREG(st.st_mode))
		return 0;
	close_file(s);
	errno = EINVAL;
	return -1;
}

static int
write_line(struct signins *s, const struct access_event *e)
{
	ssize_t n;

	if (!is_current(s) && open_file(s) == -1)
		return -1;
	buf_clear(&s->line);
	signin_line(e, &s->line);
	n = write(s->fd, s->line.p, s->line.n);
	if (n == (ssize_t)s->line.n)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -1;
}

void
signins_write(struct signins *s, const struct access_event *e)
{
	s->error = write_line(s, e) == 0 ? 0 : errno;
	s->failed += s->error != 0;
}

uint64_t
signins_failed(const struct signins *s)
{
	return s != NULL ? s->failed : 0;
}

int
signins_error(const struct signins *s)
{
	return s != NULL ? s->error : 0;
}
