/* The half of watch.h that may open paths. Linux: inotify(7). */
#include "source/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
#define DIR_EVENTS (IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF)
#define OPEN_TRIES 3

/* The kernel gives one wd per inode, so logs may have the same ones. */
struct log {
	int wd_file;
	int wd_before;     /* of the file that had the name before */
	int wd_dir;
};

struct watcher {
	int fd;
	struct log *v;     /* by number of the log */
	size_t n;
};

static const struct log no_log = { -1, -1, -1 };

struct watcher *
watcher_new(void)
{
	struct watcher *w;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->fd = fd;
	return w;
}

void
watcher_free(struct watcher *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	free(w->v);
	free(w);
}

int
watcher_fd(const struct watcher *w)
{
	return w->fd;
}

/* The caller's table bounds `number`; ours follows it. */
static struct log *
log_of(struct watcher *w, uint32_t number)
{
	size_t n = w->n;

	if (number >= n) {
		n = (size_t)number + 1 > 2 * n ? (size_t)number + 1 : 2 * n;
		w->v = xreallocarray(w->v, n, sizeof(*w->v));
		while (w->n < n)
			w->v[w->n++] = no_log;
	}
	return &w->v[number];
}

static bool
in_use(const struct watcher *w, int wd)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].wd_file == wd || w->v[i].wd_before == wd ||
		    w->v[i].wd_dir == wd)
			return true;
	return false;
}

/* Clears *wd; the watch goes when nobody else has it. */
static void
release(struct watcher *w, int *wd)
{
	int old = *wd;

	*wd = -1;
	/* EINVAL: the kernel removed it itself, with the file. */
	if (old != -1 && !in_use(w, old))
		inotify_rm_watch(w->fd, old);
}

static void
watch_dir(struct watcher *w, struct log *log, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int wd, old = log->wd_dir;

	if (slash == NULL)
		dir = xstrdup(".");
	else
		dir = xmemdup0(path, slash > path ? (size_t)(slash - path) :
		    1);
	wd = inotify_add_watch(w->fd, dir, DIR_EVENTS | IN_ONLYDIR);
	free(dir);
	log->wd_dir = wd;
	if (old != wd)
		release(w, &old);
}

static void
watch_file(struct watcher *w, struct log *log, const char *path)
{
	int wd = inotify_add_watch(w->fd, path, FILE_EVENTS);

	if (wd == log->wd_file)
		return;
	release(w, &log->wd_before);
	log->wd_before = log->wd_file;
	log->wd_file = wd;
}

static int
open_regular(const char *path, struct stat *st)
{
	int fd, error;

	/* O_NONBLOCK: a FIFO of that name must not hold us up. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	error = fstat(fd, st) == -1 ? errno : S_ISREG(st->st_mode) ? 0 :
	    EINVAL;
	if (error != 0) {
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/*
 * The directory first: whatever happens to the name from then on is seen. The
 * file is watched by its name, so make sure that it is still the one opened.
 */
int
watcher_open(struct watcher *w, uint32_t number, const char *path)
{
	struct log *log = log_of(w, number);
	struct stat opened, named;
	int fd, tries;

	watch_dir(w, log, path);
	for (tries = 1;; tries++) {
		fd = open_regular(path, &opened);
		if (fd == -1)
			return -1;
		watch_file(w, log, path);
		if (tries == OPEN_TRIES || (stat(path, &named) == 0 &&
		    named.st_dev == opened.st_dev &&
		    named.st_ino == opened.st_ino))
			return fd;
		close(fd);
	}
}

void
watcher_forget(struct watcher *w, uint32_t number)
{
	struct log *log;

	if (number >= w->n)
		return;
	log = &w->v[number];
	release(w, &log->wd_file);
	release(w, &log->wd_before);
	release(w, &log->wd_dir);
}

int
watcher_wd_file(const struct watcher *w, uint32_t log)
{
	return log < w->n ? w->v[log].wd_file : -1;
}

int
watcher_wd_dir(const struct watcher *w, uint32_t log)
{
	return log < w->n ? w->v[log].wd_dir : -1;
}
