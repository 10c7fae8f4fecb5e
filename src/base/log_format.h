/*
 * The layout of a log record as Python's logging writes it: "%(levelname)-7s
 * %(message)s". Fields that say where in a program a record was made are "-",
 * their numbers 0.
 */
#ifndef GAOL_BASE_LOG_FORMAT_H
#define GAOL_BASE_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/span.h"

struct log_record {
	enum log_level level;
	const char *level_name;
	const char *logger;
	int priority;            /* of syslog */
	struct span message;
};

/* Is every % one that log_format_put() can fill in? "" is. */
bool log_format_valid(struct span format);
/*
 * How fail2ban's records look with so many -v: time and thread from -vv on,
 * milliseconds since the start and logger from -vvv on, and the place in the
 * program with -vvvv. Less: "", the usual.
 */
void log_format_verbose(char out[LOG_FORMAT_MAX], unsigned verbosity,
    bool date, bool padding);
/* The record in that (valid) format, cut at size; no NUL. Its length. */
size_t log_format_put(char *out, size_t size, const char *format,
    const struct log_record *record);
/* "2026-11-21 22:08:12,717", local time. */
size_t log_format_date(char *out, size_t size);
/* snprintf() that returns what it has written. */
size_t log_format_print(char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
