#include "tools/f2b_client.h"

#include <ctype.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_format.h"
#include "base/strings.h"
#include "config/config.h"
#include "config/duration.h"
#include "control/layout.h"
#include "control/printable.h"
#include "process/check.h"
#include "tools/tool.h"

#define LOGGER "fail2ban"

enum { F2B_OK = 0, F2B_FAILED = 255 };

enum {
	OPT_PNAME = 256, OPT_LOGLEVEL, OPT_LOGTARGET, OPT_SYSLOGSOCKET,
	OPT_DUMP_PRETTY, OPT_ASYNC, OPT_TIMEOUT, OPT_STR2SEC, OPT_VERSION,
};

static const char brief[] = "+:hc:s:p:xfbdtviqV";
static const struct option full[] = {
	{ "conf", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "pname", required_argument, NULL, OPT_PNAME },
	{ "loglevel", required_argument, NULL, OPT_LOGLEVEL },
	{ "logtarget", required_argument, NULL, OPT_LOGTARGET },
	{ "syslogsocket", required_argument, NULL, OPT_SYSLOGSOCKET },
	{ "dp", no_argument, NULL, OPT_DUMP_PRETTY },
	{ "dump-pretty", no_argument, NULL, OPT_DUMP_PRETTY },
	{ "test", no_argument, NULL, 't' },
	{ "async", no_argument, NULL, OPT_ASYNC },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "str2sec", required_argument, NULL, OPT_STR2SEC },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
    "Usage: fail2ban-client [OPTIONS] <COMMAND>\n"
    "\n"
    "gaol " GAOL_VERSION " under the name of fail2ban-client.\n"
    "\n"
    "Options:\n"
    "    -c, --conf <DIR>        directory of the configuration\n"
    "    -s, --socket <FILE>     control socket of the daemon\n"
    "    -p, --pidfile <FILE>    its pid file\n"
    "    --pname <NAME>          accepted, without effect\n"
    "    --loglevel <LEVEL>      for a daemon that is started\n"
    "    --logtarget <TARGET>    likewise: a file, STDOUT, STDERR, SYSLOG\n"
    "    --syslogsocket auto|<FILE>\n"
    "    -d                      print the configuration\n"
    "    --dp, --dump-pretty     the same, long lines broken up\n"
    "    -t, --test              test the configuration\n"
    "    -i                      read commands from standard input\n"
    "    -v                      say more\n"
    "    -q                      say less\n"
    "    -x                      start even if a socket file is there\n"
    "    -b                      start in the background (default)\n"
    "    -f                      start in the foreground\n"
    "    --async                 accepted, without effect\n"
    "    --timeout <TIME>        how long to wait for the daemon\n"
    "    --str2sec <STRING>      print a duration in seconds\n"
    "    -h, --help              this text\n"
    "    -V, --version           the version (-V: its number only)\n"
    "\n"
    "Command:\n"
    "    start                                    starts the daemon\n"
    "    restart                                  stops and starts it\n"
    "    reload [<JAIL>]                          reads the configuration "
    "anew\n"
    "    stop                                     ends the daemon\n"
    "    status                                   names the jails\n"
    "    status <JAIL>                            counters and bans of a "
    "jail\n"
    "    set <JAIL> banip <IP> ... <IP>           bans\n"
    "    set <JAIL> unbanip [--report-absent] <IP> ... <IP>\n"
    "                                             lifts bans in a jail\n"
    "    unban --all                              lifts all bans\n"
    "    unban <IP> ... <IP>                      lifts bans in all jails\n"
    "    banned                                   every jail's bans\n"
    "    banned <IP> ... <IP>                     the jails that ban them\n"
    "    flushlogs                                opens the log file anew\n"
    "    ping                                     does the daemon answer\n"
    "    version                                  the daemon's version\n";

struct options {
	struct f2b f;
	struct strings extra;
	bool dump, pretty, test, shell;
	int verbose;
};

