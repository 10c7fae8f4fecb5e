/*
 * The daemon's log, in fail2ban's layout because other programs parse it:
 *
 *	2026-11-21 22:08:12,717 fail2ban.actions        [18455]: NOTICE  [j] Ban ...
 *
 * logger padded to 24, level to 7. `logger` is upstream's name for lines of
 * upstream's wording ("fail2ban.actions"), "gaol.ROOM" for our own.
 *
 * Foreign text (anything of a log line, a client, a kernel's program name)
 * goes in only through log_text(). errno is kept by every call.
 */
#ifndef GAOL_BASE_LOG_H
#define GAOL_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum log_level {
	LEVEL_HEAVYDEBUG = 5,
	LEVEL_TRACEDEBUG = 7,
	LEVEL_DEBUG = 10,
	LEVEL_MSG = 18,
	LEVEL_INFO = 20,
	LEVEL_NOTICE = 25,
	LEVEL_WARNING = 30,
	LEVEL_ERROR = 40,
	LEVEL_CRITICAL = 50,
};

enum log_target { LOG_TARGET_FD, LOG_TARGET_SYSLOG, LOG_TARGET_JOURNAL };

#define LOG_FORMAT_MAX 256

/* How records look. Of fixed size: it travels between processes. */
struct log_layout {
	uint32_t target;              /* enum log_target */
	uint32_t date;                /* 0 or 1 */
	uint32_t padding;             /* of logger and level; 0 or 1 */
	uint32_t facility;            /* of syslog: LOG_DAEMON … */
	char format[LOG_FORMAT_MAX];  /* log_format.h; "": the usual */
};

/* Name <-> level ("INFO", any case, or a number 1..50). -1: unknown. */
int log_level_parse(struct span name, enum log_level *out);
const char *log_level_name(enum log_level level);

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* fd stays the caller's; it is written with one write(2) per record. */
void log_set_fd(int fd);
/*
 * After choosing a target, which sets the usual: a descriptor shows the date
 * and pads logger and level, syslog does neither.
 */
void log_set_layout(bool date, bool padding);
/*
 * All of it at once; fd (the caller's) is what the layout's target wants: open
 * for writing, or connected to syslog's or the journal's socket.
 */
void log_set_target(int fd, const struct log_layout *layout);
/* Every field in its range, and the format one that log_format.h knows. */
bool log_layout_valid(const struct log_layout *layout);
/*
 * Records to /dev/log, without date and padding as upstream's are; what the
 * socket does not take at once is lost, never waited for. ident (borrowed)
 * goes before the logger; NULL, as upstream: the logger is the tag.
 */
void log_set_syslog(const char *ident);
/*
 * The same in two halves, for processes that cannot open the socket: one
 * connects (-1: errno), another uses the descriptor, which stays the caller's.
 */
int log_open_syslog(const char *path);
void log_set_syslog_fd(int fd, const char *ident);
/*
 * Between the two, records for a descriptor are gathered and written many at a
 * time: for a burst that is over before anybody could read it. From one thread
 * only, and not around anything that waits.
 */
void log_gather(void);
void log_gather_end(void);
/* Records dropped because the target refused them (full disk …). */
unsigned long log_lost(void);

bool log_on(enum log_level level);
void log_at(enum log_level level, const char *logger, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(logger, ...)   log_at(LEVEL_DEBUG, logger, __VA_ARGS__)
#define log_info(logger, ...)    log_at(LEVEL_INFO, logger, __VA_ARGS__)
#define log_notice(logger, ...)  log_at(LEVEL_NOTICE, logger, __VA_ARGS__)
#define log_warning(logger, ...) log_at(LEVEL_WARNING, logger, __VA_ARGS__)
#define log_error(logger, ...)   log_at(LEVEL_ERROR, logger, __VA_ARGS__)

/* Start-up, OOM and broken invariants only: logs CRITICAL and exits 1. */
_Noreturn void log_fatal(const char *logger, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Foreign text made printable: control bytes, bytes that are not UTF-8,
 * backslashes and controls of writing direction as \xNN, cut at 256 bytes of
 * source with "…" behind. The result lives in one of four static buffers, used
 * in turn (one thread only).
 */
const char *log_text(struct span foreign);

#endif
