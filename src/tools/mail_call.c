#include "tools/mail_call.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/number.h"
#include "config/duration.h"
#include "control/printable.h"

static const char options_text[] =
    "\n"
    "What gaold has seen, or with --from-log what log files tell of:\n"
    "  -f, --from-log FILE  read this log (also packed; -: standard input);\n"
    "                       may be given more than once\n"
    "      --filter NAME    whose events: dovecot, exim[...], a path; one for\n"
    "                       all logs, or one for each, in their order\n"
    "      --since TIME     from then on: 2026-11-21, \"2026-11-21 14:05\",\n"
    "                       seconds since 1970, or how long ago (2h, 7d)\n"
    "      --until TIME     up to then\n"
    "      --user NAME      of this account\n"
    "      --ip ADDR[/LEN]  from this address or network\n"
    "      --service NAME   imap, pop3, smtp, sieve, lmtp, http ...\n"
    "      --kind NAME      login, failure, logout, sent ...\n"
    "      --json           data as JSON, in Elastic Common Schema's names\n"
    "      --country FILE   database of countries (MaxMind's format)\n"
    "      --asn FILE       database of networks (MaxMind's format)\n"
    "      --envelope KIND  taken off each line: none, docker, cri, journal,\n"
    "                       syslog; auto (as the first line has it) unasked\n"
    "  -e, --encoding NAME  encoding of the log\n"
    "      --timezone ZONE  of stamps that name none\n"
    "      --now SECONDS    what \"now\" means: dates without a year\n"
    "  -c, --config DIR     configuration: the daemon's socket, filter.d\n"
    "  -s, --socket PATH    control socket of the daemon\n"
    "      --share DIR      where our own filter.d is\n"
    "  -h, --help           this text\n"
    "Exit status: 0, 1 for an error, 2 for misuse.\n";

enum { SHARE = 256, FILTER, SINCE, UNTIL, USER, IP, SERVICE, KIND, JSON, CSV, SIGNINS,
	MISSED, ENVELOPE,
	COUNTRY, ASN, ZONE, NOW };

static const struct option options[] = {
	{ "from-log", required_argument, NULL, 'f' },
	{ "filter", required_argument, NULL, FILTER },
	{ "since", required_argument, NULL, SINCE },
	{ "until", required_argument, NULL, UNTIL },
	{ "user", required_argument, NULL, USER },
	{ "ip", required_argument, NULL, IP },
	{ "service", required_argument, NULL, SERVICE },
	{ "kind", required_argument, NULL, KIND },
	{ "json", no_argument, NULL, JSON },
	{ "csv", no_argument, NULL, CSV },
	{ "missed", no_argument, NULL, MISSED },
	{ "signins", no_argument, NULL, SIGNINS },
	{ "country", required_argument, NULL, COUNTRY },
	{ "asn", required_argument, NULL, ASN },
	{ "envelope", required_argument, NULL, ENVELOPE },
	{ "encoding", required_argument, NULL, 'e' },
	{ "timezone", required_argument, NULL, ZONE },
	{ "now", required_argument, NULL, NOW },
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "share", required_argument, NULL, SHARE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

int
mail_call_time(const char *text, struct wall *out)
{
	static const char *const forms[] = {
		"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
	};
	double ago;
	int64_t n;

	/* A plain number is a time; a duration has a unit. */
	if (number_parse(span_of(text), 0, INT64_C(99999999999), &n) == 0) {
		*out = wall_from_seconds(n);
		return 0;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || *end != '\0')
			continue;
		*out = wall_from_seconds(mktime(&tm));
		return 0;
	}
	if (duration_parse(span_of(text), &ago) != 0 || ago < 0)
		return -1;
	*out = (struct wall){ clock_wall().us -
	    (int64_t)(ago * (double)CLOCK_SECOND) };
	return 0;
}

static int
wrong(const struct mail_call *call, const char *option, const char *value,
    const char *accepted)
{
	struct buf text = { 0 };

	printable_add(&text, span_of(value));
	fprintf(stderr, "gaol %s: --%s '%s'; accepted: %s\n", call->verb,
	    option, text.p != NULL ? text.p : "", accepted);
	buf_fini(&text);
	return 2;
}

static int
take_now(const struct mail_call *call, const char *value)
{
	int64_t n;

	if (number_parse(span_of(value), 0, INT64_C(99999999999), &n) == -1)
		return wrong(call, "now", value, "seconds since 1970");
	clock_freeze(wall_from_seconds(n), clock_boot());
	return 0;
}

