#include "process/logtarget.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define LOGGER "gaol.parent"

/* O_NONBLOCK: a FIFO in its place must not hold the parent up. */
static int
open_file(const char *path)
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

static const char *
reason(void)
{
	if (errno == EINVAL)
		return "not a regular file";
	if (errno == ELOOP)
		return "a symbolic link";
	return strerror(errno);
}

int
logtarget_open(const struct probe_result *p)
{
	const char *name = p->log_file;
	int fd = -1;

	switch ((enum probe_log)p->log_kind) {
	case PROBE_LOG_FILE:
		fd = open_file(p->log_file);
		break;
	case PROBE_LOG_STDOUT:
		name = "STDOUT";
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
		break;
	case PROBE_LOG_STDERR:
		name = "STDERR";
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
		break;
	case PROBE_LOG_SYSLOG:
		name = p->syslog_socket;
		fd = log_open_syslog(p->syslog_socket);
		break;
	}
	if (fd == -1)
		log_error(LOGGER, "cannot open the log target '%s': %s", name,
		    reason());
	return fd;
}

void
logtarget_use(const struct probe_result *p, int fd)
{
	log_set_level((enum log_level)p->log_level);
	if (p->log_kind == PROBE_LOG_SYSLOG)
		log_set_syslog_fd(fd, NULL);
	else
		log_set_fd(fd);
}

void
logtarget_refresh(const struct probe_result *p, int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	_Static_assert(sizeof(sun.sun_path) >= sizeof(p->syslog_socket),
	    "syslog_socket");
	if (p->log_kind != PROBE_LOG_SYSLOG)
		return;
	memcpy(sun.sun_path, p->syslog_socket, sizeof(p->syslog_socket));
	/* Nobody there yet: the old peer stays, and the next time comes. */
	(void)connect(fd, (const void *)&sun, sizeof(sun));
}
