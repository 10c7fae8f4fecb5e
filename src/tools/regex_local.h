/* What the files of `gaol regex` share. */
#ifndef GAOL_TOOLS_REGEX_LOCAL_H
#define GAOL_TOOLS_REGEX_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/strings.h"
#include "match/filter.h"
#include "source/envelope.h"

#define REGEX_SHOWN 20     /* lines of a kind that are listed unasked */

struct regex_call {
	const char *dir, *share;
	const char *datepattern, *timezone, *usedns, *out, *encoding;
	const char *journalmatch;
	const char *log, *regex, *ignoreregex;
	enum envelope_kind envelope;
	bool envelope_set;
	int64_t maxlines;
	int64_t now;
	bool now_set, json, invert, check_all, compat;
	bool bench, debuggex, verbose_date;
	int verbose;
	enum log_level level;
	bool all_matched, all_missed, all_ignored, no_missed, no_ignored;
};

/* Does the run print a summary, and say before it what is used? */
bool regex_summary(const struct regex_call *call);
/* Is LOG the systemd journal, "systemd-journal[…]"? */
bool regex_is_journal(const struct regex_call *call);

/* Options; the exit status to leave with, or -1 to go on. */
int regex_options(int argc, char **argv, struct regex_call *call);

/* Lines of one kind, and as many of them as will be listed. */
struct regex_lines {
	uint64_t n;
	struct strings v;
};

/* What stands before "Results", and is needed to read the log. */
struct regex_subject {
	struct filter_config filter;
	char *encoding;             /* NULL: UTF-8 */
	char *timezone;             /* NULL: local time */
	enum envelope_kind envelope;
};

struct regex_run {
	const struct regex_call *call;
	const struct regex_subject *subject;
	struct filter *filter;
	uint64_t line;              /* number, from 1 */
	struct span text;           /* the line itself */
	uint64_t bytes;             /* read so far, unpacked */
	struct buf out;             /* written when full */
	struct regex_lines matched, missed, ignored;
	struct buf *hits;           /* -v: what each failregex found */
	struct encoding *encoding;  /* of what is shown; NULL: UTF-8 */
	struct buf decoded;
	struct buf stamped;         /* a journal's entry as it is shown */
	struct buf prefixes;        /* -v: what prefregex found */
	uint64_t prefixes_n;
	unsigned found;             /* failures of this line so far */
	struct regex_names *names;  /* hosts looked up */
	struct envelope *envelope;  /* of the log's lines; NULL: none */
	bool stamped_text;          /* a line that has a time may have a
	                             * stamp of its own, too */
	bool failed;                /* standard output is gone */
};

/*
 * regex_subject.c: takes REGEX and IGNOREREGEX for what they are and says
 * so. 0, or -1 with the report filled. Free it in any case.
 */
int regex_subject_load(struct regex_subject *s,
    const struct regex_call *call, struct report *report);
void regex_subject_fini(struct regex_subject *s);
/* NULL with the report filled. */
struct filter *regex_subject_filter(const struct regex_subject *s,
    struct regex_run *run, struct report *report);

/* regex_log.c: says what LOG is, feeds its lines. 0, or -1 (said). */
int regex_log_read(struct regex_run *run);
/* Reported on the stream where this program's name has them. */
void regex_error(const struct regex_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A line with its stamp cut off and known (the journal), or as it is. */
void regex_line(struct regex_run *run, struct span line,
    const struct wall *time);
/* regex_journal.c: the same for the journal. */
int regex_journal_read(struct regex_run *run);

/* regex_names.c: has the host an address? `run` is the argument. */
bool regex_names_known(struct span name, void *run);
/* Of the name just asked about: one failure of each address. */
void regex_names_each(struct regex_run *run, const struct failure *f,
    filter_failure_fn *found);
struct regex_names *regex_names_new(void);
void regex_names_free(struct regex_names *names);

/* regex_debuggex.c: a line as -D shows it, beside each expression. */
void regex_debuggex(const struct regex_run *run, struct span line,
    bool ignored);

/* regex_json.c, regex_out.c: the record of one line, or of one failure. */
void regex_json_failure(const struct failure *failure, void *run);
void regex_json_line(struct regex_run *run, enum filter_verdict verdict);
void regex_out_failure(const struct failure *failure, void *run);
/* --invert: a line that is no failure. */
void regex_out_line(struct regex_run *run);
/* regex_report.c: fail2ban-regex's summary. */
void regex_report_failure(const struct failure *failure, void *run);
void regex_report_line(struct regex_run *run, enum filter_verdict verdict);
filter_prefix_fn regex_report_prefix;
void regex_report_end(struct regex_run *run, double seconds);
/* regex_bench.c */
void regex_bench_print(const struct regex_run *run, double seconds,
    uint64_t cpu);

/* The first 50 characters and "..." of a text that has more than 53. */
void regex_short(struct buf *out, const char *text);
/* Text of foreign origin as UTF-8 without control bytes (but tab). */
void regex_printable(struct buf *out, struct span s);
/* Writes run->out when `all` or when it is big. */
void regex_flush(struct regex_run *run, bool all);

#endif
