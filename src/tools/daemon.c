#include "tools/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/strings.h"

#define NAP_MS 20

extern char **environ;

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
nap(void)
{
	const struct timespec ts = { 0, NAP_MS * 1000000L };

	nanosleep(&ts, NULL);
}

bool
daemon_answers(const struct target *t)
{
	static const char *const ping[] = { "ping" };
	char type[CLIENT_TYPE_MAX];
	struct buf error = { 0 };
	json_t *pong = target_ask(t, 1, ping, type, &error);
	bool answers = pong != NULL;

	json_decref(pong);
	buf_fini(&error);
	return answers;
}

/* DIR/name as a string of the caller's, or NULL when it is no program. */
static char *
program_in(struct span dir, const char *name)
{
	struct buf path = { 0 };

	buf_add_span(&path, dir);
	buf_addf(&path, "/%s", name);
	if (access(path.p, X_OK) == 0)
		return buf_take(&path);
	buf_fini(&path);
	return NULL;
}

/* Beside this program, in the sbin beside its bin, in PATH, in the sbins. */
static char *
find_program(void)
{
	static const char sbins[] = "/usr/local/sbin:/usr/sbin:/sbin";
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	struct span dir = { self, n > 0 ? (size_t)n : 0 };
	size_t slash = span_find_last(dir, SPAN("/"));
	struct buf dirs = { 0 };
	struct span rest;
	char *found = NULL;

	if (slash != SPAN_NONE && (size_t)n < sizeof(self)) {
		dir = span_sub(dir, 0, slash);
		buf_addf(&dirs, "%.*s:%.*s/../sbin:", SPAN_FMT(dir),
		    SPAN_FMT(dir));
	}
	if (getenv("PATH") != NULL)
		buf_addf(&dirs, "%s:", getenv("PATH"));
	buf_adds(&dirs, sbins);
	rest = buf_span(&dirs);
	while (found == NULL && span_cut(&rest, ':', &dir))
		if (dir.n > 0)
			found = program_in(dir, "gaold");
	buf_fini(&dirs);
	return found;
}

static void
add_option(struct strings *argv, const char *option, const char *value)
{
	if (value == NULL)
		return;
	strings_add(argv, span_of(option));
	strings_add(argv, span_of(value));
}

/* argv of gaold, NULL behind it, with the program's path as its first. */
static int
make_argv(const struct target *t, const char *how, const char *const *extra,
    struct strings *argv, struct buf *why)
{
	char *program = find_program();

	if (program == NULL) {
		buf_adds(why, "gaold was found neither beside this program "
		    "nor in PATH");
		return -1;
	}
	strings_take(argv, program);
	strings_add(argv, span_of(how));
	add_option(argv, "-c", t->dir);
	add_option(argv, "-s", t->socket_given);
	add_option(argv, "-p", t->pidfile_given);
	for (; extra != NULL && *extra != NULL; extra++)
		strings_add(argv, span_of(*extra));
	strings_take(argv, NULL);
	return 0;
}

/* Its own session: an interrupt at our terminal is none of the daemon's. */
static pid_t
spawn(char *const *argv)
{
	posix_spawnattr_t attr;
	pid_t pid = -1;
	int error;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	error = posix_spawn(&pid, argv[0], NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	errno = error;
	return error == 0 ? pid : -1;
}

static void
add_end(struct buf *why, int status)
{
	if (WIFSIGNALED(status))
		buf_addf(why, "gaold was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		buf_addf(why, "gaold ended with status %d",
		    WEXITSTATUS(status));
}

/*
 * The process that was started ends with 0 as soon as the daemon stands on
 * its own feet; ending otherwise is the failure.
 */
static int
wait_ready(const struct target *t, pid_t pid, struct buf *why)
{
	int64_t end = now_ms() + (int64_t)t->timeout * 1000;
	struct target probe = *t;
	bool ended = false;
	int status;

	probe.timeout = 1;
	do {
		if (!ended && waitpid(pid, &status, WNOHANG) == pid) {
			ended = true;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
				add_end(why, status);
				return -1;
			}
		}
		if (daemon_answers(&probe))
			return 0;
		nap();
	} while (now_ms() < end);
	buf_addf(why, "gaold does not answer at %s after %d s", t->socket,
	    t->timeout);
	return -1;
}

int
daemon_start(const struct target *t, const char *const *extra,
    struct buf *why)
{
	struct strings argv = { 0 };
	pid_t pid;
	int rc = -1;

	if (make_argv(t, "-b", extra, &argv, why) == 0) {
		pid = spawn(argv.v);
		if (pid == -1)
			buf_addf(why, "%s: %s", argv.v[0], strerror(errno));
		else
			rc = wait_ready(t, pid, why);
	}
	strings_fini(&argv);
	return rc;
}

int
daemon_exec(const struct target *t, const char *const *extra,
    struct buf *why)
{
	struct strings argv = { 0 };

	if (make_argv(t, "-f", extra, &argv, why) == 0) {
		execv(argv.v[0], argv.v);
		buf_addf(why, "%s: %s", argv.v[0], strerror(errno));
	}
	strings_fini(&argv);
	return -1;
}

/* Does the kernel still know a listener there? */
static bool
is_listening(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	bool yes;
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return false;
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return false;
	yes = connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ||
	    errno == EAGAIN;
	close(fd);
	return yes;
}

/* A pid file that cannot be opened says nothing: then the socket decides. */
static bool
is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool yes;

	if (fd == -1)
		return false;
	yes = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return yes;
}

int
daemon_stop(const struct target *t, bool flush, char type[CLIENT_TYPE_MAX],
    struct buf *why)
{
	static const char *const words[] = { "stop", "--flush" };
	int64_t end = now_ms() + (int64_t)t->timeout * 1000;
	json_t *reply = target_ask(t, flush ? 2 : 1, words, type, why);

	if (reply == NULL)
		return -1;
	json_decref(reply);
	while (is_listening(t->socket) || is_locked(t->pidfile)) {
		if (now_ms() >= end) {
			type[0] = '\0';
			buf_addf(why, "gaold has not ended after %d s",
			    t->timeout);
			errno = 0;
			return -1;
		}
		nap();
	}
	return 0;
}
