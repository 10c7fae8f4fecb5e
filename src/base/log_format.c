#include "base/log_format.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define WIDTH_MAX 200
#define VALUE_MAX 64

size_t
log_format_print(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, size, fmt, ap);
	va_end(ap);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/*
 * Many records fall into one second; what a second looks like changes only
 * with it (a zone's rules included). Logging is on more than one thread.
 */
static bool
put_second(char *out, size_t size, time_t seconds)
{
	static _Thread_local char text[32];
	static _Thread_local time_t shown = -1;
	struct tm tm;

	if (seconds != shown) {
		if (localtime_r(&seconds, &tm) == NULL ||
		    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S",
		    &tm) == 0)
			return false;
		shown = seconds;
	}
	if (strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

size_t
log_format_date(char *out, size_t size)
{
	struct wall now = clock_wall_now();
	int64_t seconds = wall_seconds(now);
	int ms = (int)((now.us - seconds * CLOCK_SECOND) / 1000);
	size_t n;

	if (!put_second(out, size, (time_t)seconds))
		return 0;
	n = strlen(out);
	if (size - n < 5)
		return n;
	out[n] = ',';
	out[n + 1] = (char)('0' + ms / 100);
	out[n + 2] = (char)('0' + ms / 10 % 10);
	out[n + 3] = (char)('0' + ms % 10);
	return n + 4;
}

/* --- fields ------------------------------------------------------------- */

enum field {
	FIELD_TIME, FIELD_NAME, FIELD_LEVEL, FIELD_MESSAGE, FIELD_THREAD_NAME,
	FIELD_PROCESS_NAME, FIELD_MODULE, FIELD_NOWHERE,
	FIELD_NUMBERS,     /* those behind it are numbers */
	FIELD_PROCESS, FIELD_LEVEL_NUMBER, FIELD_THREAD, FIELD_MSECS,
	FIELD_RELATIVE, FIELD_CREATED, FIELD_LINE,
};

static const struct { const char *name; enum field field; } fields[] = {
	{ "asctime", FIELD_TIME }, { "name", FIELD_NAME },
	{ "levelname", FIELD_LEVEL }, { "message", FIELD_MESSAGE },
	{ "threadName", FIELD_THREAD_NAME },
	{ "processName", FIELD_PROCESS_NAME }, { "module", FIELD_MODULE },
	{ "funcName", FIELD_NOWHERE }, { "filename", FIELD_NOWHERE },
	{ "pathname", FIELD_NOWHERE }, { "process", FIELD_PROCESS },
	{ "levelno", FIELD_LEVEL_NUMBER }, { "thread", FIELD_THREAD },
	{ "msecs", FIELD_MSECS }, { "relativeCreated", FIELD_RELATIVE },
	{ "created", FIELD_CREATED }, { "lineno", FIELD_LINE },
};

/* One %(name)-8.8s taken apart. */
struct spec {
	enum field field;
	bool left, zero;
	int width;
	int precision;     /* -1: none */
	char kind;         /* s d i f x X o, or % */
};

static bool
find_field(struct span name, enum field *out)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_eq(name, span_of(fields[i].name))) {
			*out = fields[i].field;
			return true;
		}
	return false;
}

static bool
read_number(struct span *s, int *out)
{
	int n = 0;

	while (s->n > 0 && *s->p >= '0' && *s->p <= '9') {
		n = n * 10 + (*s->p - '0');
		if (n > WIDTH_MAX)
			return false;
		*s = span_skip(*s, 1);
	}
	*out = n;
	return true;
}

static bool
read_field(struct span *s, struct spec *spec)
{
	size_t end = span_chr(*s, ')');

	if (s->n == 0 || *s->p != '(' || end == SPAN_NONE ||
	    !find_field(span_sub(*s, 1, end - 1), &spec->field))
		return false;
	*s = span_skip(*s, end + 1);
	return true;
}

static bool
read_precision(struct span *s, struct spec *spec)
{
	spec->precision = -1;
	if (s->n == 0 || *s->p != '.')
		return true;
	*s = span_skip(*s, 1);
	return read_number(s, &spec->precision);
}

static bool
kind_fits(const struct spec *spec)
{
	/* Python would pass a text to %s only. */
	return spec->kind == 's' || (spec->field > FIELD_NUMBERS &&
	    spec->kind != '\0' && strchr("dixXof", spec->kind) != NULL);
}

/* What stands behind a %; false: Python would not take it either. */
static bool
read_spec(struct span *s, struct spec *spec)
{
	*spec = (struct spec){ .precision = -1 };
	if (s->n > 0 && *s->p == '%') {
		spec->kind = '%';
		*s = span_skip(*s, 1);
		return true;
	}
	if (!read_field(s, spec))
		return false;
	for (; s->n > 0 && (*s->p == '-' || *s->p == '0'); *s = span_skip(*s, 1)) {
		spec->left |= *s->p == '-';
		spec->zero |= *s->p == '0';
	}
	if (!read_number(s, &spec->width) || !read_precision(s, spec) ||
	    s->n == 0)
		return false;
	spec->kind = *s->p;
	*s = span_skip(*s, 1);
	return kind_fits(spec);
}

bool
log_format_valid(struct span format)
{
	struct spec spec;
	size_t at;

	while ((at = span_chr(format, '%')) != SPAN_NONE) {
		format = span_skip(format, at + 1);
		if (!read_spec(&format, &spec))
			return false;
	}
	return span_chr(format, '\n') == SPAN_NONE;
}

