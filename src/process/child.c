#include "process/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine.h"
#include "process/resolver.h"
#include "process/runner.h"
#include "process/spawn.h"
#include "process/warden.h"

#define LOGGER "gaol.parent"

struct child {
	struct role_options options;
	const struct child_events *events;
	void *arg;
	struct port *port;
	pid_t pid;                  /* -1: none, or reaped */
	struct warden *warden;      /* single mode */
	struct engine *engine;
	struct runner *runner;
	struct resolver *resolver;
	bool ready;
	bool stop_sent;
	bool stopped;               /* said WIRE_STOPPED */
	bool gone;
};

static void on_message(uint32_t, const void *, size_t, int, void *);
static void on_closed(const char *, void *);

static const struct port_handlers handlers = { on_message, on_closed };

int
child_link(int ends[2])
{
	return spawn_link(ends);
}

/* In single mode the role takes over its end. */
static int
begin_here(struct child *c, struct event_base *base, int link)
{
	switch (c->options.role) {
	case ROLE_WARDEN:
		c->warden = warden_new(base, link, &c->options, true);
		return c->warden != NULL ? 0 : -1;
	case ROLE_ENGINE:
		c->engine = engine_new(base, link, &c->options, true);
		return c->engine != NULL ? 0 : -1;
	case ROLE_RUNNER:
		c->runner = runner_new(base, link, &c->options, true);
		return 0;
	case ROLE_RESOLVER:
		c->resolver = resolver_new(base, link, &c->options, true);
		return c->resolver != NULL ? 0 : -1;
	}
	return -1;
}

static int
begin(struct child *c, struct event_base *base, int link)
{
	if (c->options.single)
		return begin_here(c, base, link);
	c->pid = spawn_role(&c->options, link);
	close(link);
	return c->pid == -1 ? -1 : 0;
}

struct child *
child_new(struct event_base *base, const struct role_options *options,
    const struct child_events *events, void *arg)
{
	struct child *c = xcalloc(1, sizeof(*c));
	int ends[2];

	c->options = *options;
	c->events = events;
	c->arg = arg;
	c->pid = -1;
	if (spawn_link(ends) == -1) {
		log_error(LOGGER, "no link to the %s: %s", child_name(c),
		    strerror(errno));
		goto fail;
	}
	c->port = port_new(base, ends[0], wire_to_parent, &handlers, c);
	if (begin(c, base, ends[1]) == 0)
		return c;
	port_free(c->port);
fail:
	free(c);
	return NULL;
}

void
child_free(struct child *c)
{
	if (c == NULL)
		return;
	if (c->pid != -1) {
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
			;
	}
	resolver_free(c->resolver);
	runner_free(c->runner);
	engine_free(c->engine);
	warden_free(c->warden);
	port_free(c->port);
	free(c);
}

/* --- to the child ------------------------------------------------------- */

static void
tell(struct child *c, const void *body, size_t size, int fd)
{
	if (!c->gone && port_send(c->port, body, size, fd) == -1)
		log_warning(LOGGER, "cannot talk to the %s: %s",
		    child_name(c), strerror(errno));
}

void
child_give(struct child *c, enum wire_gift gift, int fd)
{
	const struct wire_give m = { .type = WIRE_GIVE, .gift = gift };

	tell(c, &m, sizeof(m), fd);
}

void
child_give_log(struct child *c, const struct log_layout *layout, int fd)
{
	const struct wire_give m = {
		.type = WIRE_GIVE, .gift = GIFT_LOG, .layout = *layout,
	};

	tell(c, &m, sizeof(m), fd);
}

void
child_stop(struct child *c)
{
	const struct wire_plain m = { .type = WIRE_STOP };

	if (c->stop_sent || c->stopped)
		return;
	c->stop_sent = true;
	tell(c, &m, sizeof(m), -1);
}

void
child_flushlogs(struct child *c)
{
	const struct wire_plain m = { .type = WIRE_FLUSHLOGS };

	tell(c, &m, sizeof(m), -1);
}

void
child_level(struct child *c, uint32_t level)
{
	const struct wire_level m = { .type = WIRE_LEVEL, .level = level };

	tell(c, &m, sizeof(m), -1);
}

void
child_target_set(struct child *c, int error)
{
	const struct wire_target_set m = {
		.type = WIRE_TARGET_SET, .error = error,
	};

	tell(c, &m, sizeof(m), -1);
}

/* --- from the child ----------------------------------------------------- */

static void
set_gone(struct child *c, bool orderly)
{
	if (c->gone)
		return;
	c->gone = true;
	c->events->gone(c, orderly, c->arg);
}

static void
on_stopped(struct child *c, const struct wire_stopped *m)
{
	bool asked = c->stop_sent;

	c->stopped = true;
	if (!asked && c->options.role == ROLE_ENGINE)
		c->events->stopped(m->status != 0, c->arg);
	/* Here nothing exits: its word is the end. */
	if (c->options.single)
		set_gone(c, true);
}

static void
on_message(uint32_t type, const void *body, size_t records, int fd, void *arg)
{
	struct child *c = arg;

	(void)records;
	(void)fd;   /* no rule has one */
	switch (type) {
	case WIRE_READY:
		c->ready = true;
		c->events->ready(c->arg);
		break;
	case WIRE_STOPPED:
		on_stopped(c, body);
		break;
	default:
		c->events->wish(c, type, body, c->arg);
		break;
	}
}

/*
 * A process that ends closes its link first; it may still be writing down what
 * it knows, and SIGCHLD tells how it ended. Who broke the rules ends now.
 */
static void
on_closed(const char *why, void *arg)
{
	struct child *c = arg;

	if (c->options.single) {
		set_gone(c, c->stopped);
		return;
	}
	if (why != port_peer_gone && c->pid != -1) {
		log_error(LOGGER, "the %s broke the rules of its link: %s",
		    child_name(c), why);
		kill(c->pid, SIGKILL);
	}
	if (!c->stopped && !c->stop_sent)
		c->events->lost(c, c->arg);
}

static void
log_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_error(LOGGER, "the %s made a system call that it may not "
		    "make (GAOL_SECCOMP=trap names it)", child_name(c));
	else if (WIFSIGNALED(status))
		log_error(LOGGER, "the %s was ended by signal %d (%s)",
		    child_name(c), WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0 || !(c->stopped || c->stop_sent))
		log_error(LOGGER, "the %s exited with status %d",
		    child_name(c), WEXITSTATUS(status));
}

void
child_reap(struct child *c)
{
	int status;

	if (c == NULL || c->pid == -1 ||
	    waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	c->pid = -1;
	log_end(c, status);
	set_gone(c, (c->stopped || c->stop_sent) && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0);
}

bool
child_ready(const struct child *c)
{
	return c->ready;
}

bool
child_gone(const struct child *c)
{
	return c->gone;
}

const char *
child_name(const struct child *c)
{
	return role_name(c->options.role);
}
