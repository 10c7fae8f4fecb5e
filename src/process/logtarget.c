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
int
logtarget_open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
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
	switch ((enum logtarget_kind)p->kind) {
	case LOGTARGET_FILE:
		return logtarget_open_file(p->file);
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
