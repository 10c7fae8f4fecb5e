/* What the files of `gaol regex` share. */
#ifndef GAOL_TOOLS_REGEX_LOCAL_H
#define GAOL_TOOLS_REGEX_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "match/filter.h"

#define REGEX_SHOWN 20     /* lines of a kind that are listed unasked */

struct regex_call {
	const char *dir, *share;
	const char *datepattern, *timezone, *usedns, *out, *encoding;
	const char *log, *regex, *ignoreregex;
	int64_t maxlines;
	int64_t now;
	bool now_set, json, invert, check_all, compat;
	bool bench;
	int verbose;
	bool all_matched, all_missed, all_ignored, no_missed, no_ignored;
};

/* Options; the exit status to leave with, or -1 to go on. */
int regex_options(int argc, char **argv, struct regex_call *call);

/* Lines of one kind, and as many of them as will be listed. */
struct regex_lines {
	uint64_t n;
	struct buf text;       /* each with its newline */
};

struct regex_run {
	const struct regex_call *call;
	struct filter *filter;
	uint64_t line;              /* number, from 1 */
	struct span text;           /* the line itself */
	uint64_t bytes;             /* read so far, unpacked */
	struct buf out;             /* written when full */
	struct regex_lines matched, missed, ignored;
	struct buf *hits;           /* -v: what each failregex found */
	bool failed;                /* standard output is gone */
};

/* regex_json.c, regex_out.c: the record of one line, or of one failure. */
void regex_json_failure(const struct failure *failure, void *run);
void regex_json_line(struct regex_run *run, enum filter_verdict verdict);
void regex_out_failure(const struct failure *failure, void *run);
/* regex_report.c: fail2ban-regex's summary. */
void regex_report_failure(const struct failure *failure, void *run);
void regex_report_line(struct regex_run *run, enum filter_verdict verdict);
void regex_report_end(struct regex_run *run, double seconds);
/* regex_bench.c */
void regex_bench_print(const struct regex_run *run, double seconds,
    uint64_t cpu);

/* Text of foreign origin as UTF-8 without control bytes (but tab). */
void regex_printable(struct buf *out, struct span s);
/* Writes run->out when `all` or when it is big. */
void regex_flush(struct regex_run *run, bool all);

#endif