static void
add_extra(struct options *o, const char *option, const char *value)
{
	strings_add(&o->extra, span_of(option));
	if (value != NULL)
		strings_add(&o->extra, span_of(value));
}

/* Python looks such a one up among its names. */
static bool
is_word(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return *text == '\0';
}

/* Says what is wrong as upstream does and gives the exit status. */
static int
fail_early(const char *value)
{
	struct buf text = { 0 };

	printable_add_repr(&text, span_of(value));
	if (is_word(value))
		printf("ERROR: name %s is not defined\n", text.p);
	else
		printf("ERROR: %s is not a duration\n", text.p);
	fflush(stdout);
	fputs("Init of command line failed\n", stderr);
	buf_fini(&text);
	return F2B_FAILED;
}

/*
 * Upstream calculates in Python: a fraction, a division, months and years
 * (which are 365.25 days) make a float.
 */
static bool
is_float(const char *p)
{
	bool word = false;

	for (; *p != '\0'; p++) {
		bool begins = isalpha((unsigned char)*p) && !word;

		if (*p == '.' || *p == '/' || (begins && (*p == 'y' ||
		    *p == 'Y' || strncasecmp(p, "mo", 2) == 0)))
			return true;
		word = isalpha((unsigned char)*p);
	}
	return false;
}

static int
print_seconds(const char *text)
{
	struct buf out = { 0 };
	json_t *value;
	double seconds;

	if (duration_parse(span_of(text), &seconds) == -1)
		return fail_early(text);
	value = is_float(text) ? json_real(seconds) :
	    json_integer((json_int_t)seconds);
	layout_plain(value, &out);
	fputs(out.p, stdout);
	json_decref(value);
	buf_fini(&out);
	return F2B_OK;
}

static int
set_timeout(struct options *o, const char *text)
{
	double seconds;

	if (duration_parse(span_of(text), &seconds) == -1 || seconds < 0)
		return fail_early(text);
	o->f.target.timeout = seconds < 1 ? 1 :
	    seconds > TARGET_TIMEOUT_MAX ? TARGET_TIMEOUT_MAX : (int)seconds;
	return -1;
}

/* -1: go on; else the exit status. */
static int
take_option(struct options *o, int option)
{
	switch (option) {
	case 'c':
		o->f.target.dir = optarg;
		break;
	case 's':
		o->f.target.socket_given = optarg;
		break;
	case 'p':
		o->f.target.pidfile_given = optarg;
		break;
	case OPT_LOGLEVEL:
		add_extra(o, "--loglevel", optarg);
		break;
	case OPT_LOGTARGET:
		add_extra(o, "--logtarget", optarg);
		break;
	case OPT_SYSLOGSOCKET:
		add_extra(o, "--syslogsocket", optarg);
		break;
	case 'x':
		add_extra(o, "-x", NULL);
		break;
	case OPT_DUMP_PRETTY:
		o->pretty = true;
		o->dump = true;
		break;
	case 'd':
		o->dump = true;
		break;
	case 't':
		o->test = true;
		break;
	case 'i':
		o->shell = true;
		break;
	case 'v':
		o->verbose++;
		break;
	case 'q':
		o->verbose--;
		break;
	case 'b':
	case 'f':
		o->f.foreground = option == 'f';
		break;
	case OPT_TIMEOUT:
		return set_timeout(o, optarg);
	case OPT_STR2SEC:
		return print_seconds(optarg);
	case 'h':
		fputs(usage, stdout);
		return F2B_OK;
	case 'V':
		puts(GAOL_VERSION);
		return F2B_OK;
	case OPT_VERSION:
		puts("Fail2Ban v" GAOL_VERSION " (gaol)");
		return F2B_OK;
	case OPT_PNAME:
	case OPT_ASYNC:
		break;
	default:
		fputs(usage, stdout);
		fflush(stdout);
		fputs("Init of command line failed\n", stderr);
		return F2B_FAILED;
	}
	return -1;
}

