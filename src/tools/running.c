#include "tools/running.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "base/span.h"
#include "base/xalloc.h"
#include "tools/program.h"

#define LOOK_MS 20
#define SYSTEMCTL_SECONDS 60

/* A small file's bytes; false when it cannot be read. */
static bool
read_file(const char *path, char *text, size_t size, struct span *s)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, text, size);
	close(fd);
	if (n < 0)
		return false;
	*s = (struct span){ text, (size_t)n };
	return true;
}

static struct span
last_part(struct span path)
{
	size_t slash = span_find_last(path, SPAN("/"));

	return slash == SPAN_NONE ? path :
	    span_sub(path, slash + 1, path.n - slash - 1);
}

/* One of its words is a path to this program. */
static bool
was_called(pid_t pid, const char *name)
{
	char path[64], text[8192];
	struct span words, word;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (!read_file(path, text, sizeof(text), &words))
		return false;
	while (span_cut(&words, '\0', &word))
		if (span_eq(last_part(word), span_of(name)))
			return true;
	return false;
}

/* By the program that it is, not by what it calls itself. */
static enum running_kind
kind_of(pid_t pid)
{
	char path[64], text[4096];
	struct span exe;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, text, sizeof(text));
	if (n <= 0)
		return RUNNING_NONE;
	exe = last_part((struct span){ text, (size_t)n });
	/* " (deleted)" stands behind it after an upgrade. */
	if (span_starts(exe, SPAN("gaold")))
		return RUNNING_GAOLD;
	if (span_starts(exe, SPAN("python")) &&
	    was_called(pid, "fail2ban-server"))
		return RUNNING_FAIL2BAN;
	return RUNNING_NONE;
}

static bool
systemd_rules(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/*
 * Whoever started it from a shell left it in that shell's unit, or in cron's,
 * which must not be stopped: only its main process speaks for a unit.
 */
static bool
is_main_of(pid_t pid, const char *unit)
{
	const char *const argv[] = {
		"systemctl", "show", "--property=MainPID", "--value", unit,
		NULL
	};
	struct buf out = { 0 };
	int64_t n = 0;

	if (program_run(argv, SYSTEMCTL_SECONDS, &out) == 0)
		number_parse(span_trim(buf_span(&out)), 1, INT32_MAX, &n);
	buf_fini(&out);
	return n == pid;
}

/* "0::/system.slice/fail2ban.service" */
static char *
unit_of(pid_t pid)
{
	char path[64], text[4096];
	struct span lines, line, last;
	char *unit = NULL;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (!systemd_rules() || !read_file(path, text, sizeof(text), &lines))
		return NULL;
	while (unit == NULL && span_cut(&lines, '\n', &line)) {
		last = last_part(line);
		if (span_ends(last, SPAN(".service")))
			unit = xmemdup0(last.p, last.n);
	}
	if (unit != NULL && !is_main_of(pid, unit)) {
		free(unit);
		unit = NULL;
	}
	return unit;
}

int
running_find(struct running *r, const char *pidfile, struct buf *why)
{
	char text[64];
	struct span s;
	int64_t pid;

	*r = (struct running){ .fd = -1 };
	if (!read_file(pidfile, text, sizeof(text), &s)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		buf_addf(why, "%s: %s", pidfile, strerror(errno));
		return -1;
	}
	if (number_parse(span_trim(s), 1, INT32_MAX, &pid) == -1)
		return 0;
	/* First the handle, then who it is: the number may change hands. */
	r->fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (r->fd == -1)
		return 0;
	r->pid = (pid_t)pid;
	r->kind = kind_of(r->pid);
	r->unit = unit_of(r->pid);
	return 0;
}

void
running_fini(struct running *r)
{
	if (r->fd != -1)
		close(r->fd);
	free(r->unit);
	*r = (struct running){ .fd = -1 };
}

int
running_systemctl(const char *verb, const char *unit, struct buf *why)
{
	const char *const argv[] = {
		"systemctl", "--quiet", verb, unit, NULL
	};
	struct buf out = { 0 };
	int rc = program_run(argv, SYSTEMCTL_SECONDS, &out);

	if (rc != 0)
		buf_addf(why, "systemctl %s %s: %s", verb, unit, rc == -1 ?
		    strerror(errno) : out.n > 0 ? out.p : "failed");
	buf_fini(&out);
	return rc == 0 ? 0 : -1;
}

bool
running_has_unit(const char *unit)
{
	struct buf ignored = { 0 };
	bool has = systemd_rules() &&
	    running_systemctl("cat", unit, &ignored) == 0;

	buf_fini(&ignored);
	return has;
}

static int
ask_to_end(const struct running *r, struct buf *why)
{
	const char *const argv[] = {
		"systemctl", "--quiet", "--no-block", "stop", r->unit, NULL
	};
	struct buf out = { 0 };
	int rc;

	if (r->unit == NULL) {
		if (syscall(SYS_pidfd_send_signal, r->fd, SIGTERM, NULL, 0) ==
		    0 || errno == ESRCH)
			return 0;
		buf_addf(why, "process %d: %s", (int)r->pid, strerror(errno));
		return -1;
	}
	rc = program_run(argv, SYSTEMCTL_SECONDS, &out);
	if (rc != 0)
		buf_addf(why, "systemctl stop %s: %s", r->unit, rc == -1 ?
		    strerror(errno) : out.n > 0 ? out.p : "failed");
	buf_fini(&out);
	return rc == 0 ? 0 : -1;
}

int
running_stop(struct running *r, int seconds, void (*meanwhile)(void *),
    void *arg, struct buf *why)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	time_t end = time(NULL) + seconds;

	if (ask_to_end(r, why) == -1)
		return -1;
	while (poll(&p, 1, LOOK_MS) <= 0) {
		meanwhile(arg);
		if (time(NULL) < end)
			continue;
		buf_addf(why, "process %d has not ended after %d s",
		    (int)r->pid, seconds);
		return -1;
	}
	meanwhile(arg);
	return 0;
}

/* The second field behind the name, which may hold anything. */
static bool
is_child(const char *pid, pid_t parent)
{
	char path[300], text[1024];
	struct span s, word;
	size_t paren;
	int64_t n;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if (!read_file(path, text, sizeof(text), &s))
		return false;
	paren = span_find_last(s, SPAN(")"));
	if (paren == SPAN_NONE)
		return false;
	s = span_sub(s, paren + 1, s.n - paren - 1);
	return span_word(&s, " ", &word) && span_word(&s, " ", &word) &&
	    number_parse(word, 0, INT32_MAX, &n) == 0 && n == parent;
}

bool
running_has_child(const struct running *r)
{
	DIR *proc = opendir("/proc");
	bool has = false;
	struct dirent *e;

	while (proc != NULL && !has && (e = readdir(proc)) != NULL)
		has = e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    is_child(e->d_name, r->pid);
	if (proc != NULL)
		closedir(proc);
	return has;
}
