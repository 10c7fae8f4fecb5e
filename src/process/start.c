#include "process/start.h"

#include <errno.h>
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
	    "  -x, -v, -q            accepted, without effect\n"
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
	case 'x': case 'v': case 'q': break;
	/* upstream's internal ones */
	case OPT_ASYNC: s->async = true; break;
	case OPT_PNAME: break;
	case OPT_TIMEOUT: take_timeout(s, value); break;
	/* getopt(3) has said what */
	default: s->what = START_MISUSE; break;
	}
}

static bool
final(enum start_what what)
{
	return what == START_MISUSE || what == START_HELP ||
	    what == START_CLIENT || what == START_VERSION ||
	    what == START_VERSION_SHORT;
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
	if (s->what != START_DAEMON || optind == argc)
		return;
	if (strcmp(argv[optind], "start") != 0) {
		if (s->compat)
			s->what = START_CLIENT;
		else
			misuse(s, "unknown verb", argv[optind]);
	} else if (optind + 1 != argc) {
		misuse(s, "start takes no argument, got", argv[optind + 1]);
	}
}

void
start_fini(struct start *s)
{
	strings_fini(&s->paths);
}
