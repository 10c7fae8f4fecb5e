#include "process/role.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/turn.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "process/engine.h"
#include "process/resolver.h"
#include "process/runner.h"
#include "process/warden.h"

#define ROLE_OPTION "--role="
#define OPTIONS_MAX 20

enum {
	OPT_ROLE = 1, OPT_DIR, OPT_SHARE, OPT_SOCKET, OPT_PIDFILE,
	OPT_LOG_LEVEL, OPT_LOG_TARGET, OPT_SYSLOG_SOCKET, OPT_STATE_DIR,
	OPT_UID, OPT_GID, OPT_SOCKET_GID, OPT_LEVEL, OPT_PARENT,
	OPT_BACKGROUND, OPT_ASYNC,
};

static const struct option long_options[] = {
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "conf", required_argument, NULL, OPT_DIR },
	{ "share", required_argument, NULL, OPT_SHARE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "pidfile", required_argument, NULL, OPT_PIDFILE },
	{ "loglevel", required_argument, NULL, OPT_LOG_LEVEL },
	{ "logtarget", required_argument, NULL, OPT_LOG_TARGET },
	{ "syslogsocket", required_argument, NULL, OPT_SYSLOG_SOCKET },
	{ "state", required_argument, NULL, OPT_STATE_DIR },
	{ "uid", required_argument, NULL, OPT_UID },
	{ "gid", required_argument, NULL, OPT_GID },
	{ "socket-gid", required_argument, NULL, OPT_SOCKET_GID },
	{ "level", required_argument, NULL, OPT_LEVEL },
	{ "parent", required_argument, NULL, OPT_PARENT },
	{ "background", no_argument, NULL, OPT_BACKGROUND },
	{ "async", no_argument, NULL, OPT_ASYNC },
	{ NULL, 0, NULL, 0 }
};

static const char *const names[ROLES] = {
	[ROLE_WARDEN] = "warden",
	[ROLE_ENGINE] = "engine",
	[ROLE_RUNNER] = "runner",
	[ROLE_RESOLVER] = "resolver",
};

static int exit_status;

const char *
role_name(enum role role)
{
	return names[role];
}

bool
role_asked(int argc, char *const *argv)
{
	return argc > 1 &&
	    strncmp(argv[1], ROLE_OPTION, strlen(ROLE_OPTION)) == 0;
}

/* --- options <-> argv --------------------------------------------------- */

/* Arguments are gathered behind one another, each with its NUL. */
static void
add_text(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(b, "--%s=%s", name, value);
	buf_addc(b, '\0');
}

static void
add_number(struct buf *b, const char *name, long long value)
{
	buf_addf(b, "--%s=%lld", name, value);
	buf_addc(b, '\0');
}

static void
add_flag(struct buf *b, const char *name, bool value)
{
	if (!value)
		return;
	buf_addf(b, "--%s", name);
	buf_addc(b, '\0');
}

char **
role_argv(const struct role_options *o)
{
	struct buf b = { 0 };
	size_t n = 0;
	char **argv;
	char *text;

	add_text(&b, "role", role_name(o->role));
	add_text(&b, "conf", o->dir);
	add_text(&b, "share", o->share);
	add_text(&b, "socket", o->socket);
	add_text(&b, "pidfile", o->pidfile);
	add_text(&b, "loglevel", o->log_level);
	add_text(&b, "logtarget", o->log_target);
	add_text(&b, "syslogsocket", o->syslog_socket);
	add_text(&b, "state", o->state_dir);
	add_number(&b, "uid", o->uid);
	add_number(&b, "gid", o->gid);
	add_number(&b, "socket-gid", o->socket_gid);
	add_number(&b, "level", o->level);
	add_number(&b, "parent", o->parent);
	add_flag(&b, "background", o->background);
	add_flag(&b, "async", o->async);

	/* One block: the pointers, then the text they point to. */
	argv = xmalloc((OPTIONS_MAX + 1) * sizeof(*argv) + b.n);
	text = (char *)(argv + OPTIONS_MAX + 1);
	memcpy(text, b.p, b.n);
	argv[n++] = (char *)"gaold";
	for (size_t at = 0; at < b.n; at += strlen(text + at) + 1)
		argv[n++] = text + at;
	argv[n] = NULL;
	buf_fini(&b);
	return argv;
}

static uint32_t
number(const char *text, int64_t max)
{
	int64_t n;

	if (number_parse(span_of(text), 0, max, &n) == -1)
		log_fatal("gaol.role", "'%s' is no number of a role's options",
		    text);
	return (uint32_t)n;
}

static int
take_role(struct role_options *o, const char *name)
{
	for (int i = 0; i < ROLES; i++)
		if (strcmp(name, names[i]) == 0) {
			o->role = (enum role)i;
			return 0;
		}
	return -1;
}

