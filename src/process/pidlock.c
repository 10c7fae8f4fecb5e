#include "process/pidlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"
#include "process/rundir.h"

#define LOGGER "gaol.parent"
#define TRIES 10

/* The number in the file, for the message; 0 when there is none. */
static int64_t
holder(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	int64_t pid = 0;

	if (n > 0)
		number_parse(span_trim(span_from(text, (size_t)n)), 1,
		    INT32_MAX, &pid);
	return pid;
}

/* Between open and lock the last holder may have removed the file. */
static bool
still_there(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && lstat(path, &named) == 0 &&
	    mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static int
open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY, 0644);

	if (fd == -1)
		goto fail;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
fail:
	log_error(LOGGER, "cannot open the pid file '%s': %s", path,
	    errno == EINVAL ? "not a regular file" : strerror(errno));
	return -1;
}

static void
log_holder(int fd, const char *path)
{
	int64_t pid = holder(fd);

	if (pid > 0)
		log_error(LOGGER, "Server already running (process %lld holds "
		    "'%s')", (long long)pid, path);
	else
		log_error(LOGGER, "Server already running ('%s' is locked)",
		    path);
}

int
pidlock_take(const char *path)
{
	int fd, saved;

	if (rundir_make(path) == -1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		fd = open_file(path);
		if (fd == -1)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			saved = errno;
			if (saved == EWOULDBLOCK)
				log_holder(fd, path);
			else
				log_error(LOGGER, "cannot lock '%s': %s",
				    path, strerror(saved));
			close(fd);
			errno = saved;
			return -1;
		}
		if (still_there(fd, path))
			return fd;
		close(fd);
	}
	log_error(LOGGER, "the pid file '%s' changes all the time", path);
	errno = EAGAIN;
	return -1;
}

/* Our number, or still nothing. */
static bool
is_ours(int fd)
{
	struct stat st;

	return (fstat(fd, &st) == 0 && st.st_size == 0) ||
	    holder(fd) == getpid();
}

int
pidlock_write(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n)
		return 0;
	log_error(LOGGER, "cannot write the pid file: %s", strerror(errno));
	return -1;
}

void
pidlock_release(int fd, const char *path)
{
	if (fd == -1)
		return;
	/*
	 * Removed first: whoever opens it now finds out in still_there(). What
	 * a server without a lock wrote stays, when we were refused.
	 */
	if (is_ours(fd) && still_there(fd, path))
		unlink(path);
	close(fd);
}
