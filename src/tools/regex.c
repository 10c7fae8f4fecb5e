#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "match/encoding.h"
#include "match/text.h"
#include "tools/regex_local.h"
#include "tools/tool.h"

#define OUT_FULL (64u * 1024)
#define SHORT_MAX 53         /* characters */
#define CLOCK_EVERY 1024     /* lines between looks at the clock */

void
regex_printable(struct buf *out, struct span s)
{
	struct buf valid = { 0 };
	size_t i;

	if (!text_is_utf8(s)) {
		text_repair(s, &valid);
		s = buf_span(&valid);
	}
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t')
			buf_addf(out, "\\x%02x", (unsigned char)s.p[i]);
		else if (s.p[i] == 0x7f)
			buf_adds(out, "\\x7f");
		else
			buf_addc(out, s.p[i]);
	buf_fini(&valid);
}

void
regex_flush(struct regex_run *run, bool all)
{
	if (!all && run->out.n < OUT_FULL)
		return;
	if (run->out.n > 0 &&
	    fwrite(run->out.p, 1, run->out.n, stdout) != run->out.n)
		run->failed = true;
	if (all && fflush(stdout) != 0)
		run->failed = true;
	buf_clear(&run->out);
}

void
regex_short(struct buf *out, const char *text)
{
	struct span s = span_of(text);
	size_t cut = s.n, chars = 0, i;

	for (i = 0; i < s.n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) == 0x80)
			continue;
		if (chars++ == SHORT_MAX - 3)
			cut = i;
	}
	buf_add(out, s.p, chars > SHORT_MAX ? cut : s.n);
	buf_adds(out, chars > SHORT_MAX ? "..." : "");
}

bool
regex_summary(const struct regex_call *call)
{
	return !call->json && call->out == NULL;
}

void
regex_error(const struct regex_call *call, const char *fmt, ...)
{
	FILE *to = call->compat ? stdout : stderr;
	va_list ap;

	fputs("ERROR: ", to);
	va_start(ap, fmt);
	vfprintf(to, fmt, ap);
	va_end(ap);
	fputc('\n', to);
}

/* "2026-11-22T01:02:03.000004+01:00 mail sshd[7]: …", as the journal's are shown. */
static struct span
stamped(struct regex_run *run, struct span message, struct wall time)
{
	int64_t seconds = wall_seconds(time);
	time_t t = (time_t)seconds;
	struct tm tm;
	char stamp[64];

	buf_clear(&run->stamped);
	localtime_r(&t, &tm);
	if (strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		buf_adds(&run->stamped, stamp);
	if (time.us != seconds * CLOCK_SECOND)
		buf_addf(&run->stamped, ".%06lld",
		    (long long)(time.us - seconds * CLOCK_SECOND));
	if (strftime(stamp, sizeof(stamp), "%z", &tm) == 5)
		buf_addf(&run->stamped, "%.3s:%s", stamp, stamp + 3);
	buf_addc(&run->stamped, ' ');
	buf_add_span(&run->stamped, message);
	return buf_span(&run->stamped);
}

/* The line as the output has it. */
static struct span
shown(struct regex_run *run, struct span line, const struct wall *time)
{
	if (run->call->json)
		return line;
	if (run->encoding != NULL) {
		encoding_decode(run->encoding, line, &run->decoded);
		line = buf_span(&run->decoded);
	}
	return time != NULL ? stamped(run, line, *time) : line;
}

static void
on_failure(const struct failure *f, void *arg)
{
	struct regex_run *run = arg;
	const struct regex_call *call = run->call;
	filter_failure_fn *found = call->json ? regex_json_failure :
	    call->out != NULL ? regex_out_failure : regex_report_failure;

	if (f->named)
		regex_names_each(run, f, found);
	else
		found(f, run);
}

static enum filter_verdict
judge(struct regex_run *run, struct span line, const struct wall *time)
{
	if (time != NULL && run->stamped_text)
		return filter_stamped(run->filter, line, *time, FILTER_ASIS,
		    on_failure, run);
	if (time != NULL)
		return filter_message(run->filter, line, *time, FILTER_ASIS,
		    on_failure, run);
	return filter_line(run->filter, line, FILTER_ASIS, on_failure, run);
}

void
regex_line(struct regex_run *run, struct span line, const struct wall *time)
{
	const struct regex_call *call = run->call;
	enum filter_verdict verdict;

	run->line++;
	while (line.n > 0 && (line.p[line.n - 1] == '\r' ||
	    line.p[line.n - 1] == '\n'))
		line.n--;
	if (!call->json && time == NULL && (line.n == 0 || line.p[0] == '#'))
		return;
	if (run->line % CLOCK_EVERY == 0)
		clock_tick();
	run->text = shown(run, line, time);
	run->found = 0;
	verdict = judge(run, line, time);
	if (call->json)
		regex_json_line(run, verdict);
	else if (call->out == NULL)
		regex_report_line(run, verdict);
	else if (call->invert && verdict != FILTER_MATCHED)
		regex_out_line(run);
	regex_flush(run, false);
}

/* Errors as fail2ban-regex names them; warnings as our other tools do. */
static void
print_report(const struct regex_call *call, const struct report *report)
{
	const struct problem *p;
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < report->n; i++) {
		p = &report->v[i];
		buf_clear(&text);
		report_format(p, &text);
		if (p->level != PROBLEM_ERROR)
			fprintf(stderr, "%s\n", text.p);
		else if (p->file != NULL)
			regex_error(call, "%s:%u: %s", p->file, p->line,
			    p->text);
		else
			regex_error(call, "%s", p->text);
	}
	buf_fini(&text);
}

