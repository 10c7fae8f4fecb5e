#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "tools/regex_local.h"

void
regex_report_failure(const struct failure *failure, void *arg)
{
	struct regex_run *run = arg;
	struct buf *out;
	time_t t = (time_t)wall_seconds(failure->time);
	struct tm tm;
	char stamp[64];

	if (run->hits == NULL)
		return;
	out = &run->hits[failure->regex - 1];
	buf_adds(out, "|      ");
	id_format(&failure->id, out);
	localtime_r(&t, &tm);
	if (strftime(stamp, sizeof(stamp), "%a %b %d %H:%M:%S %Y", &tm) > 0)
		buf_addf(out, "  %s", stamp);
	buf_addc(out, '\n');
}

static void
keep(struct regex_lines *lines, bool all, bool none, struct span text)
{
	lines->n++;
	if (none || (!all && lines->n > REGEX_SHOWN))
		return;
	buf_adds(&lines->text, "|  ");
	regex_printable(&lines->text, text);
	buf_addc(&lines->text, '\n');
}

void
regex_report_line(struct regex_run *run, enum filter_verdict verdict)
{
	const struct regex_call *call = run->call;

	switch (verdict) {
	case FILTER_MATCHED:
		keep(&run->matched, call->all_matched, !call->all_matched,
		    run->text);
		break;
	case FILTER_IGNORED:
	case FILTER_NOFAIL:
		keep(&run->ignored, call->all_ignored, call->no_ignored,
		    run->text);
		break;
	case FILTER_MISSED:
		keep(&run->missed, call->all_missed, call->no_missed,
		    run->text);
		break;
	}
}

static void
report_prefregex(const struct regex_run *run)
{
	if (filter_prefregex_text(run->filter) != NULL)
		printf("\nPrefregex: %" PRIu64 " total\n|  %s\n`-\n",
		    filter_prefregex_hits(run->filter),
		    filter_prefregex_text(run->filter));
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
	const char *name;
	uint64_t hits;
	bool any = false;
	size_t i;

	printf("\nDate template hits:\n");
	for (i = 0; filter_date_hits(run->filter, i, &name, &hits); i++) {
		if (hits == 0 && run->call->verbose == 0)
			continue;
		if (!any)
			printf("|- [# of hits] date format\n");
		any = true;
		printf("|  [%" PRIu64 "] %s\n", hits, name);
	}
	if (any)
		printf("`-\n");
}

static void
report_lines(const struct regex_lines *lines, const char *title,
    const char *option, bool all, bool none)
{
	if (none || lines->n == 0)
		return;
	if (!all && lines->n >= REGEX_SHOWN) {
		printf("%s line(s): too many to print.  Use --print-all-%s "
		    "to print all %" PRIu64 " lines\n", title, option,
		    lines->n);
		return;
	}
	printf("|- %s line(s):\n", title);
	fwrite(lines->text.p, 1, lines->text.n, stdout);
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
	report_lines(&run->matched, "Matched", "matched", call->all_matched,
	    !call->all_matched);
	report_lines(&run->ignored, "Ignored", "ignored", call->all_ignored,
	    call->no_ignored);
	report_lines(&run->missed, "Missed", "missed", call->all_missed,
	    call->no_missed);
}
