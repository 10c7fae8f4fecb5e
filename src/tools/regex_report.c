#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/dump.h"
#include "match/date.h"
#include "tools/regex_local.h"

/* How many lines of a kind are listed unasked: -L says, too. */
static uint64_t
shown(const struct regex_call *call)
{
	return call->maxlines > 0 ? (uint64_t)call->maxlines : REGEX_SHOWN;
}

static void
keep(struct regex_lines *lines, bool all, bool none, uint64_t most,
    struct span text)
{
	struct buf out = { 0 };

	lines->n++;
	if (none || (!all && lines->n > most + 1))
		return;
	regex_printable(&out, text);
	strings_add(&lines->v, buf_span(&out));
	buf_fini(&out);
}

static void
forget(struct regex_lines *lines, struct span text)
{
	struct buf out = { 0 };
	size_t i;

	lines->n--;
	regex_printable(&out, text);
	for (i = 0; i < lines->v.n; i++)
		if (span_eq(span_of(lines->v.v[i]), buf_span(&out)))
			break;
	buf_fini(&out);
	if (i == lines->v.n)
		return;
	free(lines->v.v[i]);
	lines->v.n--;
	memmove(lines->v.v + i, lines->v.v + i + 1,
	    (lines->v.n - i) * sizeof(lines->v.v[0]));
}

/* A match of several lines: those before were missed until now. */
static void
take_back(struct regex_run *run, const struct failure *failure)
{
	const struct regex_call *call = run->call;
	size_t i;

	for (i = 0; i < failure->groups_n; i++)
		if (span_eq(failure->groups[i].name, SPAN("mlfid")))
			return;
	for (i = 0; i + 1 < failure->lines_n && run->missed.n > 0; i++) {
		forget(&run->missed, failure->lines[i]);
		keep(&run->matched, call->all_matched, !call->all_matched,
		    shown(call), failure->lines[i]);
	}
}

static void
add_hit(struct regex_run *run, const struct failure *failure)
{
	struct buf *out = &run->hits[failure->regex - 1];
	time_t t = (time_t)wall_seconds(failure->time);
	struct tm tm;
	char stamp[64];

	buf_adds(out, "|      ");
	id_format(&failure->id, out);
	localtime_r(&t, &tm);
	if (strftime(stamp, sizeof(stamp), "%a %b %d %H:%M:%S %Y", &tm) > 0)
		buf_addf(out, "  %s", stamp);
	buf_adds(out, run->found > 2 ? " (multiple regex matched)\n" : "\n");
}

void
regex_report_failure(const struct failure *failure, void *arg)
{
	struct regex_run *run = arg;

	if (run->found++ == 0 && run->subject->filter.maxlines > 1)
		take_back(run, failure);
	if (run->hits != NULL)
		add_hit(run, failure);
}

/* {'mlfid': 'h sshd[7]: ', 'content': '…'}: each that prefregex found. */
void
regex_report_prefix(const struct failure_group *groups, size_t n, void *arg)
{
	struct regex_run *run = arg;
	struct buf *out = &run->prefixes;
	size_t i;

	run->prefixes_n++;
	if (run->prefixes_n == shown(run->call) + 1)
		buf_adds(out, "|      ...\n");
	if (run->prefixes_n > shown(run->call))
		return;
	buf_adds(out, "|      {");
	for (i = 0; i < n; i++) {
		buf_adds(out, i > 0 ? ", " : "");
		dump_repr(groups[i].name, out);
		buf_adds(out, ": ");
		if (groups[i].value.p != NULL)
			dump_repr(groups[i].value, out);
		else
			buf_adds(out, "None");
	}
	buf_adds(out, "}\n");
}

void
regex_report_line(struct regex_run *run, enum filter_verdict verdict)
{
	const struct regex_call *call = run->call;

	switch (verdict) {
	case FILTER_MATCHED:
		keep(&run->matched, call->all_matched, !call->all_matched,
		    shown(call), run->text);
		break;
	case FILTER_IGNORED:
	case FILTER_NOFAIL:
		keep(&run->ignored, call->all_ignored, call->no_ignored,
		    shown(call), run->text);
		break;
	case FILTER_MISSED:
		keep(&run->missed, call->all_missed, call->no_missed,
		    shown(call), run->text);
		break;
	}
}

