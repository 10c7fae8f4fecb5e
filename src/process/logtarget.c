#include "process/logtarget.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_journal.h"

/* "" or an absolute path; only for a text that ends. */
static bool
absolute(const char *path)
{
	return path[0] == '\0' || path[0] == '/';
}

bool
logtarget_valid(const struct logtarget *p)
{
	if (memchr(p->file, '\0', sizeof(p->file)) == NULL ||
	    memchr(p->syslog_socket, '\0', sizeof(p->syslog_socket)) == NULL)
		return false;
	return p->kind >= LOGTARGET_FILE && p->kind <= LOGTARGET_JOURNAL &&
	    absolute(p->file) && absolute(p->syslog_socket) &&
	    log_layout_valid(&p->layout) &&
	    (p->kind == LOGTARGET_FILE) == (p->file[0] != '\0');
}

/* O_NONBLOCK: a FIFO in its place must not hold the parent up. */
static int
open_file(int dir, const char *path, struct stat *st)
{
	int fd = openat(dir, path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640);

	if (fd == -1)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* What a path of "DIR/NAME" has behind DIR; NULL: it is not of that form. */
static const char *
name_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n <= 1 || strncmp(path, dir, n) != 0 || path[n] != '/')
		return NULL;
	path += n + 1;
	/* Neither "." and ".." nor a file that nobody sees. */
	return path[0] == '\0' || path[0] == '.' || strchr(path, '/') != NULL ?
	    NULL : path;
}

static int
open_dir(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

int
logtarget_open_in(const struct logtarget *p, const char *path)
{
	const char *name = name_in(p->file, path);
	int fd, error, dir;
	struct stat st;

	if (name == NULL) {
		errno = EPERM;
		return -1;
	}
	dir = open_dir(path);
	if (dir == -1)
		return -1;
	fd = open_file(dir, name, &st);
	error = errno;
	close(dir);
	if (fd != -1 && (st.st_uid != geteuid() || st.st_nlink != 1)) {
		close(fd);
		fd = -1;
		error = EPERM;
	}
	errno = error;
	return fd;
}

bool
logtarget_is_syslog(const char *path)
{
	static const char *const known[] = {
		"/dev/log", "/run/systemd/journal/dev-log",
		"/run/systemd/journal/syslog", "/var/run/log",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(path, known[i]) == 0)
			return true;
	return false;
}

int
logtarget_open_file(const char *path)
{
	struct stat st;

	return open_file(AT_FDCWD, path, &st);
}

const char *
logtarget_why(void)
{
	if (errno == EINVAL)
		return "not a regular file";
	if (errno == ELOOP)
		return "a symbolic link";
	return strerror(errno);
}

const char *
logtarget_name(const struct logtarget *p)
{
	switch ((enum logtarget_kind)p->kind) {
	case LOGTARGET_FILE:
		return p->file;
	case LOGTARGET_STDOUT:
		return "STDOUT";
	case LOGTARGET_STDERR:
		return "STDERR";
	case LOGTARGET_SYSLOG:
		return p->syslog_socket;
	case LOGTARGET_JOURNAL:
		return LOG_JOURNAL_SOCKET;
	}
	return "?";
}

int
logtarget_open(const struct logtarget *p)
{
	struct stat st;

	switch ((enum logtarget_kind)p->kind) {
	case LOGTARGET_FILE:
		return open_file(AT_FDCWD, p->file, &st);
	case LOGTARGET_STDOUT:
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	case LOGTARGET_STDERR:
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	case LOGTARGET_SYSLOG:
	case LOGTARGET_JOURNAL:
		return log_open_syslog(logtarget_name(p));
	}
	errno = EINVAL;
	return -1;
}

int
logtarget_stand_in(const struct logtarget *p, bool background,
    struct log_layout *layout, const char **what)
{
	int fd = -1;

	*layout = (struct log_layout){ .facility = p->layout.facility };
	if (background)
		fd = log_open_syslog(p->syslog_socket);
	if (fd != -1) {
		layout->target = LOG_TARGET_SYSLOG;
		*what = "syslog";
		return fd;
	}
	layout->target = LOG_TARGET_FD;
	layout->date = layout->padding = 1;
	*what = "standard error";
	return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
}

void
logtarget_refresh(const struct logtarget *p, int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *name = logtarget_name(p);

	_Static_assert(sizeof(sun.sun_path) >= sizeof(p->syslog_socket) &&
	    sizeof(sun.sun_path) >= sizeof(LOG_JOURNAL_SOCKET),
	    "syslog_socket");
	if (p->kind != LOGTARGET_SYSLOG &&
	    p->kind != LOGTARGET_JOURNAL)
		return;
	memcpy(sun.sun_path, name, strlen(name) + 1);
	/* Nobody there yet: the old peer stays, and the next time comes. */
	(void)connect(fd, (const void *)&sun, sizeof(sun));
}
