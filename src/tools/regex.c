#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "match/text.h"
#include "tools/filter_name.h"
#include "tools/progress.h"
#include "tools/regex_local.h"
#include "tools/tool.h"
#include "tools/unpack.h"

#define CHUNK (256u * 1024)
#define OUT_FULL (64u * 1024)
#define LINE_LIMIT 65536
#define MATCH_LIMIT 100000
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

static void
one_line(struct regex_run *run, struct span line)
{
	const struct regex_call *call = run->call;
	filter_failure_fn *found = call->json ? regex_json_failure :
	    call->out != NULL ? regex_out_failure : regex_report_failure;
	enum filter_verdict verdict;

	run->line++;
	while (line.n > 0 && (line.p[line.n - 1] == '\r' ||
	    line.p[line.n - 1] == '\n'))
		line.n--;
	if (!call->json && (line.n == 0 || line.p[0] == '#'))
		return;
	if (run->line % CLOCK_EVERY == 0)
		clock_tick();
	run->text = line;
	verdict = filter_line(run->filter, line, FILTER_ASIS, found, run);
	if (call->json) {
		regex_json_line(run, verdict);
	} else if (call->out == NULL) {
		regex_report_line(run, verdict);
	} else if (call->invert && verdict != FILTER_MATCHED) {
		regex_printable(&run->out, line);
		buf_addc(&run->out, '\n');
	}
	regex_flush(run, false);
}

/*
 * Lines from a file, through one buffer: a line longer than the buffer is cut
 * there (far beyond what the filter looks at) and its rest skipped.
 */
static int
read_lines(struct regex_run *run, struct unpack *from,
    struct progress *progress)
{
	char *p = xmalloc(CHUNK), *newline;
	size_t have = 0, at;
	bool skipping = false;
	ssize_t n = 0;

	while (!run->failed &&
	    (n = unpack_read(from, p + have, CHUNK - have)) > 0) {
		have += (size_t)n;
		run->bytes += (uint64_t)n;
		progress_show(progress, unpack_offset(from), run->line);
		filter_block(run->filter, span_from(p, have));
		for (at = 0; (newline = memchr(p + at, '\n', have - at)) !=
		    NULL; at = (size_t)(newline - p) + 1) {
			if (!skipping)
				one_line(run, span_from(p + at,
				    (size_t)(newline - p) - at));
			skipping = false;
		}
		have -= at;
		memmove(p, p + at, have);
		if (have == CHUNK) {
			if (!skipping)
				one_line(run, span_from(p, have));
			skipping = true;
			have = 0;
		}
	}
	filter_block(run->filter, (struct span){ NULL, 0 });
	if (n != -1 && have > 0 && !skipping && !run->failed)
		one_line(run, span_from(p, have));
	free(p);
	return run->failed ? 0 : (int)n;
}

