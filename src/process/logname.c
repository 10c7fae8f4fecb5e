#include "process/logname.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syslog.h>

#include "base/log.h"
#include "base/log_format.h"
#include "config/entry.h"
#include "config/value.h"

#define LOGGER "gaol.parent"

static const struct {
	const char *name;
	enum logtarget_kind kind;
	enum log_target target;
	bool date, padding;
} targets[] = {
	{ "STDOUT", LOGTARGET_STDOUT, LOG_TARGET_FD, true, true },
	{ "SYSOUT", LOGTARGET_STDOUT, LOG_TARGET_FD, false, true },
	{ "STDERR", LOGTARGET_STDERR, LOG_TARGET_FD, true, true },
	{ "SYSLOG", LOGTARGET_SYSLOG, LOG_TARGET_SYSLOG, false, false },
	{ "SYSTEMD-JOURNAL", LOGTARGET_JOURNAL, LOG_TARGET_JOURNAL, false,
	    false },
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static const struct { const char *name; int facility; } facilities[] = {
	{ "AUTH", LOG_AUTH }, { "AUTHPRIV", LOG_AUTHPRIV },
	{ "CRON", LOG_CRON }, { "DAEMON", LOG_DAEMON }, { "FTP", LOG_FTP },
	{ "KERN", LOG_KERN }, { "LPR", LOG_LPR }, { "MAIL", LOG_MAIL },
	{ "NEWS", LOG_NEWS }, { "SECURITY", LOG_AUTH },
	{ "SYSLOG", LOG_SYSLOG }, { "USER", LOG_USER }, { "UUCP", LOG_UUCP },
	{ "LOCAL0", LOG_LOCAL0 }, { "LOCAL1", LOG_LOCAL1 },
	{ "LOCAL2", LOG_LOCAL2 }, { "LOCAL3", LOG_LOCAL3 },
	{ "LOCAL4", LOG_LOCAL4 }, { "LOCAL5", LOG_LOCAL5 },
	{ "LOCAL6", LOG_LOCAL6 }, { "LOCAL7", LOG_LOCAL7 },
};

static int
take_name(const char *name, struct logtarget *out)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < TARGETS; i++)
		if (strcasecmp(name, targets[i].name) == 0) {
			out->kind = targets[i].kind;
			out->layout.target = targets[i].target;
			out->layout.date = targets[i].date;
			out->layout.padding = targets[i].padding;
			return 0;
		}
	if (name[0] != '/') {
		log_error(LOGGER, "logtarget: '%s' is not an absolute path; "
		    "accepted: a path, STDOUT, STDERR, SYSOUT, SYSLOG or "
		    "SYSTEMD-JOURNAL", log_text(span_of(name)));
		return -1;
	}
	if (n >= sizeof(out->file)) {
		log_error(LOGGER, "logtarget: '%s' has %zu bytes; accepted: "
		    "up to %zu", log_text(span_of(name)), n,
		    sizeof(out->file) - 1);
		return -1;
	}
	out->kind = LOGTARGET_FILE;
	out->layout.target = LOG_TARGET_FD;
	out->layout.date = out->layout.padding = 1;
	memcpy(out->file, name, n + 1);
	return 0;
}

static void
take_facility(const char *text, struct log_layout *layout)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (strcasecmp(text, facilities[i].name) == 0) {
			layout->facility = (uint32_t)facilities[i].facility;
			return;
		}
	log_warning(LOGGER, "logtarget: facility '%s' is none, DAEMON is "
	    "used; accepted: auth, authpriv, cron, daemon, ftp, kern, lpr, "
	    "mail, news, syslog, user, uucp, local0 to local7",
	    log_text(span_of(text)));
}

static void
take_format(const char *text, struct log_layout *layout)
{
	size_t n = strlen(text);

	if (n >= sizeof(layout->format))
		log_warning(LOGGER, "logtarget: the format has %zu bytes, the "
		    "usual one is used; accepted: up to %zu", n,
		    sizeof(layout->format) - 1);
	else if (!log_format_valid(span_of(text)))
		log_warning(LOGGER, "logtarget: '%s' is no format, the usual "
		    "one is used; accepted: text with %%(asctime)s, "
		    "%%(name)s, %%(process)d, %%(levelname)s, %%(message)s "
		    "and others of Python's logging",
		    log_text(span_of(text)));
	else
		memcpy(layout->format, text, n + 1);
}

static uint32_t
take_switch(const char *name, const char *text)
{
	if (!value_is_bool(text))
		log_warning(LOGGER, "logtarget: %s=%s counts as off; "
		    "accepted: on or off", name, log_text(span_of(text)));
	return value_bool(text);
}

static void
take_option(const struct property *p, struct log_layout *layout)
{
	if (strcmp(p->key, "padding") == 0)
		layout->padding = take_switch(p->key, p->value);
	else if (strcmp(p->key, "datetime") == 0)
		layout->date = take_switch(p->key, p->value);
	else if (strcmp(p->key, "facility") == 0)
		take_facility(p->value, layout);
	else if (strcmp(p->key, "format") == 0)
		take_format(p->value, layout);
	else
		log_warning(LOGGER, "logtarget: there is no option '%s'; "
		    "accepted: padding, datetime, facility, format",
		    log_text(span_of(p->key)));
}

int
logname_parse(const char *text, struct logtarget *out)
{
	struct log_layout *layout = &out->layout;
	struct buf why = { 0 };
	struct entry e = { 0 };
	char *name;
	int rc;

	*layout = (struct log_layout){ .facility = LOG_DAEMON };
	out->file[0] = '\0';
	if (entry_parse(&e, span_trim(span_of(text)), &why) == -1) {
		log_error(LOGGER, "logtarget: '%s': %s",
		    log_text(span_of(text)), why.p);
		buf_fini(&why);
		return -1;
	}
	name = span_dup(span_trim(span_of(e.name)));
	rc = take_name(name, out);
	free(name);
	for (size_t i = 0; rc == 0 && i < e.options.n; i++)
		take_option(&e.options.v[i], layout);
	entry_fini(&e);
	buf_fini(&why);
	return rc;
}