static double
elapsed(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) +
	    (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static void
run_begin(struct regex_run *run)
{
	const struct regex_call *call = run->call;

	encoding_open(run->subject->encoding, &run->encoding);
	if (call->verbose > 0 && regex_summary(call))
		run->hits = xcalloc(filter_regex_count(run->filter) + 1,
		    sizeof(*run->hits));
}

static void
run_fini(struct regex_run *run)
{
	size_t i;

	for (i = 0; run->hits != NULL && i < filter_regex_count(run->filter);
	    i++)
		buf_fini(&run->hits[i]);
	free(run->hits);
	encoding_close(run->encoding);
	buf_fini(&run->decoded);
	buf_fini(&run->prefixes);
	buf_fini(&run->out);
	buf_fini(&run->stamped);
	envelope_free(run->envelope);
	strings_fini(&run->matched.v);
	strings_fini(&run->missed.v);
	strings_fini(&run->ignored.v);
}

static int
run_lines(struct regex_run *run)
{
	const struct regex_call *call = run->call;
	struct timespec start;
	uint64_t cpu = clock_cpu_ns();
	double seconds;
	int rc;

	run_begin(run);
	clock_gettime(CLOCK_MONOTONIC, &start);
	rc = regex_log_read(run);
	seconds = elapsed(&start);
	cpu = clock_cpu_ns() - cpu;
	if (rc == 0 && regex_summary(call))
		regex_report_end(run, seconds);
	if (rc == 0 && call->bench)
		regex_bench_print(run, seconds, cpu);
	regex_flush(run, true);
	run_fini(run);
	return rc == -1 || run->failed ? -1 : 0;
}

/* NULL: said why. */
static struct filter *
load(struct regex_subject *subject, struct regex_run *run)
{
	struct report report = { 0 };
	struct filter *f = NULL;

	if (regex_subject_load(subject, run->call, &report) == 0)
		f = regex_subject_filter(subject, run, &report);
	print_report(run->call, &report);
	report_fini(&report);
	return f;
}

int
tool_regex(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct regex_call call = {
		.check_all = true, .level = LEVEL_WARNING,
		.compat = strcmp(slash != NULL ? slash + 1 : argv[0],
		    "fail2ban-regex") == 0
	};
	struct regex_subject subject;
	struct regex_run run = { .call = &call, .subject = &subject };
	int rc = regex_options(argc, argv, &call);

	if (rc != -1)
		return rc;
	log_set_level(call.level);
	if (call.now_set)
		clock_freeze(wall_from_seconds(call.now),
		    (struct boot){ CLOCK_SECOND });
	clock_tick();
	if (regex_summary(&call))
		printf("\nRunning tests\n=============\n\n");
	run.names = regex_names_new();
	run.filter = load(&subject, &run);
	rc = run.filter != NULL ? run_lines(&run) : -1;
	filter_free(run.filter);
	regex_names_free(run.names);
	regex_subject_fini(&subject);
	if (rc == -1)
		return call.compat ? 255 : 1;
	return 0;
}
