/* What LOG is: a file, standard input, the journal, or lines of a log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/log_file.h"
#include "tools/regex_local.h"

#define LISTED 5             /* lines of several that are listed */

static void
on_block(struct span block, void *arg)
{
	struct regex_run *run = arg;

	/* Many an envelope's text is a part of it; else it is looked through
	 * by itself. */
	filter_block(run->filter, block);
}

/* A line whose envelope is no such line counts as it is. */
static void
unwrap(struct regex_run *run, struct span line)
{
	struct enveloped in = { .text = line };
	enum envelope_what what = envelope_open(run->envelope, line, &in);

	if (what == ENVELOPE_PART)
		return;
	run->stamped_text = what == ENVELOPE_STAMPED;
	regex_line(run, in.text, what == ENVELOPE_STAMPED ||
	    what == ENVELOPE_MESSAGE ? &in.time : NULL);
}

static bool
on_line(struct span line, void *arg)
{
	struct regex_run *run = arg;

	if (run->envelope != NULL)
		unwrap(run, line);
	else
		regex_line(run, line, NULL);
	return !run->failed;
}

static int
read_file(struct regex_run *run, int fd)
{
	static const struct log_file_calls calls = { on_block, on_line };
	struct buf why = { 0 };
	int rc;

	if (run->subject->envelope != ENVELOPE_NONE)
		run->envelope = envelope_new(run->subject->envelope,
		    LOG_FILE_LINE_MAX);
	rc = log_file_feed(fd, &calls, run, &run->bytes, &why);

	if (rc == -1)
		regex_error(run->call, "%s: %s", run->call->log, why.p);
	buf_fini(&why);
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
