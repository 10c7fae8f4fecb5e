/* gaold, also called fail2ban-server: the daemon's way in. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "config/config.h"
#include "config/dump.h"
#include "process/check.h"
#include "process/parent.h"
#include "process/role.h"
#include "process/start.h"

#define EXIT_MISUSE 2

static void
print_report(const struct report *report)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		fprintf(stderr, "%s\n", line.p);
	}
	buf_fini(&line);
}

/* -t and -d: needs no rights but to read the files. */
static int
read_configuration(const struct start *start)
{
	const struct config_request request = {
		.dir = start->dir, .share = start->share
	};
	struct report report = { 0 };
	struct config *c = config_load(&request, &report);
	struct buf out = { 0 };
	bool good;

	if (start->what == START_TEST && c != NULL) {
		check_journals(c, &report);
		check_rules(c, &report);
		check_filters(c, &report);
	}
	good = c != NULL && report.errors == 0;
	print_report(&report);
	if (start->what == START_DUMP && c != NULL) {
		dump_write(c, DUMP_UPSTREAM, &out);
		fwrite(out.p, 1, out.n, stdout);
	} else if (start->what == START_TEST) {
		puts(good ? "OK: configuration test is successful" :
		    "ERROR: test configuration failed");
	}
	buf_fini(&out);
	report_fini(&report);
	config_free(c);
	return good ? 0 : start_failed(start);
}

/* fail2ban-server with a verb is fail2ban-client. */
static int
become_client(const struct start *start, char **argv)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	argv[0] = (char *)"fail2ban-client";
	if (slash != NULL && slash + sizeof("/gaol") <= path + sizeof(path)) {
		memcpy(slash, "/gaol", sizeof("/gaol"));
		execv(path, argv);
	}
	execvp("gaol", argv);
	fprintf(stderr, "%s: cannot run gaol: %s\n", start->program,
	    strerror(errno));
	return start_failed(start);
}

/* The first process: as long as the daemon starts, so that a script knows. */
static int
await_ready(const struct start *start, pid_t daemon, int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n == -1 && errno == EINTR);
	if (n == 1) {
		if (start->compat)
			puts("Server ready");
		return 0;
	}
	/* It has said why. */
	while (waitpid(daemon, NULL, 0) == -1 && errno == EINTR)
		;
	return start_failed(start);
}

static int
run_background(const struct start *start)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		fprintf(stderr, "%s: cannot start a process: %s\n",
		    start->program, strerror(errno));
		return start_failed(start);
	}
	if (pid > 0) {
		close(ends[1]);
		return await_ready(start, pid, ends[0]);
	}
	close(ends[0]);
	if (setsid() == -1 || chdir("/") == -1) {
		fprintf(stderr, "%s: cannot leave the terminal: %s\n",
		    start->program, strerror(errno));
		return start_failed(start);
	}
	return parent_run(start, ends[1]);
}

static int
run_daemon(const struct start *start)
{
	if (!start->foreground)
		return run_background(start);
	return parent_run(start, -1) == 0 ? 0 : start_failed(start);
}

/* A descriptor 0..2 that is closed would be taken by the first open(2). */
static int
fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

static int
run(const struct start *start, char **argv)
{
	switch (start->what) {
	case START_DAEMON: return run_daemon(start);
	case START_TEST:
	case START_DUMP: return read_configuration(start);
	case START_CLIENT: return become_client(start, argv);
	case START_VERSION:
		printf(start->compat ? "Fail2Ban v%s (gaol)\n" : "gaold %s\n",
		    GAOL_VERSION);
		return 0;
	case START_VERSION_SHORT: puts(GAOL_VERSION); return 0;
	case START_HELP: start_usage(start); return 0;
	case START_MISUSE: break;
	}
	if (start->compat) {
		start_usage(start);
		fflush(stdout);
		fputs("Init of command line failed\n", stderr);
	} else {
		fprintf(stderr, "%s --help lists the options\n",
		    start->program);
	}
	return start->compat ? 255 : EXIT_MISUSE;
}

int
main(int argc, char **argv)
{
	struct start start;
	int status;

	if (role_asked(argc, argv))
		return role_main(argc, argv);
	if (fill_standard_streams() == -1)
		return 1;
	start_parse(&start, argc, argv);
	status = run(&start, argv);
	start_fini(&start);
	return status;
}
