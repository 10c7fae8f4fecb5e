/* What REGEX is: a jail, a filter, a file, or an expression. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "config/dump.h"
#include "config/entry.h"
#include "match/date.h"
#include "match/date_time.h"
#include "tools/filter_name.h"
#include "tools/regex_local.h"

#define LINE_LIMIT 65536
#define MATCH_LIMIT 100000
#define OPTION_ERROR "Wrong filter name or options: "

/* --- what is said ---------------------------------------------------------- */

static void
say_text(const struct regex_call *call, const char *what, const char *text)
{
	struct buf out = { 0 };

	if (!regex_summary(call))
		return;
	regex_short(&out, text);
	printf("Use %s line : %s\n", what, out.p != NULL ? out.p : "");
	buf_fini(&out);
}

/* {'mode': 'extra'} */
static void
print_options(const char *what, const struct properties *options)
{
	struct buf out = { 0 };
	size_t i;

	for (i = 0; i < options->n; i++) {
		buf_adds(&out, i > 0 ? ", " : "");
		dump_repr(span_of(options->v[i].key), &out);
		buf_adds(&out, ": ");
		dump_repr(span_of(options->v[i].value), &out);
	}
	printf("%s : {%s}\n", what, out.p != NULL ? out.p : "");
	buf_fini(&out);
}

/* What the options came to, and what else decides how lines look. */
static void
say_real(const struct regex_call *call, const struct regex_subject *s,
    const struct properties *given, const struct properties *all)
{
	const char *value = properties_get(all, "logtype");
	struct properties real = { 0 };
	size_t i;

	if (!regex_summary(call) || call->verbose < 2)
		return;
	if (value != NULL)
		properties_set(&real, "logtype", value);
	if (s->filter.datepattern != NULL)
		properties_set(&real, "datepattern", s->filter.datepattern);
	for (i = 0; i < given->n; i++) {
		value = properties_get(all, given->v[i].key);
		properties_set(&real, given->v[i].key,
		    value != NULL ? value : given->v[i].value);
	}
	print_options("Real  filter options", &real);
	properties_fini(&real);
}

static void
say_maxlines(const struct regex_call *call, int64_t maxlines)
{
	if (regex_summary(call) && maxlines > 0)
		printf("Use         maxlines : %lld\n", (long long)maxlines);
}

/* The name of the first of one or two; more are the default ones. */
static int
say_datepattern(const struct regex_call *call, const char *pattern,
    struct report *report)
{
	struct regex_error error;
	struct date_detector *d = date_new(pattern, NULL, &error);
	const char *shown, *name = "Default Detectors";

	if (d == NULL) {
		report_add(report, PROBLEM_ERROR, NULL, NULL, 0,
		    "datepattern: %s at offset %zu of \"%s\"", error.text,
		    error.offset, pattern);
		return -1;
	}
	(void)date_shown(d, &shown, &name);
	if (regex_summary(call))
		printf("Use      datepattern : %s : %s\n", pattern, name);
	date_free(d);
	return 0;
}

/* --- the command line's own ------------------------------------------------ */

static int
check_timezone(const char *zone, struct report *report)
{
	int seconds;

	if (zone == NULL || date_zone_parse(span_of(zone), &seconds) == 0)
		return 0;
	report_add(report, PROBLEM_ERROR, NULL, NULL, 0,
	    "Unknown or unsupported time zone: '%s'; accepted: UTC, CET, "
	    "+hhmm and the like", zone);
	return -1;
}

static int
say_given(const struct regex_call *call, struct report *report)
{
	say_maxlines(call, call->maxlines);
	if (check_timezone(call->timezone, report) == -1)
		return -1;
	if (call->datepattern != NULL && call->datepattern[0] != '\0')
		return say_datepattern(call, call->datepattern, report);
	return 0;
}

/* --- jail, filter, file, expression ------------------------------------------ */

static const char *
backend(const struct regex_call *call)
{
	return regex_is_journal(call) ? "systemd" : "auto";
}

/* The options of NAME[…]; false: they are none (reported). */
static bool
read_options(const char *text, struct entry *e, struct report *report)
{
	struct buf why = { 0 };

	if (entry_parse(e, span_of(text), &why) == 0)
		return true;
	report_add(report, PROBLEM_ERROR, NULL, NULL, 0, OPTION_ERROR
	    "%s, in '%s'", why.p, text);
	buf_fini(&why);
	return false;
}

static bool
may_be_jail(const char *name)
{
	struct span s = span_of(name);

	return span_chr(s, '/') == SPAN_NONE && !span_ends(s, SPAN(".conf")) &&
	    !span_ends(s, SPAN(".local"));
}

