#include "process/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "process/probe_child.h"

#define LOGGER "gaol.parent"

#define TEXT_ENDS(field) (memchr((field), '\0', sizeof(field)) != NULL)

/* "" or an absolute path; only for a text that ends. */
static bool
absolute(const char *path)
{
	return path[0] == '\0' || path[0] == '/';
}

bool
probe_valid(const struct probe_result *r)
{
	if (!TEXT_ENDS(r->socket) || !TEXT_ENDS(r->pidfile) ||
	    !TEXT_ENDS(r->signins_file) || !TEXT_ENDS(r->state_dir) ||
	    !TEXT_ENDS(r->db_name) || !TEXT_ENDS(r->log_dir))
		return false;
	if (r->socket[0] != '/' || r->pidfile[0] != '/' ||
	    !absolute(r->signins_file) || !absolute(r->state_dir) ||
	    !absolute(r->log_dir) || strchr(r->db_name, '/') != NULL)
		return false;
	return logtarget_valid(&r->log) &&
	    (r->state_dir[0] == '\0') == (r->db_name[0] == '\0') &&
	    r->log_level >= 1 && r->log_level <= LEVEL_CRITICAL;
}

/* The child: no event loop, no exit handlers of the parent. */
static void
child(const struct start *start, int fd)
{
	struct probe_result result = { 0 };

	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (probe_child(start, &result) == -1)
		_exit(1);
	/* One write of less than a pipe holds: whole or not at all. */
	if (write(fd, &result, sizeof(result)) != (ssize_t)sizeof(result))
		_exit(1);
	_exit(0);
}

int
probe_begin(struct probe *p, const struct start *start)
{
	int ends[2];

	p->pid = -1;
	p->got = 0;
	if (pipe2(ends, O_CLOEXEC) == -1)
		goto fail;
	p->pid = fork();
	if (p->pid == 0)
		child(start, ends[1]);
	close(ends[1]);
	p->fd = ends[0];
	if (p->pid != -1 && fcntl(p->fd, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	close(p->fd);
	if (p->pid != -1)
		waitpid(p->pid, NULL, 0);
	p->pid = -1;
fail:
	log_error(LOGGER, "cannot start a process to read the configuration: "
	    "%s", strerror(errno));
	return -1;
}

int
probe_more(struct probe *p)
{
	ssize_t n;

	/* A byte more than there may be: too long is as wrong as too short. */
	char extra;

	while (p->got < sizeof(p->result)) {
		n = read(p->fd, (char *)&p->result + p->got,
		    sizeof(p->result) - p->got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			goto none;
		p->got += (size_t)n;
	}
	n = read(p->fd, &extra, 1);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0 && probe_valid(&p->result))
		return 1;
none:
	log_error(LOGGER, "the configuration could not be read");
	return -1;
}

void
probe_end(struct probe *p)
{
	if (p->pid == -1)
		return;
	close(p->fd);
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) == -1 && errno == EINTR)
		;
	p->pid = -1;
	p->fd = -1;
}

int
probe_run(const struct start *start, struct probe_result *out)
{
	struct probe p = { .pid = -1 };
	struct pollfd wait;
	int rc;

	if (probe_begin(&p, start) == -1)
		return -1;
	while ((rc = probe_more(&p)) == 0) {
		wait = (struct pollfd){ .fd = p.fd, .events = POLLIN };
		poll(&wait, 1, -1);
	}
	if (rc == 1)
		*out = p.result;
	probe_end(&p);
	return rc == 1 ? 0 : -1;
}
