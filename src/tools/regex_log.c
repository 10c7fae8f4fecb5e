/* What LOG is: a file, standard input, the journal, or lines of a log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tools/progress.h"
#include "tools/regex_local.h"
#include "tools/unpack.h"

#define CHUNK (256u * 1024)
#define LISTED 5             /* lines of several that are listed */

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
				regex_line(run, span_from(p + at,
				    (size_t)(newline - p) - at), NULL);
			skipping = false;
		}
		have -= at;
		memmove(p, p + at, have);
		if (have == CHUNK) {
			if (!skipping)
				regex_line(run, span_from(p, have), NULL);
			skipping = true;
			have = 0;
		}
	}
	filter_block(run->filter, (struct span){ NULL, 0 });
	if (n != -1 && have > 0 && !skipping && !run->failed)
		regex_line(run, span_from(p, have), NULL);
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
		regex_error(run->call, "%s: %s", run->call->log,
		    unpack_why(from));
	unpack_free(from);
	return rc;
}

static void
say_file(const struct regex_run *run)
{
	const char *encoding = run->subject->encoding;

	if (!regex_summary(run->call))
		return;
	printf("Use         log file : %s\n"
	    "Use         encoding : %s\n\n", run->call->log,
	    encoding == NULL || strcasecmp(encoding, "auto") == 0 ? "UTF-8" :
	    encoding);
}

static int
read_path(struct regex_run *run)
{
	const char *log = run->call->log;
	int fd = open(log, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;

	if (fd == -1) {
		regex_error(run->call, "%s: %s", log, strerror(errno));
		return -1;
	}
	say_file(run);
	rc = read_file(run, fd);
	close(fd);
	return rc;
}

/* --- lines on the command line --------------------------------------------- */

static void
say_lines(const char *text)
{
	struct span rest = span_of(text), line;
	struct buf out = { 0 };
	size_t n = 1, i = 0;
	char *copy;

	for (const char *p = text; *p != '\0'; p++)
		n += *p == '\n';
	printf("Use      multi line : %zu line(s)\n", n);
	while (span_cut(&rest, '\n', &line)) {
		if (i++ == LISTED) {
			printf("| ...\n");
			break;
		}
		copy = span_dup(line);
		buf_clear(&out);
		regex_short(&out, copy);
		printf("| %2zu: %s\n", i, out.p != NULL ? out.p : "");
		free(copy);
	}
	printf("`-\n\n");
	buf_fini(&out);
}

static void
say_line(const char *text)
{
	struct buf out = { 0 };

	regex_short(&out, text);
	printf("Use      single line : %s\n\n", out.p != NULL ? out.p : "");
	buf_fini(&out);
}

static void
read_text(struct regex_run *run)
{
	struct span rest = span_of(run->call->log), line;
	bool one = run->subject->filter.maxlines <= 1 &&
	    span_chr(rest, '\n') == SPAN_NONE;

	if (regex_summary(run->call) && one)
		say_line(run->call->log);
	else if (regex_summary(run->call))
		say_lines(run->call->log);
	while (span_cut(&rest, '\n', &line))
		regex_line(run, line, NULL);
}

int
regex_log_read(struct regex_run *run)
{
	const char *log = run->call->log;
	struct stat st;

	if (strcmp(log, "-") == 0) {
		say_file(run);
		return read_file(run, STDIN_FILENO);
	}
	if (stat(log, &st) == 0 && !S_ISDIR(st.st_mode))
		return read_path(run);
	if (regex_is_journal(run->call))
		return regex_journal_read(run);
	read_text(run);
	return 0;
}