/* Its filter, and how it reads its logs. 1: there is no such jail. */
static int
load_jail(struct regex_subject *s, const struct regex_call *call,
    const struct entry *e, struct report *report)
{
	struct properties all = { 0 };
	char *dir = filter_name_dir(call->dir);
	struct config_request request = { .dir = dir, .share = call->share,
		.no_users = true, .backend = backend(call), .all = &all };
	struct jail_config jail;
	int rc = config_load_jail(&request, call->regex, &jail, report);

	if (rc != 1 && regex_summary(call)) {
		printf("Use             jail : %s\n", e->name);
		if (e->options.n > 0)
			print_options("Use jail/flt options", &e->options);
	}
	if (rc == 0) {
		s->filter = jail.filter;
		jail.filter = (struct filter_config){ 0 };
		say_real(call, s, &e->options, &all);
		if (jail.logencoding != NULL)
			s->encoding = xstrdup(jail.logencoding);
		if (jail.logtimezone != NULL)
			s->timezone = xstrdup(jail.logtimezone);
		s->envelope = jail.envelope;
	}
	jail_config_fini(&jail);
	properties_fini(&all);
	free(dir);
	return rc;
}

static void
say_filter(const struct regex_call *call, const struct filter_name *name,
    const struct entry *e)
{
	if (!regex_summary(call))
		return;
	if (name->is_file)
		printf("Use      filter file : %s\n", name->name);
	else
		printf("Use      filter file : %s, basedir: %s\n", name->name,
		    name->dir);
	if (e->options.n > 0)
		print_options("Use   filter options", &e->options);
}

/* 1: there is no such filter. */
static int
load_filter(struct regex_subject *s, const struct regex_call *call,
    const struct entry *e, struct report *report)
{
	struct properties all = { 0 };
	struct config_request request = { .share = call->share,
		.no_users = true, .backend = backend(call), .all = &all };
	struct filter_name name;
	int rc;

	if (!filter_name(call->regex, call->dir, call->share, &name))
		return 1;
	say_filter(call, &name, e);
	request.dir = name.dir;
	request.exact_file = name.is_file;
	rc = config_load_filter(&request, name.entry, &s->filter, report);
	if (rc == 0)
		say_real(call, s, &e->options, &all);
	filter_name_fini(&name);
	properties_fini(&all);
	return rc;
}

static int
load_named(struct regex_subject *s, const struct regex_call *call,
    struct report *report)
{
	struct entry e;
	int rc = 1;

	if (!filter_name_is_one(call->regex))
		return 1;
	if (!read_options(call->regex, &e, report))
		return -1;
	if (may_be_jail(e.name))
		rc = load_jail(s, call, &e, report);
	if (rc == 1)
		rc = load_filter(s, call, &e, report);
	entry_fini(&e);
	return rc;
}

static void
override(char **value, const char *text)
{
	if (text == NULL)
		return;
	free(*value);
	*value = xstrdup(text);
}

/* What the command line says counts; the rest of the file's is said. */
static int
settle(struct regex_subject *s, const struct regex_call *call,
    struct report *report)
{
	struct filter_config *f = &s->filter;
	int rc = 0;

	if (call->maxlines > 0)
		f->maxlines = call->maxlines;
	else
		say_maxlines(call, f->maxlines);
	if (call->datepattern != NULL && call->datepattern[0] != '\0')
		override(&f->datepattern, call->datepattern);
	else if (f->datepattern != NULL && f->datepattern[0] != '\0')
		rc = say_datepattern(call, f->datepattern, report);
	override(&f->usedns, call->usedns);
	override(&s->timezone, call->timezone);
	override(&s->encoding, call->encoding);
	if (call->envelope_set)
		s->envelope = call->envelope;
	if (call->ignoreregex != NULL) {
		strings_fini(&f->ignoreregex);
		strings_add(&f->ignoreregex, span_of(call->ignoreregex));
		say_text(call, "ignoreregex", call->ignoreregex);
	}
	if (call->journalmatch != NULL) {
		strings_fini(&f->journalmatch);
		strings_add(&f->journalmatch, span_of(call->journalmatch));
	}
	return rc;
}

int
regex_subject_load(struct regex_subject *s, const struct regex_call *call,
    struct report *report)
{
	int rc;

	*s = (struct regex_subject){ 0 };
	if (say_given(call, report) == -1)
		return -1;
	rc = load_named(s, call, report);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		strings_add(&s->filter.failregex, span_of(call->regex));
		say_text(call, "  failregex", call->regex);
	}
	return settle(s, call, report);
}

void
regex_subject_fini(struct regex_subject *s)
{
	filter_config_fini(&s->filter);
	free(s->encoding);
	free(s->timezone);
	*s = (struct regex_subject){ 0 };
}

struct filter *
regex_subject_filter(const struct regex_subject *s,
    struct regex_run *run, struct report *report)
{
	const struct regex_call *call = run->call;
	bool summary = regex_summary(call);
	struct filter_options options = {
		.match_limit = MATCH_LIMIT, .line_max = LINE_LIMIT,
		.logtimezone = s->timezone, .encoding = s->encoding,
		.check_all = summary && call->check_all, .pending = summary,
		.count_prefix = summary,
		.prefixed = summary && call->verbose > 0 ?
		    regex_report_prefix : NULL,
		.prefixed_arg = run,
		.names = true, .name_known = regex_names_known,
		.name_known_arg = run
	};

	return filter_new(&s->filter, &options, report);
}
