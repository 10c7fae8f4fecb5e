/*
 * What the daemon logs to, changed by command. The text is understood here,
 * where no right is; what may be opened is decided by the parent, which opens
 * it and gives it to all processes.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "process/logname.h"

#define AUTO_SOCKET "/dev/log"

/* One client's wish on its way. */
struct target_ask {
	STAILQ_ENTRY(target_ask) next;
	struct request *request;
	char *name;      /* NULL: the socket is what was asked for */
	char *socket;
};

/* --- what is in force ---------------------------------------------------- */

const char *
engine_target_text(const struct engine *e)
{
	if (e->target.name != NULL)
		return e->target.name;
	if (e->options->log_target != NULL)
		return e->options->log_target;
	return e->config != NULL ? e->config->main.logtarget : "?";
}

static struct span
name_of(const char *text)
{
	struct span name = span_of(text);
	size_t bracket = span_chr(name, '[');

	return span_trim(bracket != SPAN_NONE ? span_sub(name, 0, bracket) :
	    name);
}

struct span
engine_target_name(const struct engine *e)
{
	return name_of(engine_target_text(e));
}

const char *
engine_target_socket(const struct engine *e)
{
	if (e->target.socket != NULL)
		return e->target.socket;
	if (e->options->syslog_socket != NULL)
		return e->options->syslog_socket;
	return e->config != NULL ? e->config->main.syslogsocket : "auto";
}

/* "sysout" and "stdout" count as files there. */
bool
engine_target_rotates(const struct engine *e)
{
	static const char *const streams[] = {
		"STDERR", "STDOUT", "SYSLOG", "SYSTEMD-JOURNAL",
	};
	struct span name = engine_target_name(e);

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (span_eq(name, span_of(streams[i])))
			return false;
	return true;
}

/* --- a change ------------------------------------------------------------ */

static void
ask_free(struct target_ask *ask)
{
	free(ask->name);
	free(ask->socket);
	free(ask);
}

static int
put_socket(const char *text, struct logtarget *out)
{
	size_t n;

	if (span_eq_nocase(span_of(text), SPAN("auto")) || *text == '\0')
		text = AUTO_SOCKET;
	n = strlen(text);
	if (n >= sizeof(out->syslog_socket))
		return -1;
	memcpy(out->syslog_socket, text, n + 1);
	return 0;
}

static void
fail(struct request *r, bool target)
{
	request_fail(r, "Exception", "Failed to change %s",
	    target ? "log target" : "syslog socket");
}

void
engine_target_set(struct engine *e, struct request *r, const char *name,
    const char *socket)
{
	struct wire_target m = { .type = WIRE_SET_TARGET,
		.generation = e->generation };
	struct target_ask *ask;

	if (logname_parse(name != NULL ? name : engine_target_text(e),
		&m.target) == -1 ||
	    put_socket(socket != NULL ? socket : engine_target_socket(e),
		&m.target) == -1) {
		fail(r, name != NULL);
		return;
	}
	ask = xcalloc(1, sizeof(*ask));
	ask->request = r;
	ask->name = name != NULL ? xstrdup(name) : NULL;
	ask->socket = socket != NULL ? xstrdup(socket) : NULL;
	STAILQ_INSERT_TAIL(&e->target.asks, ask, next);
	port_send(e->parent, &m, sizeof(m), -1);
}

static void
adopt(char **at, char **from)
{
	if (*from == NULL)
		return;
	free(*at);
	*at = *from;
	*from = NULL;
}

/* The record before goes to the old target, this one to the new. */
static void
tell(const struct engine *e)
{
	struct span name = engine_target_name(e);
	bool syslog = span_eq(name, SPAN("SYSLOG"));

	log_info("fail2ban.server", "Start Fail2ban v%s", GAOL_VERSION);
	log_info("fail2ban.server", "Changed logging target to %s%s%s%s for "
	    "Fail2ban v%s", log_text(name), syslog ? " (" : "",
	    syslog ? log_text(span_of(engine_target_socket(e))) : "",
	    syslog ? ")" : "", GAOL_VERSION);
}

static void
refused(const struct target_ask *ask)
{
	if (ask->name != NULL)
		request_fail(ask->request, "PermissionError", "logtarget: "
		    "'%s'; accepted over the control socket: STDOUT, STDERR, "
		    "SYSOUT, SYSLOG, SYSTEMD-JOURNAL, the file of "
		    "fail2ban.conf, and files of root's in the directory that "
		    "runtime_log_dir of gaol.conf names", ask->name);
	else
		request_fail(ask->request, "PermissionError", "syslogsocket: "
		    "'%s'; accepted over the control socket: auto, "
		    "/dev/log, /run/systemd/journal/dev-log, "
		    "/run/systemd/journal/syslog, /var/run/log and that of "
		    "fail2ban.conf", ask->socket);
}

void
engine_target_answer(struct engine *e, const struct wire_target_set *m)
{
	struct target_ask *ask = STAILQ_FIRST(&e->target.asks);
	bool target;

	if (ask == NULL)
		return;
	STAILQ_REMOVE_HEAD(&e->target.asks, next);
	target = ask->name != NULL;
	if (m->error == EPERM) {
		refused(ask);
	} else if (m->error != 0) {
		log_error("fail2ban.server", "Unable to log to '%s': %s",
		    log_text(target ? name_of(ask->name) :
		    span_of(ask->socket)), strerror(m->error));
		fail(ask->request, target);
	} else {
		adopt(&e->target.name, &ask->name);
		adopt(&e->target.socket, &ask->socket);
		if (target)
			tell(e);
		request_reply(ask->request, payload_text(target ?
		    engine_target_name(e) :
		    span_of(engine_target_socket(e))));
	}
	ask_free(ask);
}

void
engine_target_level(struct engine *e, enum log_level level)
{
	const struct wire_level m = {
		.type = WIRE_SET_LEVEL, .generation = e->generation,
		.level = (uint32_t)level,
	};

	log_set_level(level);
	port_send(e->parent, &m, sizeof(m), -1);
}

/* --- life ---------------------------------------------------------------- */

void
engine_target_init(struct engine *e)
{
	STAILQ_INIT(&e->target.asks);
}

void
engine_target_forget(struct engine *e)
{
	free(e->target.name);
	free(e->target.socket);
	e->target.name = e->target.socket = NULL;
}

void
engine_target_fini(struct engine *e)
{
	struct target_ask *ask;

	while ((ask = STAILQ_FIRST(&e->target.asks)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->target.asks, next);
		request_fail(ask->request, "Exception", "shutting down");
		ask_free(ask);
	}
	engine_target_forget(e);
}
