#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syslog.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"

#define RECORD_MAX 8192
#define CUT_MARK "…\n"

static const struct {
	const char *name;
	enum log_level level;
	int priority;          /* of syslog */
} levels[] = {
	{ "HEAVYDEBUG", LEVEL_HEAVYDEBUG, LOG_DEBUG },
	{ "TRACEDEBUG", LEVEL_TRACEDEBUG, LOG_DEBUG },
	{ "DEBUG", LEVEL_DEBUG, LOG_DEBUG },
	{ "MSG", LEVEL_MSG, LOG_INFO },
	{ "INFO", LEVEL_INFO, LOG_INFO },
	{ "NOTICE", LEVEL_NOTICE, LOG_NOTICE },
	{ "WARNING", LEVEL_WARNING, LOG_WARNING },
	{ "ERROR", LEVEL_ERROR, LOG_ERR },
	{ "CRITICAL", LEVEL_CRITICAL, LOG_CRIT },
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static enum log_level threshold = LEVEL_INFO;
static enum log_target target = LOG_TARGET_FD;
static bool with_date = true;
static bool with_padding = true;
static int target_fd = STDERR_FILENO;
static int syslog_fd = -1;
static const char *syslog_tag;
static struct sockaddr_un syslog_addr;   /* as last opened */
static atomic_ulong lost;

int
log_level_parse(struct span name, enum log_level *out)
{
	int64_t number;
	size_t i;

	if (number_parse(name, 1, LEVEL_CRITICAL, &number) == 0) {
		*out = (enum log_level)number;
		return 0;
	}
	for (i = 0; i < LEVELS; i++)
		if (span_eq_nocase(name, span_of(levels[i].name))) {
			*out = levels[i].level;
			return 0;
		}
	errno = EINVAL;
	return -1;
}

/* The named level at or below `level`. */
static size_t
level_index(enum log_level level)
{
	size_t i = LEVELS - 1;

	while (i > 0 && level < levels[i].level)
		i--;
	return i;
}

const char *
log_level_name(enum log_level level)
{
	return levels[level_index(level)].name;
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

enum log_level
log_get_level(void)
{
	return threshold;
}

void
log_set_layout(bool date, bool padding)
{
	with_date = date;
	with_padding = padding;
}

void
log_set_fd(int fd)
{
	target = LOG_TARGET_FD;
	log_set_layout(true, true);
	target_fd = fd >= 0 ? fd : STDERR_FILENO;
}

int
log_open_syslog(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	syslog_addr = sun;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (const void *)&sun, sizeof(sun)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

void
log_set_syslog_fd(int fd, const char *tag)
{
	target = LOG_TARGET_SYSLOG;
	log_set_layout(false, false);
	syslog_fd = fd;
	syslog_tag = tag;
}

void
log_set_syslog(const char *ident)
{
	static int own = -1;

	if (own == -1)
		own = log_open_syslog("/dev/log");
	log_set_syslog_fd(own, ident);
}

unsigned long
log_lost(void)
{
	return atomic_load(&lost);
}

bool
log_on(enum log_level level)
{
	return level >= threshold;
}

static size_t __attribute__((format(printf, 3, 4)))
put(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, size, fmt, ap);
	va_end(ap);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static size_t
put_date(char *out, size_t size)
{
	struct wall now = clock_wall_now();
	time_t seconds = (time_t)wall_seconds(now);
	struct tm tm;
	size_t n;

	if (localtime_r(&seconds, &tm) == NULL)
		return 0;
	n = strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
	return n + put(out + n, size - n, ",%03d ",
	    (int)((now.us - wall_seconds(now) * CLOCK_SECOND) / 1000));
}

/* The part before the message; upstream's layouts, to the blank. */
static size_t
put_head(char *out, size_t size, enum log_level level, const char *logger)
{
	size_t n = 0;

	if (target == LOG_TARGET_SYSLOG) {
		n += put(out, size, "<%d>",
		    LOG_DAEMON | levels[level_index(level)].priority);
		if (syslog_tag != NULL)
			n += put(out + n, size - n, "%s: ", syslog_tag);
	}
	if (with_date)
		n += put_date(out + n, size - n);
	return n + put(out + n, size - n, "%-*s[%d]: %-*s ",
	    with_padding ? 24 : 0, logger, (int)getpid(),
	    with_padding ? 7 : 0, log_level_name(level));
}

/* A restarted syslog daemon has a new socket under the old name. */
static bool
reconnect(void)
{
	return (errno == ECONNREFUSED || errno == ENOTCONN) &&
	    syslog_addr.sun_family == AF_UNIX &&
	    connect(syslog_fd, (const void *)&syslog_addr,
	    sizeof(syslog_addr)) == 0;
}

/* Not syslog(3): that one waits for a daemon that does not read. */
static bool
emit_syslog(const char *record, size_t n)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	return send(syslog_fd, record, n, flags) == (ssize_t)n ||
	    (reconnect() && send(syslog_fd, record, n, flags) == (ssize_t)n);
}

/* All or nothing: the rest of a torn record would not help any reader. */
static bool
emit_fd(const char *record, size_t n)
{
	ssize_t done;

	do
		done = write(target_fd, record, n);
	while (done == -1 && errno == EINTR);
	return done == (ssize_t)n;
}

static void __attribute__((format(printf, 3, 0)))
vlog(enum log_level level, const char *logger, const char *fmt, va_list ap)
{
	char record[RECORD_MAX + sizeof(CUT_MARK)];
	size_t n, room;
	int saved = errno;
	int text;

	n = put_head(record, RECORD_MAX / 2, level, logger);
	room = RECORD_MAX - n;
	errno = saved;    /* for a %m */
	text = vsnprintf(record + n, room, fmt, ap);
	if (text >= 0 && (size_t)text < room) {
		n += (size_t)text;
		record[n++] = '\n';
	} else {
		n = RECORD_MAX - 1;
		memcpy(record + n, CUT_MARK, sizeof(CUT_MARK) - 1);
		n += sizeof(CUT_MARK) - 1;
	}
	if (!(target == LOG_TARGET_SYSLOG ? emit_syslog(record, n - 1) :
	    emit_fd(record, n)))
		atomic_fetch_add(&lost, 1);
	errno = saved;
}

void
log_at(enum log_level level, const char *logger, const char *fmt, ...)
{
	va_list ap;

	if (!log_on(level))
		return;
	va_start(ap, fmt);
	vlog(level, logger, fmt, ap);
	va_end(ap);
}

_Noreturn void
log_fatal(const char *logger, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LEVEL_CRITICAL, logger, fmt, ap);
	va_end(ap);
	exit(1);
}