static int
take_choice(struct mail_call *call, int o, const char *value)
{
	enum event_service service;
	enum event_kind kind;
	struct buf names = { 0 };

	if (o == SERVICE && event_service_parse(span_of(value),
		&service) == 0) {
		call->service = (int)service;
		return 0;
	}
	if (o == KIND && event_kind_parse(span_of(value), &kind) == 0) {
		call->kind = (int)kind;
		return 0;
	}
	for (unsigned i = 0; i < (o == KIND ? (unsigned)EVENT_KINDS :
	    (unsigned)SERVICE_KINDS); i++)
		buf_addf(&names, "%s%s", i > 0 ? ", " : "", o == KIND ?
		    event_kind_name((enum event_kind)i) :
		    event_service_name((enum event_service)i));
	wrong(call, o == KIND ? "kind" : "service", value, names.p);
	buf_fini(&names);
	return 2;
}

/* "2h ago" is counted from what --now says, wherever that stands. */
static int
take_times(struct mail_call *call)
{
	static const char accepted[] = "2026-11-21, \"2026-11-21 14:05:00\", "
	    "seconds since 1970, 2h, 7d";

	if (call->since_text != NULL &&
	    mail_call_time(call->since_text, &call->since) == -1)
		return wrong(call, "since", call->since_text, accepted);
	if (call->until_text != NULL &&
	    mail_call_time(call->until_text, &call->until) == -1)
		return wrong(call, "until", call->until_text, accepted);
	return 0;
}

/* 0, or 2 with the reason said. */
static int
take(struct mail_call *call, int o, char *value)
{
	switch (o) {
	case 'f': strings_add(&call->logs, span_of(value)); break;
	case FILTER: strings_add(&call->filters, span_of(value)); break;
	case 'c': call->dir = value; break;
	case 's': call->socket = value; break;
	case SHARE: call->share = value; break;
	case 'e': call->encoding = value; break;
	case ZONE: call->zone = value; break;
	case COUNTRY: call->country = value; break;
	case ASN: call->asn = value; break;
	case JSON: call->json = true; break;
	case CSV: call->csv = true; break;
	case MISSED: call->missed = true; break;
	case SIGNINS: call->signins = true; break;
	case USER: call->user = span_of(value); break;
	case NOW: return take_now(call, value);
	case SERVICE: case KIND: return take_choice(call, o, value);
	case SINCE: call->since_text = value; break;
	case UNTIL: call->until_text = value; break;
	case ENVELOPE:
		if (envelope_kind_parse(span_of(value), &call->envelope) == -1)
			return wrong(call, "envelope", value, ENVELOPE_NAMES);
		break;
	case IP:
		if (addr_parse_net(span_of(value), &call->ip) == -1)
			return wrong(call, "ip", value,
			    "192.0.2.7, 192.0.2.0/24, 2001:db8::/64");
		break;
	}
	return 0;
}

static int
check_filters(const struct mail_call *call)
{
	if ((call->logs.n > 0) != (call->filters.n > 0)) {
		fprintf(stderr, "gaol %s: --from-log FILE and --filter NAME "
		    "go together\n", call->verb);
		return 2;
	}
	if (call->filters.n > 1 && call->filters.n != call->logs.n) {
		fprintf(stderr, "gaol %s: %zu times --filter for %zu logs; "
		    "accepted: one for all, or one for each\n", call->verb,
		    call->filters.n, call->logs.n);
		return 2;
	}
	return 0;
}

int
mail_call_parse(struct mail_call *call, int argc, char **argv,
    const char *usage)
{
	int o, rc;

	*call = (struct mail_call){ .verb = argv[0], .service = -1,
		.kind = -1, .envelope = ENVELOPE_AUTO };
	clock_tick();
	optind = 0;
	while ((o = getopt_long(argc, argv, "f:c:s:e:h", options, NULL)) != -1) {
		if (o == 'h') {
			printf("%s%s", usage, options_text);
			return 1;
		}
		if (o == '?') {
			fprintf(stderr, "%s", usage);
			return 2;
		}
		rc = take(call, o, optarg);
		if (rc != 0)
			return rc;
	}
	rc = take_times(call);
	if (rc != 0)
		return rc;
	call->words = argv + optind;
	call->words_n = argc - optind;
	return check_filters(call);
}

void
mail_call_fini(struct mail_call *call)
{
	strings_fini(&call->logs);
	strings_fini(&call->filters);
	buf_fini(&call->user_text);
}

bool
mail_call_wants(const struct mail_call *call, const struct access_event *e)
{
	return (call->since.us == 0 || e->time.us >= call->since.us) &&
	    (call->until.us == 0 || e->time.us < call->until.us) &&
	    (call->user.n == 0 ||
		span_eq(call->user, e->texts[EVENT_USER])) &&
	    (call->ip.family == ADDR_NONE || addr_in(&e->ip, &call->ip)) &&
	    (call->service == -1 || call->service == (int)e->service) &&
	    (call->kind == -1 || call->kind == (int)e->kind);
}
