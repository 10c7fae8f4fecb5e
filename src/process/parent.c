#include "process/parent.h"

#include <assert.h>
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
#include "process/child.h"
#include "process/listener.h"
#include "process/logtarget.h"
#include "process/notify.h"
#include "process/pidlock.h"
#include "process/probe.h"
#include "process/rundir.h"

#define LOGGER "gaol.parent"
#define REFRESH_SECONDS 5

/*
 * STARTING -> READY -> STOPPING -> ENDED; a child that is lost while STARTING
 * ends it at once, one that is lost later stops the other.
 */
enum state { STARTING, READY, STOPPING, ENDED };

static const char *const state_names[] = {
	"starting", "ready", "stopping", "ended"
};

#define SIGNALS 5

struct parent {
	const struct start *start;
	struct probe_result probe;    /* what is open now */
	struct event_base *base;
	enum state state;
	int status;                   /* of the exit */
	int lock_fd;
	int listen_fd;
	int log_fd;
	int ready_fd;
	struct child *children[ROLES];
	struct event *signals[SIGNALS];
	struct event *deadline;       /* of STOPPING */
	struct event *refresh;        /* of a syslog socket */
	struct probe reload;          /* running when reload_event is set */
	struct event *reload_event;
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

/* --- the end --------------------------------------------------------------- */

static void
end(struct parent *p, int status, const char *event)
{
	set_state(p, ENDED, event);
	p->status = status;
	event_base_loopexit(p->base, NULL);
}

/*
 * The engine first: while it commits and says good-bye to its clients, the
 * warden still answers it.
 */
static void
stop_next(struct parent *p)
{
	if (!child_gone(p->children[ROLE_ENGINE]))
		child_stop(p->children[ROLE_ENGINE]);
	else if (!child_gone(p->children[ROLE_WARDEN]))
		child_stop(p->children[ROLE_WARDEN]);
	else
		end(p, p->status, "all children have ended");
}

static void
stop(struct parent *p, int status, const char *event)
{
	static const struct timeval limit = { PARENT_STOP_SECONDS, 0 };

	if (p->state == STOPPING || p->state == ENDED)
		return;
	set_state(p, STOPPING, event);
	p->status = status;
	notify_send("STOPPING=1");
	event_add(p->deadline, &limit);
	stop_next(p);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	log_error(LOGGER, "not stopped within %d seconds: killed",
	    PARENT_STOP_SECONDS);
	end(p, 1, "time is up");
}

/* --- the log --------------------------------------------------------------- */

/* The old target stays when the new one cannot be opened. */
static int
renew_log(struct parent *p, const struct probe_result *probe)
{
	int fd = logtarget_open(probe);

	if (fd == -1)
		return -1;
	logtarget_use(probe, fd);
	for (int i = 0; i < ROLES; i++)
		child_give(p->children[i], GIFT_LOG, fd);
	close(p->log_fd);
	p->log_fd = fd;
	return 0;
}

/* There is nothing to open again of the standard streams. */
static void
reopen_log(struct parent *p)
{
	if (p->probe.log_kind == PROBE_LOG_FILE ||
	    p->probe.log_kind == PROBE_LOG_SYSLOG)
		renew_log(p, &p->probe);
}

static void
on_refresh(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	logtarget_refresh(&p->probe, p->log_fd);
}

/* --- fail2ban.conf once more ----------------------------------------------- */

static void
adopt(struct parent *p, const struct probe_result *next)
{
	struct probe_result *now = &p->probe;

	if (strcmp(next->socket, now->socket) != 0 ||
	    strcmp(next->pidfile, now->pidfile) != 0 ||
	    strcmp(next->state_dir, now->state_dir) != 0 ||
	    next->engine_uid != now->engine_uid ||
	    next->warden_uid != now->warden_uid)
		log_warning(LOGGER, "socket, pidfile, the directory of dbfile "
		    "and users change with a restart only");
	log_set_level((enum log_level)next->log_level);
	now->log_level = next->log_level;
	if (next->log_kind == now->log_kind &&
	    strcmp(next->log_file, now->log_file) == 0 &&
	    strcmp(next->syslog_socket, now->syslog_socket) == 0)
		return;
	if (renew_log(p, next) == -1)
		return;
	now->log_kind = next->log_kind;
	memcpy(now->log_file, next->log_file, sizeof(now->log_file));
	memcpy(now->syslog_socket, next->syslog_socket,
	    sizeof(now->syslog_socket));
}

static void
reload_end(struct parent *p)
{
	if (p->reload_event == NULL)
		return;
	event_free(p->reload_event);
	p->reload_event = NULL;
	probe_end(&p->reload);
}

static void
on_reload(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;
	int rc = probe_more(&p->reload);

	(void)fd;
	(void)what;
	if (rc == 0)
		return;
	if (rc == 1)
		adopt(p, &p->reload.result);
	reload_end(p);
	notify_ready("running");
}

static void
reload(struct parent *p)
{
	/* One at a time; the running one reads what is there now, too. */
	if (p->reload_event != NULL || p->state != READY)
		return;
	if (probe_begin(&p->reload, p->start) == -1)
		return;
	notify_reloading();
	p->reload_event = event_new(p->base, p->reload.fd,
	    EV_READ | EV_PERSIST, on_reload, p);
	if (p->reload_event == NULL || event_add(p->reload_event, NULL) == -1)
		log_fatal(LOGGER, "no event for a reload");
}

/* --- what children say ----------------------------------------------------- */

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

