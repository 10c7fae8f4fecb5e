/*
 * The file of sign-ins (signins_file in gaol.conf): opened by the parent, for
 * nobody else may open what the administrator names, and given to the engine,
 * which can only append to it.
 */
#include "process/parent_local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "process/logtarget.h"

#define LOGGER "gaol.parent"

/* Whoever may put files there could have us write to one of his. */
static int
check_directory(const char *path)
{
	char dir[PROBE_PATH_MAX];
	struct stat st;
	char *slash;

	memcpy(dir, path, strlen(path) + 1);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	if (stat(dir, &st) == -1)
		return -1;
	if ((st.st_mode & S_IWOTH) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

static const char *
reason(int error)
{
	errno = error;
	return error == EPERM ? "others may write in its directory" :
	    logtarget_why();
}

static int
open_file(const char *path)
{
	struct stat st;
	int fd = check_directory(path) == 0 ? logtarget_open_file(path) : -1;

	if (fd == -1 || (fstat(fd, &st) == 0 && st.st_nlink == 1))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

void
parent_signins_open(struct parent *p)
{
	const char *path = p->probe.signins_file;
	struct stat st;
	int fd, error;

	if (path[0] == '\0')
		return;
	fd = open_file(path);
	error = errno;
	if (fd == -1 && error != p->signins_error)
		log_error(LOGGER, "signins_file: cannot open '%s': %s; sign-"
		    "ins are not written until that works", path,
		    reason(error));
	p->signins_error = fd == -1 ? error : 0;
	if (fd == -1 || p->children[ROLE_ENGINE] == NULL)
		return;
	if (fstat(fd, &st) == 0) {
		p->signins_dev = st.st_dev;
		p->signins_ino = st.st_ino;
	}
	child_give(p->children[ROLE_ENGINE], GIFT_SIGNINS, fd);
	close(fd);
}

void
parent_signins_refresh(struct parent *p)
{
	struct stat st;

	if (p->probe.signins_file[0] == '\0')
		return;
	if (p->signins_error == 0 &&
	    stat(p->probe.signins_file, &st) == 0 &&
	    st.st_dev == p->signins_dev && st.st_ino == p->signins_ino)
		return;
	parent_signins_open(p);
}
