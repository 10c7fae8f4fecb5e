/*
 * Files that ignoreip names: opened for the engine, which may not, and again
 * whenever they are other ones. Only paths of our own configuration.
 */
#include "process/warden_local.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.warden"

/* What was last told of a file. */
struct warden_ignored {
	bool told;
	int error;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

static bool
is_same(const struct warden_ignored *a, const struct warden_ignored *b)
{
	return a->told && a->error == b->error && a->dev == b->dev &&
	    a->ino == b->ino && a->size == b->size &&
	    a->mtime.tv_sec == b->mtime.tv_sec &&
	    a->mtime.tv_nsec == b->mtime.tv_nsec;
}

static struct warden_ignored
look_at(const char *path)
{
	struct warden_ignored now = { .told = true };
	struct stat st;

	if (stat(path, &st) == -1) {
		now.error = errno;
		return now;
	}
	now.dev = st.st_dev;
	now.ino = st.st_ino;
	now.size = st.st_size;
	now.mtime = st.st_mtim;
	return now;
}

/* A pipe or a device would be waited for. -1 with errno. */
static int
open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= WIRE_IGNORE_FILE_MAX)
		return fd;
	close(fd);
	errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	return -1;
}

static void
look(struct warden *w, uint32_t number)
{
	const char *path = w->now->plan.ignore_files.v[number];
	struct warden_ignored now = look_at(path);
	struct wire_ignore m = {
		.type = WIRE_IGNORE_FD, .generation = w->now->generation,
		.file = number,
	};
	int fd;

	if (is_same(&w->ignored[number], &now))
		return;
	w->ignored[number] = now;
	fd = open_file(path);
	if (fd == -1) {
		m.type = WIRE_IGNORE_ERROR;
		m.error = errno;
	}
	port_send(w->engine, &m, sizeof(m), fd);
	if (fd != -1)
		close(fd);
}

static void
look_at_all(struct warden *w)
{
	for (size_t i = 0; w->engine != NULL &&
	    i < w->now->plan.ignore_files.n; i++)
		look(w, (uint32_t)i);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look_at_all(arg);
}

void
warden_ignore_start(struct warden *w)
{
	/* Half the second that a change may take at most. */
	const struct timeval often = { .tv_usec = 500000 };
	size_t n = w->now->plan.ignore_files.n;

	free(w->ignored);
	w->ignored = xcalloc(n + 1, sizeof(*w->ignored));
	if (w->ignore_look == NULL)
		w->ignore_look = event_new(w->base, -1, EV_PERSIST, on_look,
		    w);
	if (w->ignore_look == NULL ||
	    (n > 0 ? event_add(w->ignore_look, &often) :
	    event_del(w->ignore_look)) == -1)
		log_error(LOGGER, "files of ignoreip are not looked at again: "
		    "no timer");
	look_at_all(w);
}

void
warden_ignore_fini(struct warden *w)
{
	if (w->ignore_look != NULL)
		event_free(w->ignore_look);
	free(w->ignored);
}
