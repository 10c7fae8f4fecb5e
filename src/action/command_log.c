/* How a command went, in the layout of fail2ban's log. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "action/command_local.h"
#include "base/log.h"
#include "config/dump.h"

#define LOGGER "fail2ban.utils"
#define LINES_MAX 50u       /* of one stream */
#define LINE_MAX_LEN 1024u  /* bytes of one line */
#define LEVEL_EXEC ((enum log_level)(LEVEL_DEBUG - 1))
#define NOT_FOUND 127

static void
log_exec(const struct command *c, enum log_level level)
{
	struct buf text = { 0 };

	if (!log_on(level))
		return;
	escape_format(&c->script, &text);
	log_at(level, LOGGER, "%" PRIx64 " -- exec: %s", c->number,
	    text.n > 0 ? text.p : "");
	buf_fini(&text);
}

static void
log_line(const struct command *c, enum log_level level, const char *stream,
    struct span line)
{
	struct buf text = { 0 };

	dump_repr(span_sub(line, 0, LINE_MAX_LEN), &text);
	log_at(level, LOGGER, "%" PRIx64 " -- %s: %s%s", c->number, stream,
	    text.p, line.n > LINE_MAX_LEN ? "…" : "");
	buf_fini(&text);
}

static void
log_stream(const struct command *c, enum log_level level, const char *stream,
    const struct output *o)
{
	struct span rest = buf_span(&o->kept), line;
	unsigned lines = 0;

	if (!log_on(level))
		return;
	while (lines < LINES_MAX && span_cut(&rest, '\n', &line)) {
		log_line(c, level, stream, line);
		lines++;
	}
	if (rest.n > 0 || o->lost > 0)
		log_at(level, LOGGER, "%" PRIx64 " -- %s: … and %" PRIu64
		    " more bytes", c->number, stream,
		    (uint64_t)rest.n + o->lost);
}

void
command_log_timeout(const struct command *c)
{
	log_exec(c, LEVEL_ERROR);
	log_error(LOGGER, "%" PRIx64 " -- timed out after %g seconds.",
	    c->number, c->options.timeout);
}

static void
log_signal(const struct command *c)
{
	int code = c->result.code;
	int number = code < 0 ? -code : code - 128;
	const char *name = sigabbrev_np(number);

	if (name != NULL)
		log_error(LOGGER, "%" PRIx64 " -- killed with SIG%s "
		    "(return code: %d)", c->number, name, code);
	else
		log_error(LOGGER, "%" PRIx64 " -- killed with signal %d "
		    "(return code: %d)", c->number, number, code);
}

static void
log_failure(const struct command *c)
{
	int code = c->result.code;

	if (!c->result.timed_out)
		log_exec(c, LEVEL_ERROR);
	log_stream(c, LEVEL_ERROR, "stdout", &c->out);
	log_stream(c, LEVEL_ERROR, "stderr", &c->err);
	if (c->state != COMMAND_ENDED)
		log_error(LOGGER, "%" PRIx64 " -- unable to kill PID %d",
		    c->number, (int)c->pid);
	else if (code < 0 || code > 128)
		log_signal(c);
	else
		log_error(LOGGER, "%" PRIx64 " -- returned %d", c->number,
		    code);
	if (code == NOT_FOUND)
		log_info(LOGGER, "HINT on 127: a program of this command is "
		    "not installed, or not in the PATH of this process");
}

void
command_log(const struct command *c)
{
	const struct command_result *r = &c->result;

	if (r->error != 0) {
		log_exec(c, LEVEL_ERROR);
		log_error(LOGGER, "%" PRIx64 " -- failed with [Errno %d] %s",
		    c->number, r->error, strerror(r->error));
	} else if (r->timed_out || r->code < 0 ||
	    r->code > (c->options.one_is_success ? 1 : 0)) {
		log_failure(c);
	} else if (log_on(LEVEL_DEBUG)) {
		log_exec(c, LEVEL_EXEC);
		log_stream(c, LEVEL_DEBUG, "stdout", &c->out);
		log_stream(c, LEVEL_DEBUG, "stderr", &c->err);
		log_debug(LOGGER, "%" PRIx64 " -- returned successfully %d",
		    c->number, r->code);
	}
}
