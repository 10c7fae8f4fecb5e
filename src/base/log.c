#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syslog.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_format.h"
#include "base/log_journal.h"
#include "base/number.h"

#define RECORD_MAX 8192
#define CUT_MARK "…"

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
static struct log_layout layout = {
	.target = LOG_TARGET_FD, .date = 1, .padding = 1,
	.facility = LOG_DAEMON,
};
static int target_fd = STDERR_FILENO;
static const char *syslog_tag;
static struct sockaddr_un socket_addr;   /* as last opened */
static atomic_ulong lost;

#define GATHER_MAX (64u * 1024)

static struct {
	char *p;             /* NULL: nothing is gathered */
	size_t n;
	unsigned long records;
	pthread_t owner;
} gathered;

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
	layout.date = date;
	layout.padding = padding;
}

void
log_set_target(int fd, const struct log_layout *l)
{
	layout = *l;
	target_fd = fd;
	syslog_tag = NULL;
}

void
log_set_fd(int fd)
{
	const struct log_layout usual = {
		.target = LOG_TARGET_FD, .date = 1, .padding = 1,
		.facility = LOG_DAEMON,
	};

	log_set_target(fd >= 0 ? fd : STDERR_FILENO, &usual);
}

bool
log_layout_valid(const struct log_layout *l)
{
	return l->target <= LOG_TARGET_JOURNAL && l->date <= 1 &&
	    l->padding <= 1 && (l->facility & (uint32_t)~LOG_FACMASK) == 0 &&
	    memchr(l->format, '\0', sizeof(l->format)) != NULL &&
	    log_format_valid(span_of(l->format));
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
	socket_addr = sun;
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
	const struct log_layout usual = {
		.target = LOG_TARGET_SYSLOG, .facility = LOG_DAEMON,
	};

	log_set_target(fd, &usual);
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

static size_t
put_text(char *out, size_t size, const char *text, size_t width)
{
	size_t n = strlen(text), pad = n < width ? width - n : 0;

	n = n < size ? n : size;
	pad = pad < size - n ? pad : size - n;
	memcpy(out, text, n);
	memset(out + n, ' ', pad);
	return n + pad;
}

static char own_pid[24];   /* "[4711]: " */

static void
note_pid(void)
{
	snprintf(own_pid, sizeof(own_pid), "[%d]: ", (int)getpid());
}

static void
note_first_pid(void)
{
	pthread_atfork(NULL, NULL, note_pid);
	note_pid();
}

/* A system call less for each record; a child of fork() has its own. */
static const char *
pid_text(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, note_first_pid);
	return own_pid;
}

/* The part before the message; upstream's layouts, to the blank. */
static size_t
put_head(char *out, size_t size, const struct log_record *r)
{
	size_t n = 0;

	if (layout.target == LOG_TARGET_SYSLOG) {
		n += log_format_print(out, size, "<%d>",
		    (int)layout.facility | r->priority);
		if (syslog_tag != NULL)
			n += log_format_print(out + n, size - n, "%s: ",
			    syslog_tag);
	}
	if (layout.target == LOG_TARGET_JOURNAL || layout.format[0] != '\0')
		return n;
	if (layout.date) {
		n += log_format_date(out + n, size - n);
		n += put_text(out + n, size - n, " ", 0);
	}
	n += put_text(out + n, size - n, r->logger, layout.padding ? 24 : 0);
	n += put_text(out + n, size - n, pid_text(), 0);
	n += put_text(out + n, size - n, r->level_name,
	    layout.padding ? 7 : 0);
	return n + put_text(out + n, size - n, " ", 0);
}

/* A restarted syslog daemon has a new socket under the old name. */
static bool
reconnect(void)
{
	return (errno == ECONNREFUSED || errno == ENOTCONN) &&
	    socket_addr.sun_family == AF_UNIX &&
	    connect(target_fd, (const void *)&socket_addr,
	    sizeof(socket_addr)) == 0;
}

/* Not syslog(3): that one waits for a daemon that does not read. */
static bool
emit_syslog(const char *record, size_t n)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	return send(target_fd, record, n, flags) == (ssize_t)n ||
	    (reconnect() && send(target_fd, record, n, flags) == (ssize_t)n);
}

/* All or nothing: the rest of a torn record would not help any reader. */
static bool
write_fd(const char *record, size_t n)
{
	ssize_t done;

	do
		done = write(target_fd, record, n);
	while (done == -1 && errno == EINTR);
	return done == (ssize_t)n;
}

