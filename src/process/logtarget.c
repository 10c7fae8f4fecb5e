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
logtarget_name(const struct probe_result *p)
{
	switch ((enum probe_log)p->log_kind) {
	case PROBE_LOG_FILE:
		return p->log_file;
	case PROBE_LOG_STDOUT:
		return "STDOUT";
	case PROBE_LOG_STDERR:
		return "STDERR";
	case PROBE_LOG_SYSLOG:
		return p->syslog_socket;
	case PROBE_LOG_JOURNAL:
		return LOG_JOURNAL_SOCKET;
	}
	return "?";
}

int
logtarget_open(const struct probe_result *p)
{
	switch ((enum probe_log)p->log_kind) {
	case PROBE_LOG_FILE:
		return logtarget_open_file(p->log_file);
	case PROBE_LOG_STDOUT:
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	case PROBE_LOG_STDERR:
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	case PROBE_LOG_SYSLOG:
	case PROBE_LOG_JOURNAL:
		return log_open_syslog(logtarget_name(p));
	}
	errno = EINVAL;
	return -1;
}

int
logtarget_stand_in(const struct probe_result *p, bool background,
    struct log_layout *layout, const char **what)
{
	int fd = -1;

	*layout = (struct log_layout){ .facility = p->log_layout.facility };
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
logtarget_refresh(const struct probe_result *p, int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *name = logtarget_name(p);

	_Static_assert(sizeof(sun.sun_path) >= sizeof(p->syslog_socket) &&
	    sizeof(sun.sun_path) >= sizeof(LOG_JOURNAL_SOCKET),
	    "syslog_socket");
	if (p->log_kind != PROBE_LOG_SYSLOG &&
	    p->log_kind != PROBE_LOG_JOURNAL)
		return;
	memcpy(sun.sun_path, name, strlen(name) + 1);
	/* Nobody there yet: the old peer stays, and the next time comes. */
	(void)connect(fd, (const void *)&sun, sizeof(sun));
}
