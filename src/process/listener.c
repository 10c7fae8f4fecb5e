#include "process/listener.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "process/rundir.h"

#define LOGGER "gaol.parent"
#define BACKLOG 64
#define TRIES 10

static int
address(struct sockaddr_un *sun, const char *path)
{
	if (strlen(path) >= sizeof(sun->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(sun->sun_path, path, strlen(path) + 1);
	return 0;
}

/*
 * 0 nobody is there, 1 somebody answers, -1 errno. Never waits: a full
 * backlog (EAGAIN) is somebody, too.
 */
static int
answers(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc, saved;

	if (fd == -1)
		return -1;
	rc = connect(fd, (const void *)sun, sizeof(*sun));
	saved = errno;
	close(fd);
	errno = saved;
	if (rc == 0 || errno == EAGAIN || errno == EINPROGRESS)
		return 1;
	return errno == ECONNREFUSED || errno == ENOENT ? 0 : -1;
}

/*
 * The engine of a parent that was killed dies with it, but not in the same
 * moment: whoever restarts us at once would be refused for nothing.
 */
static int
still_answers(const struct sockaddr_un *sun)
{
	static const struct timespec while_dying = { 0, 100 * 1000 * 1000 };
	int rc;

	for (int i = 0; (rc = answers(sun)) == 1 && i < TRIES; i++)
		nanosleep(&while_dying, NULL);
	return rc;
}

/* Frees the name: 0, or -1 (logged). */
static int
clear_name(const struct sockaddr_un *sun)
{
	const char *path = sun->sun_path;
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		goto fail;
	}
	if (!S_ISSOCK(st.st_mode)) {
		log_error(LOGGER, "'%s' is in the way of the control socket "
		    "and is no socket", path);
		errno = ENOTSOCK;
		return -1;
	}
	switch (still_answers(sun)) {
	case 0:
		if (unlink(path) == 0 || errno == ENOENT)
			return 0;
		break;
	case 1:
		log_error(LOGGER, "Server already running: a fail2ban or gaol "
		    "answers on '%s'", path);
		errno = EADDRINUSE;
		return -1;
	}
fail:
	log_error(LOGGER, "cannot take over the socket '%s': %s", path,
	    strerror(errno));
	return -1;
}

/* The mode is there with the name, by umask: no moment of another. */
static int
bind_private(int fd, const struct sockaddr_un *sun, gid_t gid)
{
	mode_t mask = umask(0117);
	int rc = bind(fd, (const void *)sun, sizeof(*sun));

	umask(mask);
	if (rc == -1)
		return -1;
	if ((gid != 0 && lchown(sun->sun_path, (uid_t)-1, gid) == -1) ||
	    listen(fd, BACKLOG) == -1) {
		unlink(sun->sun_path);
		return -1;
	}
	return 0;
}

int
listener_open(const char *path, gid_t gid)
{
	struct sockaddr_un sun;
	int fd = -1;

	if (address(&sun, path) == -1)
		goto fail;
	if (rundir_make(path) == -1 || clear_name(&sun) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && bind_private(fd, &sun, gid) == 0)
		return fd;
fail:
	log_error(LOGGER, "cannot bind the control socket '%s': %s", path,
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

void
listener_close(int fd, const char *path)
{
	if (fd == -1)
		return;
	unlink(path);
	close(fd);
}
