#include "process/start.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/span.h"
#include "config/duration.h"

enum {
	OPT_PNAME = 256, OPT_LOGLEVEL, OPT_LOGTARGET, OPT_SYSLOGSOCKET,
	OPT_SHARE, OPT_DP, OPT_ASYNC, OPT_TIMEOUT, OPT_VERSION, OPT_STR2SEC,
};

static const struct option long_options[] = {
	{ "conf", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "pname", required_argument, NULL, OPT_PNAME },
	{ "loglevel", required_argument, NULL, OPT_LOGLEVEL },
	{ "logtarget", required_argument, NULL, OPT_LOGTARGET },
	{ "syslogsocket", required_argument, NULL, OPT_SYSLOGSOCKET },
	{ "share", required_argument, NULL, OPT_SHARE },
	{ "dp", no_argument, NULL, OPT_DP },
	{ "dump-pretty", no_argument, NULL, OPT_DP },
	{ "test", no_argument, NULL, 't' },
	{ "async", no_argument, NULL, OPT_ASYNC },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "str2sec", required_argument, NULL, OPT_STR2SEC },
	{ NULL, 0, NULL, 0 }
};

/* The daemon leaves the directory it was started from. */
static const char *
absolute(struct start *s, const char *path)
{
	struct buf b = { 0 };
	char *cwd;

	if (path[0] == '/')
		return path;
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		return path;
	buf_addf(&b, "%s/%s", cwd, path);
	free(cwd);
	strings_take(&s->paths, buf_take(&b));
	return s->paths.v[s->paths.n - 1];
}

/* A name (STDOUT …) is without a slash; "./STDOUT" is the file. */
static const char *
log_target(struct start *s, const char *text)
{
	return strchr(text, '/') != NULL ? absolute(s, text) : text;
}

int
start_failed(const struct start *start)
{
	return start->compat ? 255 : 1;
}

void
start_usage(const struct start *start)
{
	printf("Usage: %s [OPTIONS] [start]\n"
	    "\n"
	    "  -c, --conf DIR        configuration (default /etc/gaol, else\n"
	    "                        /etc/fail2ban)\n"
	    "  -s, --socket FILE     control socket\n"
	    "  -p, --pidfile FILE    file of the process number, locked\n"
	    "  --loglevel LEVEL      CRITICAL ERROR WARNING NOTICE INFO DEBUG "
	    "or 1..50\n"
	    "  --logtarget TARGET    FILE, STDOUT, STDERR, SYSOUT, SYSLOG or\n"
	    "                        SYSTEMD-JOURNAL, with [options]\n"
	    "  --syslogsocket FILE   socket of syslog, or auto\n"
	    "  --share DIR           gaol's own filter.d and action.d\n"
	    "  -b                    run in the background (default)\n"
	    "  -f                    run in the foreground\n"
	    "  -1                    one process, no separation of rights\n"
	    "  -x                    accepted, without effect\n"
	    "  -v, -q                -vv, -vvv, -vvvv: more on each line of the log\n"
	    "  -t, --test            check the configuration and exit\n"
	    "  -d                    print the resolved configuration and exit\n"
	    "  --dp, --dump-pretty   the same\n"
	    "  -h, --help            this text\n"
	    "  -V, --version         version, short or long\n",
	    start->program);
}

static void
misuse(struct start *s, const char *what, const char *value)
{
	fprintf(stderr, "%s: %s%s%s\n", s->program, what,
	    value != NULL ? " " : "", value != NULL ? value : "");
	s->what = START_MISUSE;
}

/* It is the client's, who says what is wrong with it in fail2ban's way. */
static void
take_timeout(struct start *s, const char *value)
{
	double seconds;

	if (duration_parse(span_of(value), &seconds) == 0 && seconds >= 0)
		return;
	if (s->compat)
		s->what = START_CLIENT;
	else
		misuse(s, "--timeout: accepted: a duration, got", value);
}