static int
take_option(struct role_options *o, int c, const char *value)
{
	switch (c) {
	case OPT_ROLE: return take_role(o, value);
	case OPT_DIR: o->dir = value; break;
	case OPT_SHARE: o->share = value; break;
	case OPT_SOCKET: o->socket = value; break;
	case OPT_PIDFILE: o->pidfile = value; break;
	case OPT_LOG_LEVEL: o->log_level = value; break;
	case OPT_LOG_TARGET: o->log_target = value; break;
	case OPT_SYSLOG_SOCKET: o->syslog_socket = value; break;
	case OPT_STATE_DIR: o->state_dir = value; break;
	case OPT_UID: o->uid = number(value, UINT32_MAX); break;
	case OPT_GID: o->gid = number(value, UINT32_MAX); break;
	case OPT_SOCKET_GID: o->socket_gid = number(value, UINT32_MAX); break;
	case OPT_LEVEL: o->level = (int)number(value, LEVEL_CRITICAL); break;
	case OPT_PARENT: o->parent = (pid_t)number(value, INT32_MAX); break;
	case OPT_BACKGROUND: o->background = true; break;
	case OPT_ASYNC: o->async = true; break;
	default: return -1;
	}
	return 0;
}

static int
parse(struct role_options *o, int argc, char **argv)
{
	int c;

	*o = (struct role_options){ .level = LEVEL_INFO };
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (take_option(o, c, optarg) == -1)
			return -1;
	return optind == argc ? 0 : -1;
}

/* --- the process of a role ---------------------------------------------- */

/*
 * The parent decides when to stop. A terminal and a supervisor send their
 * signals to all processes at once; an engine that died of them would leave
 * rows unwritten.
 */
static void
ignore_signals(void)
{
	static const int ignored[] = {
		SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE
	};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

static void
settle(const struct role_options *o)
{
	const struct rlimit none = { 0, 0 };
	char name[16];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	ignore_signals();
	snprintf(name, sizeof(name), "gaold-%s", role_name(o->role));
	prctl(PR_SET_NAME, name, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != o->parent)
		log_fatal("gaol.role", "the parent is gone");
	if (null == -1 || dup2(null, STDIN_FILENO) == -1)
		log_fatal("gaol.role", "/dev/null: %s", strerror(errno));
	close(null);
	/* A core of a process that holds logs and accounts helps nobody. */
	setrlimit(RLIMIT_CORE, &none);
	log_set_level((enum log_level)o->level);
	tzset();   /* while the files are in reach */
}

static int
dispatch(struct event_base *base)
{
	if (turn_dispatch(base) == -1) {
		log_error("gaol.role", "the event loop failed");
		return 1;
	}
	return exit_status;
}

static int
run_warden(struct event_base *base, const struct role_options *o)
{
	struct warden *w = warden_new(base, ROLE_FD, o, false);
	int status;

	if (w == NULL)
		return 1;
	status = dispatch(base);
	warden_free(w);
	return status;
}

static int
run_engine(struct event_base *base, const struct role_options *o)
{
	struct engine *e = engine_new(base, ROLE_FD, o, false);
	int status;

	if (e == NULL)
		return 1;
	status = dispatch(base);
	engine_free(e);
	return status;
}

static int
run_runner(struct event_base *base, const struct role_options *o)
{
	struct runner *r = runner_new(base, ROLE_FD, o, false);
	int status = dispatch(base);

	runner_free(r);
	return status;
}

static int
run_resolver(struct event_base *base, const struct role_options *o)
{
	struct resolver *r = resolver_new(base, ROLE_FD, o, false);
	int status;

	if (r == NULL)
		return 1;
	status = dispatch(base);
	resolver_free(r);
	return status;
}

static int
run(struct event_base *base, const struct role_options *o)
{
	switch (o->role) {
	case ROLE_WARDEN:
		return run_warden(base, o);
	case ROLE_ENGINE:
		return run_engine(base, o);
	case ROLE_RUNNER:
		return run_runner(base, o);
	case ROLE_RESOLVER:
		return run_resolver(base, o);
	}
	return 2;
}

int
role_main(int argc, char **argv)
{
	struct role_options o;
	struct event_base *base;
	int status;

	if (parse(&o, argc, argv) == -1 || fcntl(ROLE_FD, F_GETFD) == -1) {
		fprintf(stderr, "gaold: %s is for gaold itself\n", argv[1]);
		return 2;
	}
	settle(&o);
	base = event_base_new();
	if (base == NULL)
		log_fatal("gaol.role", "no event loop");
	status = run(base, &o);
	event_base_free(base);
	return status;
}

/* --- for the roles -------------------------------------------------------- */

/* Standard input is /dev/null since settle(): here it is out of reach. */
static void
leave_terminal(void)
{
	dup2(STDIN_FILENO, STDOUT_FILENO);
	dup2(STDIN_FILENO, STDERR_FILENO);
}

void
role_log(const struct role_options *o, const struct log_layout *layout, int fd)
{
	static int current = -1;

	if (o->single) {
		close(fd);
		return;
	}
	log_set_target(fd, layout);
	if (current != -1)
		close(current);
	else if (o->background)
		leave_terminal();
	current = fd;
}

void
role_end(const struct role_options *o, struct event_base *base, int status)
{
	if (o->single)
		return;
	exit_status = status;
	event_base_loopexit(base, NULL);
}
