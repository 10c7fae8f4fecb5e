#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "tools/regex_local.h"

enum {
	OPT_SHARE = 256, OPT_TIMEZONE, OPT_USEDNS, OPT_NOW, OPT_JSON,
	OPT_VERBOSITY, OPT_VERBOSE_DATE, OPT_NO_CHECK_ALL, OPT_NO_MISSED,
	OPT_NO_IGNORED, OPT_ALL_MATCHED, OPT_ALL_MISSED, OPT_ALL_IGNORED,
	OPT_BENCH, OPT_ENVELOPE, OPT_NOTHING
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "share", required_argument, NULL, OPT_SHARE },
	{ "datepattern", required_argument, NULL, 'd' },
	{ "timezone", required_argument, NULL, OPT_TIMEZONE },
	{ "TZ", required_argument, NULL, OPT_TIMEZONE },
	{ "encoding", required_argument, NULL, 'e' },
	{ "envelope", required_argument, NULL, OPT_ENVELOPE },
	{ "raw", no_argument, NULL, 'r' },
	{ "usedns", required_argument, NULL, OPT_USEDNS },
	{ "maxlines", required_argument, NULL, 'L' },
	{ "log-level", required_argument, NULL, 'l' },
	{ "journalmatch", required_argument, NULL, 'm' },
	{ "debuggex", no_argument, NULL, 'D' },
	{ "version", no_argument, NULL, 'V' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "verbosity", required_argument, NULL, OPT_VERBOSITY },
	{ "verbose-date", no_argument, NULL, OPT_VERBOSE_DATE },
	{ "VD", no_argument, NULL, OPT_VERBOSE_DATE },
	{ "no-check-all", no_argument, NULL, OPT_NO_CHECK_ALL },
	{ "out", required_argument, NULL, 'o' },
	{ "invert", no_argument, NULL, 'i' },
	{ "print-no-missed", no_argument, NULL, OPT_NO_MISSED },
	{ "print-no-ignored", no_argument, NULL, OPT_NO_IGNORED },
	{ "print-all-matched", no_argument, NULL, OPT_ALL_MATCHED },
	{ "print-all-missed", no_argument, NULL, OPT_ALL_MISSED },
	{ "print-all-ignored", no_argument, NULL, OPT_ALL_IGNORED },
	{ "log-traceback", no_argument, NULL, 't' },
	{ "full-traceback", no_argument, NULL, OPT_NOTHING },
	{ "now", required_argument, NULL, OPT_NOW },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "bench", no_argument, NULL, OPT_BENCH },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char usage[] =
"usage: gaol regex [options] LOG REGEX [IGNOREREGEX]\n"
"LOG: a file (gzip, xz, zstd too), - for standard input, a line of a\n"
"log, or systemd-journal[journalpath=DIR, …].\n"
"REGEX: a jail, a filter (sshd, sshd[mode=aggressive], a path) or an\n"
"expression.\n"
"  -c, --config DIR       where filter.d is\n"
"      --share DIR        where our own filter.d is\n"
"  -d, --datepattern P    how dates look ({NONE}: there are none)\n"
"      --timezone ZONE    of dates without a zone (UTC, CET, +0200)\n"
"  -e, --encoding NAME    of the log (auto: UTF-8)\n"
"      --envelope KIND    taken off each line: auto, docker, cri, journal,\n"
"                         syslog; none unless the jail says\n"
"  -r, --raw              keep host names as they are (--usedns raw)\n"
"      --usedns yes|warn|no|raw\n"
"  -L, --maxlines N       lines a match may span, up to 100\n"
"  -m, --journalmatch M   instead of the filter's: 'FIELD=x + FIELD=y'\n"
"      --now EPOCH        freeze the clock\n"
"      --json             one record a line (see gaol-regex(1))\n"
"  -o, --out WHAT         only results: id, ip, msg, row, a group's name,\n"
"                         or a text with <ip> <F-USER> <time> <msg> in it\n"
"  -i, --invert           with -o: the lines that do not match\n"
"      --no-check-all     stop at the first failregex that matches\n"
"      --bench            how fast, and which expressions take the time\n"
"  -v, --verbose          list every expression, and what it found\n"
"      --print-all-matched, --print-all-missed, --print-all-ignored\n"
"      --print-no-missed, --print-no-ignored\n"
"      --verbosity N      0 to 4: as many -v\n"
"      --VD, --verbose-date   weight, pattern and regex of date formats\n"
"  -D, --debuggex         links to debuggex.com for the lines listed\n"
"  -l, --log-level LEVEL  what is logged to standard error (warning)\n"
"  -V, --version          -h, --help\n"
"Taken for fail2ban-regex's sake, without effect: -t, --full-traceback.\n";