static void
report_prefregex(const struct regex_run *run)
{
	if (filter_prefregex_text(run->filter) == NULL)
		return;
	printf("\nPrefregex: %" PRIu64 " total\n|  %s\n",
	    filter_prefregex_hits(run->filter),
	    filter_prefregex_text(run->filter));
	if (run->prefixes.n > 0)
		fwrite(run->prefixes.p, 1, run->prefixes.n, stdout);
	printf("`-\n");
}

static void
report_regexes(const struct regex_run *run, const char *title, size_t n,
    uint64_t (*hits)(const struct filter *, size_t),
    const char *(*text)(const struct filter *, size_t), struct buf *found)
{
	uint64_t total = 0;
	bool any = false;
	size_t i;

	for (i = 0; i < n; i++)
		total += hits(run->filter, i);
	printf("\n%s: %" PRIu64 " total\n", title, total);
	for (i = 0; i < n; i++) {
		if (hits(run->filter, i) == 0 && run->call->verbose == 0)
			continue;
		if (!any)
			printf("|-  #) [# of hits] regular expression\n");
		any = true;
		printf("|  %2zu) [%" PRIu64 "] %s\n", i + 1,
		    hits(run->filter, i), text(run->filter, i));
		if (found != NULL && found[i].n > 0)
			fwrite(found[i].p, 1, found[i].n, stdout);
	}
	if (any)
		printf("`-\n");
}

static void
report_dates(const struct regex_run *run)
{
	const struct date_detector *dates = filter_dates(run->filter);
	struct date_template_state s;
	bool any = false;
	size_t i;

	/* Entries of the journal bring their time along. */
	if (regex_is_journal(run->call) &&
	    run->subject->filter.datepattern == NULL)
		return;
	printf("\nDate template hits:\n");
	for (i = 0; date_template_state(dates, i, &s); i++) {
		if (s.hits == 0 && run->call->verbose == 0)
			continue;
		if (!any)
			printf("|- [# of hits] date format\n");
		any = true;
		printf("|  [%" PRIu64 "] %s\n", s.hits, s.name);
		if (run->call->verbose_date)
			printf("|      # weight: %.3f (%.3f), pattern: %s\n"
			    "|      # regex:   %s\n", s.weight, s.own_weight,
			    s.pattern != NULL ? s.pattern : "", s.regex);
	}
	if (any)
		printf("`-\n");
}

static void
print_line(const char *text)
{
	int n = (int)strlen(text);

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	printf("|  %.*s\n", n, text);
}

static void
report_lines(const struct regex_run *run, const struct regex_lines *lines,
    const char *title, const char *option, bool all)
{
	const struct regex_call *call = run->call;
	bool ignored = lines == &run->ignored;
	size_t i;

	if (lines->n == 0)
		return;
	if (!all && lines->n >= shown(call)) {
		printf("%s line(s): too many to print.  Use --print-all-%s "
		    "to print all %" PRIu64 " lines\n", title, option,
		    lines->n);
		return;
	}
	if (lines->v.n == 0 || (call->debuggex && ignored &&
	    filter_ignoreregex_count(run->filter) == 0))
		return;
	printf("|- %s line(s):\n", title);
	for (i = 0; i < lines->v.n; i++)
		if (call->debuggex)
			regex_debuggex(run, span_of(lines->v.v[i]), ignored);
		else
			print_line(lines->v.v[i]);
	printf("`-\n");
}

void
regex_report_end(struct regex_run *run, double seconds)
{
	const struct regex_call *call = run->call;
	const struct filter *f = run->filter;

	printf("\nResults\n=======\n");
	report_prefregex(run);
	report_regexes(run, "Failregex", filter_regex_count(f),
	    filter_regex_hits, filter_regex_source, run->hits);
	report_regexes(run, "Ignoreregex", filter_ignoreregex_count(f),
	    filter_ignoreregex_hits, filter_ignoreregex_source, NULL);
	report_dates(run);
	printf("\nLines: %" PRIu64 " lines, %" PRIu64 " ignored, %" PRIu64
	    " matched, %" PRIu64 " missed\n", run->matched.n +
	    run->ignored.n + run->missed.n, run->ignored.n, run->matched.n,
	    run->missed.n);
	printf("[processed in %.2f sec]\n\n", seconds);
	if (call->all_matched)
		report_lines(run, &run->matched, "Matched", "matched", true);
	if (!call->no_ignored)
		report_lines(run, &run->ignored, "Ignored", "ignored",
		    call->all_ignored);
	if (!call->no_missed)
		report_lines(run, &run->missed, "Missed", "missed",
		    call->all_missed);
}
