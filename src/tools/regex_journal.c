/* The systemd journal as LOG: systemd-journal[journalpath=…]. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/value.h"
#include "source/journal.h"
#include "source/journal_where.h"
#include "tools/regex_local.h"

static const char prefix[] = "systemd-journal";

bool
regex_is_journal(const struct regex_call *call)
{
	size_t n = sizeof(prefix) - 1;

	return call->log != NULL && strncmp(call->log, prefix, n) == 0 &&
	    (call->log[n] == '\0' || call->log[n] == '[');
}

/* One line of matches after the other; between them is an "or". */
static void
say_matches(const struct strings *matches)
{
	struct strings words = { 0 };
	bool first = true;
	size_t i, k;

	printf("Use    journal match : ");
	for (i = 0; i < matches->n; i++) {
		value_shell_words(matches->v[i], &words);
		if (i > 0)
			printf(" +");
		for (k = 0; k < words.n; k++, first = false)
			printf("%s%s", first ? "" : " ", words.v[k]);
		strings_fini(&words);
	}
	printf("\n");
}

static void
say(const struct regex_run *run)
{
	const struct strings *matches = &run->subject->filter.journalmatch;
	const char *encoding = run->subject->encoding;

	if (!regex_summary(run->call))
		return;
	printf("Use         systemd journal\n"
	    "Use         encoding : %s\n",
	    encoding == NULL || strcasecmp(encoding, "auto") == 0 ? "UTF-8" :
	    encoding);
	if (matches->n > 0)
		say_matches(matches);
	printf("\n");
}

/* An entry: shown with its stamp, matched without. */
static void
entry(struct span message, struct wall time, bool live, void *arg)
{
	(void)live;
	regex_line(arg, message, &time);
}

/* Files that may be read; the others are named. */
static size_t
open_files(const struct regex_run *run, const struct journal_files *files,
    int *fds)
{
	size_t n = 0, i;

	for (i = 0; i < files->n; i++) {
		fds[n] = open(files->v[i].path,
		    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fds[n] != -1)
			n++;
		else
			regex_error(run->call, "%s: %s", files->v[i].path,
			    strerror(errno));
	}
	return n;
}

static int
read_entries(struct regex_run *run, struct journal *j, const int *fds,
    size_t n)
{
	int rc = journal_attach(j, fds, n);

	if (rc > 0)
		while (!run->failed && (rc = journal_read(j, JOURNAL_BUDGET,
		    entry, run)) == 1)
			;
	if (rc == -1)
		regex_error(run->call, "%s: %s", run->call->log,
		    strerror(errno));
	if (journal_damaged(j) > 0)
		regex_error(run->call, "%s: %" PRIu64 " damaged entries",
		    run->call->log, journal_damaged(j));
	if (journal_parts_lost(j) > 0)
		regex_error(run->call, "%s: %" PRIu64 " parts of lines without "
		    "the others", run->call->log, journal_parts_lost(j));
	return rc == -1 ? -1 : 0;
}

/* Somebody said which; then it must be there. */
static bool
is_named(const struct journal_where *where)
{
	return where->path != NULL || where->globs.n > 0 ||
	    where->name_space != NULL;
}

static int
read_where(struct regex_run *run, const struct journal_where *where)
{
	struct journal_options options = {
		.matches = &run->subject->filter.journalmatch,
		.begin = { -1 }, .line_max = 65536
	};
	struct journal_files files = { 0 };
	struct journal *j;
	size_t n, i;
	int *fds, rc = -1;

	journal_files_find(&files, where, (struct wall){ 0 });
	if (files.n == 0 && is_named(where)) {
		regex_error(run->call, "%s: there are no journal files",
		    run->call->log);
		journal_files_fini(&files);
		return -1;
	}
	if (files.left_out > 0)
		regex_error(run->call, "%s: %zu older files are left out",
		    run->call->log, files.left_out);
	fds = xcalloc(files.n + 1, sizeof(*fds));
	n = open_files(run, &files, fds);
	j = journal_new(&options);
	if (n > 0 || files.n == 0)
		rc = read_entries(run, j, fds, n);
	journal_free(j);
	for (i = 0; i < n; i++)
		close(fds[i]);
	free(fds);
	journal_files_fini(&files);
	return rc;
}

int
regex_journal_read(struct regex_run *run)
{
	struct journal_where where;
	struct buf why = { 0 };
	int rc = -1;

	if (journal_check(&run->subject->filter.journalmatch, &why) == -1 ||
	    journal_where_parse(&where, run->call->log, &why) == -1) {
		regex_error(run->call, "%s", why.p);
		buf_fini(&why);
		return -1;
	}
	say(run);
	rc = read_where(run, &where);
	journal_where_fini(&where);
	return rc;
}