static int
number(const char *name, const char *text, int64_t min, int64_t max,
    int64_t *out)
{
	if (number_parse(span_of(text), min, max, out) == 0)
		return -1;
	fprintf(stderr, "gaol regex: %s: '%s' is not a number from %lld "
	    "to %lld\n", name, text, (long long)min, (long long)max);
	return 2;
}

static int
level(const char *text, struct regex_call *call)
{
	if (log_level_parse(span_of(text), &call->level) == 0)
		return -1;
	fprintf(stderr, "gaol regex: log-level: '%s' is none; accepted: "
	    "critical, error, warning, notice, info, debug, or 1 to 50\n",
	    text);
	return 2;
}

static int
envelope(const char *text, struct regex_call *call)
{
	call->envelope_set = true;
	if (envelope_kind_parse(span_of(text), &call->envelope) == 0)
		return -1;
	fprintf(stderr, "gaol regex: envelope: '%s'; accepted: " ENVELOPE_NAMES "\n",
	    text);
	return 2;
}

static int
take(int c, struct regex_call *call)
{
	int64_t n;
	int rc;

	switch (c) {
	case 'c': call->dir = optarg; break;
	case OPT_SHARE: call->share = optarg; break;
	case 'd': call->datepattern = optarg; break;
	case OPT_TIMEZONE: call->timezone = optarg; break;
	case 'm': call->journalmatch = optarg; break;
	case 'D': call->debuggex = true; break;
	case OPT_VERBOSE_DATE: call->verbose_date = true; break;
	case 'e': call->encoding = optarg; break;
	case OPT_ENVELOPE: return envelope(optarg, call);
	case 'r': call->usedns = "raw"; break;
	case OPT_USEDNS: call->usedns = optarg; break;
	case 'o': call->out = optarg; break;
	case 'i': call->invert = true; break;
	case 'v': call->verbose++; break;
	case OPT_JSON: call->json = true; break;
	case OPT_BENCH: call->bench = true; break;
	case OPT_NO_CHECK_ALL: call->check_all = false; break;
	case OPT_NO_MISSED: call->no_missed = true; break;
	case OPT_NO_IGNORED: call->no_ignored = true; break;
	case OPT_ALL_MATCHED: call->all_matched = true; break;
	case OPT_ALL_MISSED: call->all_missed = true; break;
	case OPT_ALL_IGNORED: call->all_ignored = true; break;
	case 'l':
		return level(optarg, call);
	case 'L':
		return number("maxlines", optarg, 0, 100, &call->maxlines);
	case OPT_NOW:
		call->now_set = true;
		return number("now", optarg, 0, INT64_C(253402300799),
		    &call->now);
	case OPT_VERBOSITY:
		rc = number("verbosity", optarg, 0, 4, &n);
		if (rc == -1)
			call->verbose = (int)n;
		return rc;
	case 'h':
		fputs(usage, stdout);
		return 0;
	case 'V':
		puts(GAOL_VERSION);
		return 0;
	case '?':
		return 2;
	}
	return -1;
}

/* What does not go together; NULL: all is well. */
static const char *
contradiction(int words, const struct regex_call *call)
{
	if (call->no_missed && call->all_missed)
		return "--print-no-missed and --print-all-missed are mutually "
		    "exclusive.";
	if (call->no_ignored && call->all_ignored)
		return "--print-no-ignored and --print-all-ignored are "
		    "mutually exclusive.";
	if (words < 2 || words > 3)
		return "provide both <LOG> and <REGEX>.";
	if (call->bench && !regex_summary(call))
		return "--bench goes with the summary only.";
	if (call->invert && call->out == NULL && !call->compat)
		return "--invert goes with --out only.";
	return NULL;
}

int
regex_options(int argc, char **argv, struct regex_call *call)
{
	const char *wrong;
	int c, rc;

	if (call->compat)
		call->level = LEVEL_CRITICAL;
	optind = 0;
	while ((c = getopt_long(argc, argv, "c:d:e:rL:l:m:DVvo:ith", options,
	    NULL)) != -1) {
		rc = take(c, call);
		if (rc != -1)
			return rc;
	}
	wrong = contradiction(argc - optind, call);
	if (wrong != NULL) {
		fputs(usage, call->compat ? stdout : stderr);
		fprintf(stderr, "\nERROR: %s\n", wrong);
		return call->compat ? 255 : 2;
	}
	call->log = argv[optind];
	call->regex = argv[optind + 1];
	call->ignoreregex = argc - optind == 3 ? argv[optind + 2] : NULL;
	return -1;
}