void
log_format_verbose(char out[LOG_FORMAT_MAX], unsigned verbosity, bool date,
    bool padding)
{
	const char *level = padding ? "-5.5" : "";

	out[0] = '\0';
	if (verbosity < 2)
		return;
	if (verbosity == 2) {
		log_format_print(out, LOG_FORMAT_MAX, "%s %%(thread)X "
		    "%%(levelname)%ss %%(message)s", !date ? "" : padding ?
		    " %(asctime)-15s" : " %(asctime)s", level);
		return;
	}
	log_format_print(out, LOG_FORMAT_MAX, " +%%(relativeCreated)5d "
	    "%%(thread)X %%(name)%ss %%(levelname)%ss%s %%(message)s",
	    padding ? "-25.25" : "", level, verbosity == 3 ? "" : padding ?
	    " | %(module)15.15s-%(levelno)-2d: %(funcName)-20.20s |" :
	    " | %(module)s-%(levelno)-2d: %(funcName)s |");
}

/* --- values ------------------------------------------------------------- */

static double
number_of(enum field field, const struct log_record *r)
{
	static struct boot began;
	struct wall now = clock_wall_now();

	if (began.us == 0)
		began = clock_boot();
	switch (field) {
	case FIELD_PROCESS:
		return getpid();
	case FIELD_LEVEL_NUMBER:
		return (double)r->level;
	case FIELD_THREAD:
		return (double)(uintptr_t)pthread_self();
	case FIELD_MSECS:
		return (double)(now.us % CLOCK_SECOND) / 1000;
	case FIELD_RELATIVE:
		return (double)(clock_boot().us - began.us) / 1000;
	case FIELD_CREATED:
		return (double)now.us / CLOCK_SECOND;
	default:
		return 0;
	}
}

static struct span
module_of(const char *logger)
{
	const char *dot = strrchr(logger, '.');

	return span_of(dot != NULL ? dot + 1 : logger);
}

static struct span
text_of(enum field field, const struct log_record *r, char buffer[VALUE_MAX])
{
	switch (field) {
	case FIELD_TIME:
		return span_from(buffer, log_format_date(buffer, VALUE_MAX));
	case FIELD_NAME:
		return span_of(r->logger);
	case FIELD_LEVEL:
		return span_of(r->level_name);
	case FIELD_MESSAGE:
		return r->message;
	case FIELD_THREAD_NAME:
		return SPAN("MainThread");
	case FIELD_PROCESS_NAME:
		return span_of(program_invocation_short_name);
	case FIELD_MODULE:
		return module_of(r->logger);
	default:
		return SPAN("-");
	}
}

static struct span
number_text(const struct spec *spec, double value, char buffer[VALUE_MAX])
{
	long long whole = (long long)value;
	size_t n;

	switch (spec->kind) {
	case 'f':
		n = log_format_print(buffer, VALUE_MAX, "%.*f",
		    spec->precision >= 0 && spec->precision < 20 ?
		    spec->precision : 6, value);
		break;
	case 'x':
		n = log_format_print(buffer, VALUE_MAX, "%llx",
		    (unsigned long long)whole);
		break;
	case 'X':
		n = log_format_print(buffer, VALUE_MAX, "%llX",
		    (unsigned long long)whole);
		break;
	case 'o':
		n = log_format_print(buffer, VALUE_MAX, "%llo",
		    (unsigned long long)whole);
		break;
	default:
		n = log_format_print(buffer, VALUE_MAX, "%lld", whole);
	}
	return span_from(buffer, n);
}

static size_t
put_padded(char *out, size_t size, const struct spec *spec, struct span value)
{
	size_t width = (size_t)spec->width;
	size_t pad = value.n < width ? width - value.n : 0;
	char fill = spec->zero && spec->kind != 's' && !spec->left ? '0' : ' ';
	size_t n = value.n;

	if (pad > size)
		pad = size;
	if (n > size - pad)
		n = size - pad;
	memset(spec->left ? out + n : out, fill, pad);
	if (n > 0)
		memcpy(spec->left ? out : out + pad, value.p, n);
	return pad + n;
}

static size_t
put_spec(char *out, size_t size, const struct spec *spec,
    const struct log_record *r)
{
	char buffer[VALUE_MAX];
	struct span value;

	if (spec->kind == '%')
		return put_padded(out, size, spec, SPAN("%"));
	if (spec->field > FIELD_NUMBERS)
		value = number_text(spec, number_of(spec->field, r), buffer);
	else
		value = text_of(spec->field, r, buffer);
	if (spec->kind == 's' && spec->precision >= 0 &&
	    value.n > (size_t)spec->precision)
		value.n = (size_t)spec->precision;
	return put_padded(out, size, spec, value);
}

size_t
log_format_put(char *out, size_t size, const char *format,
    const struct log_record *record)
{
	const struct spec plain = { .precision = -1 };
	struct span rest = span_of(format);
	struct spec spec;
	size_t n = 0, at;

	while (rest.n > 0) {
		at = span_chr(rest, '%');
		at = at == SPAN_NONE ? rest.n : at;
		n += put_padded(out + n, size - n, &plain,
		    span_sub(rest, 0, at));
		rest = span_skip(rest, at);
		if (rest.n == 0)
			break;
		rest = span_skip(rest, 1);
		if (!read_spec(&rest, &spec))
			break;
		n += put_spec(out + n, size - n, &spec, record);
	}
	return n;
}