static int
read_file(struct regex_run *run, int fd)
{
	struct unpack *from = unpack_new(fd);
	struct progress progress;
	struct stat st;
	int rc;

	progress_begin(&progress, stderr, fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
	rc = read_lines(run, from, &progress);
	progress_end(&progress);
	if (rc == -1)
		fprintf(stderr, "ERROR: %s: %s\n", run->call->log,
		    unpack_why(from));
	unpack_free(from);
	return rc;
}

/* 0 read, -1 not to be read (said). A text that names no file is a line. */
static int
read_log(struct regex_run *run)
{
	const char *log = run->call->log;
	struct stat st;
	int fd, rc;

	if (strcmp(log, "-") == 0)
		return read_file(run, STDIN_FILENO);
	if (stat(log, &st) == -1 || S_ISDIR(st.st_mode)) {
		one_line(run, span_of(log));
		return 0;
	}
	fd = open(log, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		fprintf(stderr, "ERROR: %s: %s\n", log, strerror(errno));
		return -1;
	}
	rc = read_file(run, fd);
	close(fd);
	return rc;
}

static void
say(const struct regex_call *call, const char *what, const char *text)
{
	struct span s = span_of(text);

	if (call->json || call->out != NULL)
		return;
	if (s.n > 53)
		printf("Use %s line : %.*s...\n", what, 50, text);
	else
		printf("Use %s line : %s\n", what, text);
}

/* The failregex argument into config. 0, or -1 with the report filled. */
static int
load_regex(const struct regex_call *call, struct filter_config *config,
    struct report *report)
{
	struct config_request request = { .dir = call->dir,
		.share = call->share, .no_users = true };
	char *entry = NULL, *dir = NULL;
	int rc = 0;

	if (filter_name(call->regex, call->dir, call->share, &entry, &dir)) {
		request.dir = dir;
		rc = config_load_filter(&request, entry, config, report);
		if (rc == 0 && !call->json && call->out == NULL)
			printf("Use      filter file : %s, basedir: %s\n",
			    entry, dir);
	} else {
		strings_add(&config->failregex, span_of(call->regex));
		say(call, "  failregex", call->regex);
	}
	free(entry);
	free(dir);
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

static int
load(const struct regex_call *call, struct filter_config *config,
    struct report *report)
{
	if (load_regex(call, config, report) == -1)
		return -1;
	override(&config->datepattern, call->datepattern);
	override(&config->usedns, call->usedns);
	if (call->maxlines > 0)
		config->maxlines = call->maxlines;
	if (call->ignoreregex != NULL) {
		strings_fini(&config->ignoreregex);
		strings_add(&config->ignoreregex, span_of(call->ignoreregex));
		say(call, "ignoreregex", call->ignoreregex);
	}
	return 0;
}

static void
say_log(const struct regex_call *call)
{
	struct stat st;

	if (call->json || call->out != NULL)
		return;
	if (strcmp(call->log, "-") != 0 && stat(call->log, &st) == -1)
		printf("Use      single line : %.*s%s\n", 50, call->log,
		    strlen(call->log) > 50 ? "..." : "");
	else
		printf("Use         log file : %s\n"
		    "Use         encoding : %s\n", call->log,
		    call->encoding == NULL ||
		    strcasecmp(call->encoding, "auto") == 0 ? "UTF-8" :
		    call->encoding);
	printf("\n");
}

static void
say_datepattern(const struct filter *f, const char *pattern)
{
	const char *name = "", *second;
	uint64_t hits;

	filter_date_hits(f, 0, &name, &hits);
	if (filter_date_hits(f, 1, &second, &hits))
		name = "Default Detectors";
	printf("Use      datepattern : %s : %s\n", pattern, name);
}

static struct filter *
make_filter(const struct regex_call *call, struct report *report)
{
	bool summary = !call->json && call->out == NULL;
	struct filter_options options = {
		.match_limit = MATCH_LIMIT, .line_max = LINE_LIMIT,
		.logtimezone = call->timezone, .encoding = call->encoding,
		.check_all = summary && call->check_all, .pending = summary,
		.count_prefix = summary
	};
	struct filter_config config = { 0 };
	struct filter *f = NULL;

	if (load(call, &config, report) == 0)
		f = filter_new(&config, &options, report);
	if (f != NULL && summary && config.maxlines > 0)
		printf("Use         maxlines : %lld\n",
		    (long long)config.maxlines);
	if (f != NULL && summary && config.datepattern != NULL)
		say_datepattern(f, config.datepattern);
	filter_config_fini(&config);
	return f;
}

/* Errors as fail2ban-regex names them; warnings as our other tools do. */
static void
print_report(const struct report *report)
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
			fprintf(stderr, "ERROR: %s:%u: %s\n", p->file,
			    p->line, p->text);
		else
			fprintf(stderr, "ERROR: %s\n", p->text);
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

static int
run_lines(struct regex_run *run)
{
	const struct regex_call *call = run->call;
	struct timespec start;
	uint64_t cpu = clock_cpu_ns();
	double seconds;
	size_t i;
	int rc;

	if (call->verbose > 0 && !call->json && call->out == NULL)
		run->hits = xcalloc(filter_regex_count(run->filter) + 1,
		    sizeof(*run->hits));
	clock_gettime(CLOCK_MONOTONIC, &start);
	rc = read_log(run);
	seconds = elapsed(&start);
	cpu = clock_cpu_ns() - cpu;
	if (rc == 0 && !call->json && call->out == NULL)
		regex_report_end(run, seconds);
	if (rc == 0 && call->bench)
		regex_bench_print(run, seconds, cpu);
	regex_flush(run, true);
	for (i = 0; run->hits != NULL && i < filter_regex_count(run->filter);
	    i++)
		buf_fini(&run->hits[i]);
	free(run->hits);
	buf_fini(&run->out);
	buf_fini(&run->matched.text);
	buf_fini(&run->missed.text);
	buf_fini(&run->ignored.text);
	return rc == -1 || run->failed ? -1 : 0;
}

int
tool_regex(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct regex_call call = {
		.check_all = true,
		.compat = strcmp(slash != NULL ? slash + 1 : argv[0],
		    "fail2ban-regex") == 0
	};
	struct regex_run run = { .call = &call };
	struct report report = { 0 };
	int rc = regex_options(argc, argv, &call);

	if (rc != -1)
		return rc;
	if (call.now_set)
		clock_freeze(wall_from_seconds(call.now),
		    (struct boot){ CLOCK_SECOND });
	clock_tick();
	if (!call.json && call.out == NULL)
		printf("\nRunning tests\n=============\n\n");
	run.filter = make_filter(&call, &report);
	print_report(&report);
	report_fini(&report);
	if (run.filter == NULL)
		return call.compat ? 255 : 1;
	say_log(&call);
	rc = run_lines(&run);
	filter_free(run.filter);
	if (rc == -1)
		return call.compat ? 255 : 1;
	return 0;
}