static bool
write_gathered(void)
{
	bool good = gathered.n == 0 || write_fd(gathered.p, gathered.n);

	if (!good)
		atomic_fetch_add(&lost, gathered.records - 1);
	gathered.n = gathered.records = 0;
	return good;
}

static bool
emit_fd(const char *record, size_t n)
{
	bool good = true;

	if (gathered.p == NULL || !pthread_equal(gathered.owner,
	    pthread_self()))
		return write_fd(record, n);
	if (n > GATHER_MAX - gathered.n)
		good = write_gathered();
	memcpy(gathered.p + gathered.n, record, n);
	gathered.n += n;
	gathered.records++;
	return good;
}

void
log_gather(void)
{
	if (gathered.p != NULL)
		return;
	gathered.owner = pthread_self();
	gathered.p = malloc(GATHER_MAX);   /* NULL: one by one, then */
}

void
log_gather_end(void)
{
	int saved = errno;

	if (gathered.p == NULL)
		return;
	if (!write_gathered())
		atomic_fetch_add(&lost, 1);
	free(gathered.p);
	gathered.p = NULL;
	errno = saved;
}

/* A record of the journal: its fields say what the layout would. */
static bool
emit_journal(const struct log_record *r)
{
	return log_journal_send(target_fd, r) ||
	    (reconnect() && log_journal_send(target_fd, r));
}

static bool
emit(char *record, size_t n, const struct log_record *r)
{
	switch ((enum log_target)layout.target) {
	case LOG_TARGET_SYSLOG:
		return emit_syslog(record, n);
	case LOG_TARGET_JOURNAL:
		return emit_journal(r);
	case LOG_TARGET_FD:
		break;
	}
	record[n++] = '\n';
	return emit_fd(record, n);
}

static bool
only_strings(const char *fmt)
{
	while ((fmt = strchr(fmt, '%')) != NULL) {
		if (fmt[1] != 's')
			return false;
		fmt += 2;
	}
	return true;
}

/* At most room - 1 bytes of `n`, and none when there is no more room. */
static size_t
put_part(char *out, size_t room, size_t at, const char *p, size_t n)
{
	size_t left = at + 1 < room ? room - 1 - at : 0;

	if (left > 0)
		memcpy(out + at, p, n < left ? n : left);
	return at + n;
}

/* As vsnprintf(3) where all is %s: it takes four times as long. */
static int
put_strings(char *out, size_t room, const char *fmt, va_list ap)
{
	const char *next, *text;
	size_t n = 0;

	while ((next = strchr(fmt, '%')) != NULL) {
		n = put_part(out, room, n, fmt, (size_t)(next - fmt));
		text = va_arg(ap, const char *);
		if (text == NULL)
			text = "(null)";
		n = put_part(out, room, n, text, strlen(text));
		fmt = next + 2;
	}
	n = put_part(out, room, n, fmt, strlen(fmt));
	out[n < room ? n : room - 1] = '\0';
	return n < INT_MAX ? (int)n : INT_MAX;
}

/* The message; what has no room ends with a mark. */
static size_t __attribute__((format(printf, 3, 0)))
put_message(char *out, size_t room, const char *fmt, va_list ap)
{
	int n = only_strings(fmt) ? put_strings(out, room, fmt, ap) :
	    vsnprintf(out, room, fmt, ap);

	if (n >= 0 && (size_t)n < room)
		return (size_t)n;
	memcpy(out + room - 1, CUT_MARK, sizeof(CUT_MARK) - 1);
	return room - 1 + sizeof(CUT_MARK) - 1;
}

static void __attribute__((format(printf, 3, 0)))
vlog(enum log_level level, const char *logger, const char *fmt, va_list ap)
{
	char record[RECORD_MAX + sizeof(CUT_MARK)];
	char formatted[sizeof(record) + LOG_FORMAT_MAX];
	struct log_record r = {
		.level = level, .level_name = log_level_name(level),
		.logger = logger, .priority = levels[level_index(level)].priority,
	};
	size_t head, n;
	int saved = errno;

	head = put_head(record, RECORD_MAX / 2, &r);
	errno = saved;    /* for a %m */
	n = head + put_message(record + head, RECORD_MAX - head, fmt, ap);
	r.message = span_from(record + head, n - head);
	if (layout.format[0] != '\0' && layout.target != LOG_TARGET_JOURNAL) {
		memcpy(formatted, record, head);
		n = head + log_format_put(formatted + head,
		    sizeof(formatted) - head - 1, layout.format, &r);
	}
	if (!emit(layout.format[0] != '\0' ? formatted : record, n, &r))
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
	if (pthread_equal(gathered.owner, pthread_self()))
		log_gather_end();
	exit(1);
}