static int
take_options(struct options *o, int argc, char **argv)
{
	int option, rc = -1;

	opterr = 0;
	while (rc == -1 &&
	    (option = getopt_long(argc, argv, brief, full, NULL)) != -1)
		rc = take_option(o, option);
	return rc;
}

static void
set_level(int verbose)
{
	static const enum log_level levels[] = {
		LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG, LEVEL_HEAVYDEBUG,
	};
	struct log_layout layout = {
		.target = LOG_TARGET_FD, .date = 1, .padding = 1,
	};

	log_format_verbose(layout.format, verbose > 0 ? (unsigned)verbose : 0,
	    true, true);
	log_set_target(STDERR_FILENO, &layout);
	log_set_level(verbose < 0 ? LEVEL_ERROR :
	    levels[verbose < 3 ? verbose : 3]);
}

static bool
dump(const struct options *o)
{
	char name[] = "dump", flag[] = "-c", pretty[] = "--pretty";
	char *argv[5] = { name };
	int n = 1;

	if (o->pretty)
		argv[n++] = pretty;
	if (o->f.target.dir != NULL) {
		argv[n++] = flag;
		argv[n++] = (char *)(uintptr_t)o->f.target.dir;
	}
	return tool_dump(n, argv) == 0;
}

/* Says what `gaol check` and a start say, in log lines. */
static bool
test(const struct options *o)
{
	const struct config_request request = { .dir = o->f.target.dir };
	struct report report = { 0 };
	struct config *config = config_load(&request, &report);
	struct buf text = { 0 };
	bool ok;

	if (config != NULL) {
		check_journals(config, &report);
		check_rules(config, &report);
		check_filters(config, &report);
	}
	ok = config != NULL && report.errors == 0;
	for (size_t i = 0; i < report.n; i++) {
		buf_clear(&text);
		report_format(&report.v[i], &text);
		log_at(report.v[i].level == PROBLEM_ERROR ? LEVEL_ERROR :
		    LEVEL_WARNING, LOGGER, "%s", text.p);
	}
	buf_fini(&text);
	config_free(config);
	report_fini(&report);
	return ok;
}

/* Dump and test come first; -1: there is a command to run behind them. */
static int
look_at_config(const struct options *o, bool command)
{
	if (o->dump) {
		bool ok = dump(o);

		if (!o->test)
			return ok ? F2B_OK : F2B_FAILED;
	}
	if (!o->test)
		return -1;
	if (!test(o)) {
		log_error(LOGGER, "ERROR: test configuration failed");
		return F2B_FAILED;
	}
	if (command)
		return -1;
	puts("OK: configuration test is successful");
	return F2B_OK;
}

static int
run(struct options *o, int argc, char **argv)
{
	struct buf why = { 0 };
	bool ok = false;

	if (target_find(&o->f.target, &why) == -1) {
		log_error(LOGGER, "%s", log_text(buf_span(&why)));
	} else {
		strings_take(&o->extra, NULL);
		o->f.extra = (const char *const *)o->extra.v;
		ok = argc == 0 || f2b_command(&o->f, (size_t)argc,
		    (const char *const *)argv);
		if (ok && o->shell)
			ok = f2b_shell(&o->f);
	}
	target_fini(&o->f.target);
	buf_fini(&why);
	return ok ? F2B_OK : F2B_FAILED;
}

int
f2b_client(int argc, char **argv)
{
	struct options o = { 0 };
	int rc = take_options(&o, argc, argv);

	set_level(o.verbose);
	if (rc == -1)
		rc = look_at_config(&o, optind < argc);
	if (rc == -1 && optind == argc && !o.shell) {
		fputs(usage, stdout);
		rc = F2B_FAILED;
	}
	if (rc == -1)
		rc = run(&o, argc - optind, argv + optind);
	strings_fini(&o.extra);
	return rc;
}
