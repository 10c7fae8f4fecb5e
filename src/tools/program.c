#include "tools/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUT_MAX (1u << 20)

extern char **environ;

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0 at the end of its output, -1 when the time is over. */
static int
gather(int fd, int64_t end, struct buf *out)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[4096];

	for (;;) {
		int64_t left = end - now_ms();
		ssize_t n;

		if (left <= 0)
			return -1;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, text, sizeof(text));
		if (n <= 0)
			return 0;
		if (out->n + (size_t)n <= OUT_MAX)
			buf_add(out, text, (size_t)n);
	}
}

static int
spawn(const char *const *argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
	    O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	error = posix_spawnp(pid, argv[0], &files, NULL,
	    (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	errno = error;
	return error == 0 ? 0 : -1;
}

int
program_run(const char *const *argv, int seconds, struct buf *out)
{
	int64_t end = now_ms() + (int64_t)seconds * 1000;
	int ends[2], status, rc, error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	rc = spawn(argv, ends[1], &pid);
	error = errno;
	close(ends[1]);
	if (rc == -1) {
		close(ends[0]);
		errno = error;
		return -1;
	}
	rc = gather(ends[0], end, out);
	close(ends[0]);
	if (rc == -1)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (rc == 0 && WIFEXITED(status))
		return WEXITSTATUS(status);
	errno = rc == -1 ? ETIMEDOUT : EINTR;
	return -1;
}
