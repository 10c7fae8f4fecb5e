/*
 * What is wrong with a configuration: every problem, not only the first, each
 * naming file, line, option, the offending value and what is accepted.
 */
#ifndef GAOL_CONFIG_REPORT_H
#define GAOL_CONFIG_REPORT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/buf.h"

enum problem_level { PROBLEM_WARNING, PROBLEM_ERROR };

struct problem {
	enum problem_level level;
	char *jail;      /* NULL: not of one jail */
	char *file;      /* NULL: unknown */
	unsigned line;   /* 0: unknown */
	char *text;      /* "maxretry: 'abc' is not a number; accepted: 1..…" */
};

struct report {
	struct problem *v;
	size_t n;
	size_t cap;
	size_t errors;   /* how many of them are PROBLEM_ERROR */
};

/* file, line and jail may be NULL/0. All text is copied. */
void report_add(struct report *r, enum problem_level level, const char *jail,
    const char *file, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* "FILE:LINE: [JAIL] error: TEXT" (the parts that are known). */
void report_format(const struct problem *p, struct buf *out);
/* Behind what `to` has; `from` is left empty. */
void report_move(struct report *to, struct report *from);
void report_fini(struct report *r);

#endif
