#include "process/parent.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/turn.h"
#include "process/engine.h"
#include "process/listener.h"
#include "process/notify.h"
#include "process/parent_local.h"
#include "process/pidlock.h"
#include "process/rundir.h"

#define LOGGER "gaol.parent"
#define REFRESH_SECONDS 5
#define STEADY ROLE_RUNNER   /* roles below it live as long as the daemon */

static const char *const state_names[] = {
	"starting", "ready", "stopping", "ended"
};

static void
set_state(struct parent *p, enum state state, const char *event)
{
	if (p->state == state)
		return;
	log_debug(LOGGER, "%s -> %s (%s)", state_names[p->state],
	    state_names[state], event);
	p->state = state;
}

/* --- the end ------------------------------------------------------------ */

static void
end(struct parent *p, int status, const char *event)
{
	set_state(p, ENDED, event);
	p->status = status;
	event_base_loopexit(p->base, NULL);
}

/*
 * The engine first: while it commits, ends its shell actions and says good-bye
 * to its clients, runner and warden still answer it.
 */
void
parent_stop_next(struct parent *p)
{
	struct child *runner = p->children[ROLE_RUNNER];
	struct child *resolver = p->children[ROLE_RESOLVER];

	if (!child_gone(p->children[ROLE_ENGINE]))
		child_stop(p->children[ROLE_ENGINE]);
	else if (runner != NULL && !child_gone(runner))
		child_stop(runner);
	else if (resolver != NULL && !child_gone(resolver))
		child_stop(resolver);
	else if (!child_gone(p->children[ROLE_WARDEN]))
		child_stop(p->children[ROLE_WARDEN]);
	else
		end(p, p->status, "all children have ended");
}

/* Commands that undo what others did take their time. */
static int
stop_seconds(const struct parent *p)
{
	return PARENT_STOP_SECONDS +
	    (p->children[ROLE_RUNNER] != NULL ? ENGINE_RUN_STOP_SECONDS : 0);
}

static void
stop(struct parent *p, int status, const char *event)
{
	const struct timeval limit = { .tv_sec = stop_seconds(p) };

	if (p->state == STOPPING || p->state == ENDED)
		return;
	set_state(p, STOPPING, event);
	p->status = status;
	notify_send("STOPPING=1");
	event_add(p->deadline, &limit);
	parent_stop_next(p);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	log_error(LOGGER, "not stopped within %d seconds: killed",
	    stop_seconds(p));
	end(p, 1, "time is up");
}

/* --- what children say -------------------------------------------------- */

/* Nobody looks at the terminal any more; the log has what it needs. */
static void
leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

static void
tell_ready(struct parent *p)
{
	if (p->ready_fd != -1) {
		leave_terminal();
		if (write(p->ready_fd, "", 1) != 1)
			log_warning(LOGGER, "nobody waits for the start");
		close(p->ready_fd);
		p->ready_fd = -1;
	} else if (p->start->compat) {
		puts("Server ready");
		fflush(stdout);
	}
	notify_ready("running");
}

static void
on_child_ready(void *arg)
{
	struct parent *p = arg;

	if (!child_ready(p->children[ROLE_WARDEN]) ||
	    !child_ready(p->children[ROLE_ENGINE]))
		return;
	if (p->state != STARTING)
		return;
	set_state(p, READY, "all children are ready");
	tell_ready(p);
}

static void
on_child_stopped(int status, void *arg)
{
	struct parent *p = arg;

	stop(p, status, "the engine stopped");
}

/* The other one still has rows or requests to finish: it is stopped. */
static void
on_child_lost(struct child *c, void *arg)
{
	struct parent *p = arg;

	if (p->state == STOPPING || p->state == ENDED)
		return;
	log_at(LEVEL_CRITICAL, LOGGER, "the %s is lost; bans stay in the "
	    "kernel", child_name(c));
	stop(p, 1, "a child is lost");
}

static void
on_child_gone(struct child *c, bool orderly, void *arg)
{
	struct parent *p = arg;

	on_child_lost(c, p);
	if (p->state != STOPPING)
		return;
	if (!orderly)
		p->status = 1;
	parent_stop_next(p);
}

/* SIGUSR1, or `flushlogs` of a client: the engine then says it was done. */
static void
flushlogs(struct parent *p)
{
	parent_log_reopen(p);
	parent_signins_open(p);
	child_flushlogs(p->children[ROLE_ENGINE]);
}

static void
on_child_wish(struct child *c, uint32_t type, const void *body, void *arg)
{
	struct parent *p = arg;
	bool engine = c == p->children[ROLE_ENGINE];

	if (type == WIRE_REOPEN_LOG)
		flushlogs(p);
	else if (type == WIRE_RELOAD_START)
		parent_log_reload(p,
		    ((const struct wire_config *)body)->generation);
	else if (type == WIRE_SET_LEVEL && engine)
		parent_log_set_level(p, body);
	else if (type == WIRE_SET_TARGET && engine)
		parent_log_set_target(p, body);
	else if (type == WIRE_WANT_RUNNER)
		parent_spare_want(p, ROLE_RUNNER);
	else if (type == WIRE_WANT_RESOLVER)
		parent_spare_want(p, ROLE_RESOLVER);
}

static const struct child_events child_events = {
	.ready = on_child_ready,
	.stopped = on_child_stopped,
	.lost = on_child_lost,
	.gone = on_child_gone,
	.wish = on_child_wish,
};

/* --- signals ------------------------------------------------------------ */

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct parent *p = arg;

	(void)what;
	switch ((int)sig) {
	case SIGHUP:
		if (!p->start->foreground)
			break;
		/* FALLTHROUGH */
	case SIGTERM:
	case SIGINT:
		stop(p, 0, strsignal((int)sig));
		break;
	case SIGUSR1:
		flushlogs(p);
		break;
	case SIGCHLD:
		for (int i = 0; i < ROLES; i++)
			child_reap(p->children[i]);
		break;
	}
}

