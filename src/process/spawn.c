#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.parent"
#define ENV_MAX 256
#define EXIT_EXEC 127

extern char **environ;

int
spawn_link(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static bool
is_listed(const char *entry, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strncmp(entry, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/*
 * Commands get what the administrator started us with (proxies, a mailer's
 * settings), as those of fail2ban do; a service manager's words are ours.
 */
static bool
env_kept(enum role role, const char *entry)
{
	static const char *const kept[] = {
		"TZ=", "LANG=", "LANGUAGE=", "LC_", "GAOL_SECCOMP=", NULL
	};
	static const char *const ours[] = {
		"NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_", "GAOL_", NULL
	};

	return role == ROLE_RUNNER ? !is_listed(entry, ours) :
	    is_listed(entry, kept);
}

/* `extra` may be NULL. */
static void
env_make(char *envp[ENV_MAX], enum role role, char *extra)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
	    "/usr/bin:/sbin:/bin";
	size_t n = 0;

	if (extra != NULL)
		envp[n++] = extra;
	if (role == ROLE_RUNNER && getenv("PATH") == NULL)
		envp[n++] = path;
	for (char **e = environ; *e != NULL && n < ENV_MAX - 1; e++)
		if (env_kept(role, *e))
			envp[n++] = *e;
	envp[n] = NULL;
}

/* sqlite's own temporary files must be where the engine may write. */
static char *
sqlite_tmpdir(const struct role_options *o)
{
	struct buf b = { 0 };

	if (o->role != ROLE_ENGINE || o->state_dir == NULL)
		return NULL;
	buf_addf(&b, "SQLITE_TMPDIR=%s", o->state_dir);
	return buf_take(&b);
}

static void
signals_reset(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);   /* not KILL, STOP: those fail */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
descriptors_keep(int link)
{
	long max;

	if (link == ROLE_FD) {
		if (fcntl(link, F_SETFD, 0) == -1)
			return -1;
	} else if (dup2(link, ROLE_FD) == -1) {
		return -1;
	}
	if (syscall(SYS_close_range, ROLE_FD + 1, ~0u, 0) == 0)
		return 0;
	max = sysconf(_SC_OPEN_MAX);   /* before Linux 5.9 */
	for (int fd = ROLE_FD + 1; fd < max; fd++)
		close(fd);
	return 0;
}

static _Noreturn void
child(char **argv, char **envp, int link, pid_t parent)
{
	signals_reset();
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)   /* it died before the line above */
		_exit(EXIT_EXEC);
	if (descriptors_keep(link) == 0)
		execve("/proc/self/exe", argv, envp);
	dprintf(STDERR_FILENO, "gaold: cannot start %s: %s\n", argv[1],
	    strerror(errno));
	_exit(EXIT_EXEC);
}

pid_t
spawn_role(const struct role_options *options, int link)
{
	char *extra = sqlite_tmpdir(options);
	char **argv = role_argv(options);
	char *envp[ENV_MAX];
	pid_t parent = getpid();
	pid_t pid;

	env_make(envp, options->role, extra);
	pid = fork();
	if (pid == 0)
		child(argv, envp, link, parent);
	if (pid == -1)
		log_error(LOGGER, "cannot start the %s: %s",
		    role_name(options->role), strerror(errno));
	free(argv);
	free(extra);
	return pid;
}
