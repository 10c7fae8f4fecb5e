#include "action/command_local.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/tree.h"
#include "base/log.h"
#include "base/xalloc.h"

#define SHELL "/bin/sh"
#define DEFAULT_PATH \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define TERM_TO_KILL 0.2   /* seconds, as fail2ban */
#define KILL_TO_LOST 2.0   /* then it hangs in the kernel: go on without */

/* Ours are close-on-exec; this is for what our parent left open. */
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
#define HAVE_CLOSEFROM
#endif

extern char **environ;

/* Whose mark is whose, also among several runners. */
static void
set_mark(struct command *c)
{
	snprintf(c->mark, sizeof(c->mark), "%ld-%" PRIx64, (long)getpid(),
	    c->number);
}

static void
timer_set(struct command *c, double seconds)
{
	struct timeval tv = {
		.tv_sec = (time_t)seconds,
		.tv_usec =
		    (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6),
	};

	event_add(c->timer, &tv);
}

void
command_kill(struct command *c)
{
	c->state = COMMAND_KILLED;
	tree_kill(c->pid, c->mark);
}

/* The process cannot be killed: a driver, a dead file server … */
static void
give_up(struct command *c)
{
	pool_remove(c->pool, c);
	output_finish(&c->out);
	output_finish(&c->err);
	c->result.code = -SIGKILL;
	command_log(c);
	command_finish(c);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct command *c = arg;

	(void)fd;
	(void)what;
	switch (c->state) {
	case COMMAND_RUNNING:
		c->result.timed_out = true;
		command_log_timeout(c);
		c->state = COMMAND_ENDING;
		kill(-c->pid, SIGTERM);
		timer_set(c, TERM_TO_KILL);
		break;
	case COMMAND_ENDING:
		command_kill(c);
		timer_set(c, KILL_TO_LOST);
		pool_reap(c->pool);   /* may free c */
		break;
	default:
		give_up(c);
	}
}

struct command *
command_start(struct pool *pool, struct escape *script,
    const struct command_options *options, command_done_fn *done, void *arg)
{
	struct command *c = xcalloc(1, sizeof(*c));

	*c = (struct command){
		.pool = pool, .script = *script, .options = *options,
		.done = done, .arg = arg, .number = pool_number(pool),
		.out.fd = -1, .err.fd = -1,
	};
	*script = (struct escape){ 0 };
	if (!(c->options.timeout > 0))
		c->options.timeout = COMMAND_TIMEOUT;
	set_mark(c);
	c->timer = event_new(pool_base(pool), -1, 0, timer_cb, c);
	if (c->timer == NULL)
		log_fatal("gaol.action", "no memory for a timer");
	pool_add(pool, c);
	return c;
}

void
command_free(struct command *c)
{
	event_free(c->timer);
	output_fini(&c->out);
	output_fini(&c->err);
	escape_fini(&c->script);
	free(c);
}

void
command_cancel(struct command *c)
{
	if (c == NULL)
		return;
	c->done = NULL;
	if (c->state == COMMAND_WAITING) {
		pool_remove(c->pool, c);
		command_free(c);
	} else if (c->state != COMMAND_KILLED) {
		/* The pool keeps it until its process is gone. */
		command_kill(c);
		timer_set(c, KILL_TO_LOST);
	}
}

void
command_finish(struct command *c)
{
	if (c->done != NULL)
		c->done(&c->result, c->arg);
	command_free(c);
}

bool
command_reapable(const struct command *c)
{
	return c->state == COMMAND_RUNNING || c->state == COMMAND_KILLED;
}

void
command_exited(struct command *c, int status)
{
	c->state = COMMAND_ENDED;
	c->result.code = WIFEXITED(status) ? WEXITSTATUS(status) :
	    -WTERMSIG(status);
	output_finish(&c->out);
	output_finish(&c->err);
	if (c->done != NULL)
		command_log(c);
	command_finish(c);
}

/* Ours, the mark, and a PATH: people's commands name programs without one. */
static char **
make_environment(const struct command *c, char *mark, size_t mark_size)
{
	size_t n = 0;
	char **envp;

	while (environ[n] != NULL)
		n++;
	envp = xcalloc(n + 3, sizeof(*envp));
	memcpy(envp, environ, n * sizeof(*envp));
	snprintf(mark, mark_size, TREE_MARK "=%s", c->mark);
	envp[n++] = mark;
	if (getenv("PATH") == NULL)
		envp[n++] = (char *)DEFAULT_PATH;
	return envp;
}

static int
make_files(posix_spawn_file_actions_t *files, int out, int err)
{
	int error = posix_spawn_file_actions_addopen(files, STDIN_FILENO,
	    "/dev/null", O_RDONLY, 0);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, out,
		    STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, err,
		    STDERR_FILENO);
#ifdef HAVE_CLOSEFROM
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(files,
		    STDERR_FILENO + 1);
#endif
	return error;
}

static int
make_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	return posix_spawnattr_setflags(attr, (short)(POSIX_SPAWN_SETSID |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
}

/* An errno, as posix_spawn(3) returns it. */
static int
spawn_shell(struct command *c, char **script, int out, int err)
{
	char mark[sizeof(TREE_MARK) + sizeof(c->mark) + 1];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char **envp, **argv;
	size_t n = 0;
	int error;

	while (script[n] != NULL)
		n++;
	argv = xcalloc(n + 3, sizeof(*argv));
	argv[0] = (char *)SHELL;
	argv[1] = (char *)"-c";
	memcpy(argv + 2, script, n * sizeof(*argv));
	envp = make_environment(c, mark, sizeof(mark));
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	error = make_files(&files, out, err);
	if (error == 0)
		error = make_attributes(&attr);
	if (error == 0)
		error = posix_spawn(&c->pid, SHELL, &files, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	free(envp);
	free(argv);
	return error;
}

int
command_spawn(struct command *c)
{
	char **script = escape_argv(&c->script);
	int out = -1, err = -1;
	int error = 0;

	if (script == NULL ||
	    output_open(&c->out, pool_base(c->pool), &out) != 0 ||
	    output_open(&c->err, pool_base(c->pool), &err) != 0)
		error = errno;
	if (error == 0)
		error = spawn_shell(c, script, out, err);
	if (out != -1)
		close(out);
	if (err != -1)
		close(err);
	free(script);
	if (error != 0) {
		c->result.error = error;
		command_log(c);
		errno = error;
		return -1;
	}
	c->state = COMMAND_RUNNING;
	timer_set(c, c->options.timeout);
	return 0;
}