static void
watch_signals(struct parent *p)
{
	static const int wanted[SIGNALS] = {
		SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD
	};

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIGNALS; i++) {
		p->signals[i] = evsignal_new(p->base, wanted[i], on_signal, p);
		if (p->signals[i] == NULL ||
		    event_add(p->signals[i], NULL) == -1)
			log_fatal(LOGGER, "no event for signal %d", wanted[i]);
	}
}

/* --- the beginning ------------------------------------------------------ */

static bool
have_rights(const struct start *start)
{
	if (start->single || geteuid() == 0)
		return true;
	log_error(LOGGER, "gaold needs root to open logs and the firewall; "
	    "-1 runs without privilege separation");
	return false;
}

/* Everything that needs root, while nothing foreign has been read. */
static int
open_all(struct parent *p)
{
	const struct probe_result *r = &p->probe;

	p->lock_fd = pidlock_take(r->pidfile);
	if (p->lock_fd == -1)
		return -1;
	p->listen_fd = listener_open(r->socket, r->socket_gid);
	if (p->listen_fd == -1 || pidlock_write(p->lock_fd) == -1)
		return -1;
	if (r->state_dir[0] != '\0' && rundir_state(r->state_dir, r->db_name,
	    r->engine_uid, r->engine_gid) == -1)
		return -1;
	return parent_log_open(p);
}

/* One descriptor a log: as many as the system lets us have. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void
parent_options(struct role_options *o, const struct parent *p, enum role role)
{
	const struct start *s = p->start;
	const struct probe_result *r = &p->probe;

	*o = (struct role_options){
		.role = role, .dir = s->dir, .share = s->share,
		.socket = s->socket, .pidfile = s->pidfile,
		.log_level = s->log_level, .log_target = s->log_target,
		.syslog_socket = s->syslog_socket,
		.state_dir = r->state_dir[0] != '\0' ? r->state_dir : NULL,
		.socket_gid = r->socket_gid, .level = (int)r->log_level,
		.background = !s->foreground, .single = s->single, .async = s->async,
		.parent = getpid(),
	};
	/* The runner reads itself whom it becomes. */
	if (role == ROLE_RUNNER)
		return;
	o->uid = role == ROLE_WARDEN ? r->warden_uid :
	    role == ROLE_RESOLVER ? r->resolver_uid : r->engine_uid;
	o->gid = role == ROLE_WARDEN ? r->warden_gid :
	    role == ROLE_RESOLVER ? r->resolver_gid : r->engine_gid;
}

static int
start_children(struct parent *p)
{
	int ends[2];

	for (int i = 0; i < STEADY; i++) {
		struct role_options o;

		parent_options(&o, p, (enum role)i);
		p->children[i] = child_new(p->base, &o, &child_events, p);
		if (p->children[i] == NULL)
			return -1;
	}
	if (child_link(ends) == -1) {
		log_error(LOGGER, "no link between warden and engine: %s",
		    strerror(errno));
		return -1;
	}
	for (int i = 0; i < STEADY; i++) {
		child_give_log(p->children[i], &p->log_layout, p->log_fd);
		child_give(p->children[i], GIFT_PEER, ends[i]);
		close(ends[i]);
	}
	child_give(p->children[ROLE_ENGINE], GIFT_SOCKET, p->listen_fd);
	parent_signins_open(p);
	return 0;
}

static void
make_loop(struct parent *p)
{
	static const struct timeval often = { REFRESH_SECONDS, 0 };

	p->base = event_base_new();
	if (p->base == NULL)
		log_fatal(LOGGER, "no event loop");
	watch_signals(p);
	p->deadline = evtimer_new(p->base, on_deadline, p);
	p->refresh = event_new(p->base, -1, EV_PERSIST,
	    parent_log_refresh, p);
	if (p->deadline == NULL || p->refresh == NULL ||
	    event_add(p->refresh, &often) == -1)
		log_fatal(LOGGER, "no event for a timer");
}

static void
fini(struct parent *p)
{
	for (int i = ROLES; i-- > 0;)
		child_free(p->children[i]);
	parent_log_reload_end(p);
	parent_spare_fini(p);
	for (int i = 0; i < SIGNALS; i++)
		if (p->signals[i] != NULL)
			event_free(p->signals[i]);
	if (p->deadline != NULL)
		event_free(p->deadline);
	if (p->refresh != NULL)
		event_free(p->refresh);
	if (p->base != NULL)
		event_base_free(p->base);
	listener_close(p->listen_fd, p->probe.socket);
	pidlock_release(p->lock_fd, p->probe.pidfile);
	log_set_fd(-1);
	if (p->log_fd != -1)
		close(p->log_fd);
	if (p->ready_fd != -1)
		close(p->ready_fd);
}

int
parent_run(const struct start *start, int ready_fd)
{
	struct parent p = {
		.start = start, .status = 1, .lock_fd = -1, .listen_fd = -1,
		.log_fd = -1, .ready_fd = ready_fd, .reload = { .pid = -1 },
	};

	if (!have_rights(start) || probe_run(start, &p.probe) == -1 ||
	    open_all(&p) == -1)
		goto out;
	raise_limits();
	log_set_level((enum log_level)p.probe.log_level);
	log_set_target(p.log_fd, &p.log_layout);
	make_loop(&p);
	if (start_children(&p) == 0 && turn_dispatch(p.base) == -1)
		log_error(LOGGER, "the event loop failed");
out:
	fini(&p);
	return p.status;
}