	for (int i = 0; i < ROLES; i++)
		if (!child_ready(p->children[i]))
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

static void
on_child_gone(struct child *c, bool orderly, void *arg)
{
	struct parent *p = arg;

	switch (p->state) {
	case STARTING:
		end(p, 1, "a child could not start");
		break;
	case READY:
		log_at(LEVEL_CRITICAL, LOGGER, "the %s is lost; bans stay in "
		    "the kernel", child_name(c));
		/* the other one still has rows or requests to finish */
		stop(p, 1, "a child is lost");
		break;
	case STOPPING:
		if (!orderly)
			p->status = 1;
		stop_next(p);
		break;
	case ENDED:
		break;
	}
}

static void
on_child_wish(uint32_t type, void *arg)
{
	struct parent *p = arg;

	if (type == WIRE_REOPEN_LOG)
		reopen_log(p);
	else if (type == WIRE_RELOAD_START)
		reload(p);
}

static const struct child_events child_events = {
	.ready = on_child_ready,
	.stopped = on_child_stopped,
	.gone = on_child_gone,
	.wish = on_child_wish,
};

/* --- signals --------------------------------------------------------------- */

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
		reopen_log(p);
		child_flushlogs(p->children[ROLE_ENGINE]);
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

/* --- the beginning --------------------------------------------------------- */

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
	p->log_fd = logtarget_open(r);
	return p->log_fd == -1 ? -1 : 0;
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

static void
set_options(struct role_options *o, const struct parent *p, enum role role)
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
		.background = !s->foreground, .single = s->single,
		.parent = getpid(),
	};
	o->uid = role == ROLE_ENGINE ? r->engine_uid : r->warden_uid;
	o->gid = role == ROLE_ENGINE ? r->engine_gid : r->warden_gid;
}

static int
start_children(struct parent *p)
{
	int ends[2];

	for (int i = 0; i < ROLES; i++) {
		struct role_options o;

		set_options(&o, p, (enum role)i);
		p->children[i] = child_new(p->base, &o, &child_events, p);
		if (p->children[i] == NULL)
			return -1;
	}
	if (child_link(ends) == -1) {
		log_error(LOGGER, "no link between warden and engine: %s",
		    strerror(errno));
		return -1;
	}
	for (int i = 0; i < ROLES; i++) {
		child_give(p->children[i], GIFT_LOG, p->log_fd);
		child_give(p->children[i], GIFT_PEER, ends[i]);
		close(ends[i]);
	}
	child_give(p->children[ROLE_ENGINE], GIFT_SOCKET, p->listen_fd);
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
	p->refresh = event_new(p->base, -1, EV_PERSIST, on_refresh, p);
	if (p->deadline == NULL || p->refresh == NULL ||
	    event_add(p->refresh, &often) == -1)
		log_fatal(LOGGER, "no event for a timer");
}

static void
fini(struct parent *p)
{
	for (int i = ROLES; i-- > 0;)
		child_free(p->children[i]);
	reload_end(p);
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
	logtarget_use(&p.probe, p.log_fd);
	make_loop(&p);
	if (start_children(&p) == 0 && event_base_dispatch(p.base) == -1)
		log_error(LOGGER, "the event loop failed");
out:
	fini(&p);
	return p.status;
}