static void
take_option(struct start *s, int c, const char *value)
{
	switch (c) {
	case 'c': s->dir = absolute(s, value); break;
	case 's': s->socket = absolute(s, value); break;
	case 'p': s->pidfile = absolute(s, value); break;
	case OPT_LOGLEVEL: s->log_level = value; break;
	case OPT_LOGTARGET: s->log_target = log_target(s, value); break;
	case OPT_SYSLOGSOCKET: s->syslog_socket = value; break;
	case OPT_SHARE: s->share = absolute(s, value); break;
	case OPT_DP:
	case 'd': s->what = START_DUMP; break;
	case 't': s->what = START_TEST; break;
	case 'f': s->foreground = true; break;
	case 'b': s->foreground = false; break;
	case '1': s->single = true; break;
	case 'h': s->what = START_HELP; break;
	case 'V': s->what = START_VERSION_SHORT; break;
	case OPT_VERSION: s->what = START_VERSION; break;
	/* what the client does with them */
	case 'i': case OPT_STR2SEC:
		s->what = s->compat ? START_CLIENT : START_MISUSE;
		break;
	/* a stale socket is removed in any case; what is wrong is said */
	case 'x': break;
	case 'v': s->verbosity++; break;
	case 'q': s->verbosity -= s->verbosity > 0; break;
	/* upstream's internal ones */
	case OPT_ASYNC: s->async = true; break;
	case OPT_PNAME: break;
	case OPT_TIMEOUT: take_timeout(s, value); break;
	/* getopt(3) has said what */
	default: s->what = START_MISUSE; break;
	}
}

/* --- who was started by fail2ban's client --------------------------------- */

#define CMDLINE_MAX 65536

/* The command line of the process that started us; -1: nobody can say. */
static int
read_cmdline(struct buf *out)
{
	char path[64], part[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	while (out->n < CMDLINE_MAX && (n = read(fd, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)n);
	close(fd);
	buf_addc(out, '\0');
	return 0;
}

static bool
is_client(const char *word)
{
	const char *slash = strrchr(word, '/');

	return strcmp(slash != NULL ? slash + 1 : word,
	    "fail2ban-client") == 0;
}

/* From the client's own name on; an interpreter's options are before it. */
static size_t
split(char *text, size_t n, char **argv, size_t max)
{
	size_t argc = 0;

	for (size_t at = 0; at < n && argc < max; at += strlen(text + at) + 1)
		if (argc > 0 || is_client(text + at))
			argv[argc++] = text + at;
	argv[argc] = NULL;
	return argc;
}

/*
 * fail2ban's client hands its configuration over later and does not tell a
 * server that it starts where that is. We read the files ourselves, the same
 * ones: its -c is ours.
 */
static void
take_clients_dir(struct start *s)
{
	struct buf text = { 0 };
	char *argv[64];
	size_t argc;
	int c;

	if (read_cmdline(&text) == 0) {
		argc = split(text.p, text.n, argv, 63);
		optind = 0;   /* glibc: from the beginning, another argv */
		opterr = 0;
		while (argc > 0 && (c = getopt_long((int)argc, argv,
		    "c:s:p:dtfbxvqihV", long_options, NULL)) != -1)
			if (c == 'c') {
				strings_add(&s->paths, span_of(optarg));
				s->dir = absolute(s,
				    s->paths.v[s->paths.n - 1]);
			}
	}
	buf_fini(&text);
}

static bool
final(enum start_what what)
{
	return what == START_MISUSE || what == START_HELP ||
	    what == START_CLIENT || what == START_VERSION ||
	    what == START_VERSION_SHORT;
}

static void
take_verb(struct start *s, int argc, char **argv)
{
	if (strcmp(argv[0], "start") != 0) {
		if (s->compat)
			s->what = START_CLIENT;
		else
			misuse(s, "unknown verb", argv[0]);
	} else if (argc > 1) {
		misuse(s, "start takes no argument, got", argv[1]);
	}
}

void
start_parse(struct start *s, int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	int c;

	*s = (struct start){ .what = START_DAEMON };
	s->program = slash != NULL ? slash + 1 : argv[0];
	s->compat = strcmp(s->program, "fail2ban-server") == 0;
	/* fail2ban says it in its own way */
	opterr = !s->compat;
	/* "+": the words of a client's verb are not ours to look at */
	while (!final(s->what) && (c = getopt_long(argc, argv,
	    "+c:s:p:dtfb1xvqihV", long_options, NULL)) != -1)
		take_option(s, c, optarg);
	if (s->what == START_DAEMON && optind < argc)
		take_verb(s, argc - optind, argv + optind);
	if (s->what == START_DAEMON && s->async && s->dir == NULL)
		take_clients_dir(s);
}

void
start_fini(struct start *s)
{
	strings_fini(&s->paths);
}
