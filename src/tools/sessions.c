/* `gaol sessions`: who was signed in, from when to when, and what it moved. */
#include "tools/mail_text.h"
#include "tools/tool.h"

#include <stdio.h>

#include "access/event_json.h"
#include "tools/mail_source.h"

static const char usage[] =
    "usage: gaol sessions [OPTIONS]\n"
    "Sessions of accounts: sign-in, sign-out, how long, which service,\n"
    "account, address, bytes from and to the client; in order of the sign-in,\n"
    "or from log files as they end, those still open last. --since and --until\n"
    "are about the sign-in.\n";

static void
print_text(const struct mail_session *s, void *arg)
{
	struct buf out = { 0 };

	(void)arg;
	mail_text_session(s, &out);
	fputs(out.p, stdout);
	buf_fini(&out);
}

static void
print_json(const struct mail_session *s, void *arg)
{
	json_t *json = event_json(s->event);

	(void)arg;
	event_json_set(json, "event.action", json_string("session"));
	event_json_set(json, "event.category", json_pack("[s]", "session"));
	event_json_set(json, "event.start", s->login.us != 0 ?
	    event_json_time(s->login) : NULL);
	event_json_set(json, "event.end", s->signed_out ?
	    event_json_time(s->end) : NULL);
	/* Nanoseconds, as the schema has it. */
	event_json_set(json, "event.duration", s->duration_ms >= 0 ?
	    json_integer((json_int_t)s->duration_ms * 1000000) : NULL);
	event_json_set(json, "gaol.failures",
	    json_integer((json_int_t)s->failures));
	mail_text_json(json);
}

int
tool_sessions(int argc, char **argv)
{
	struct mail_log_calls calls = { .session = print_text };
	struct mail_call call;
	int rc = mail_call_parse(&call, argc, argv, usage);

	if (rc == 0) {
		if (call.json)
			calls.session = print_json;
		rc = mail_source_read(&call, &calls, NULL) == 0 ? 0 : 1;
	} else if (rc == 1) {
		rc = 0;
	}
	mail_call_fini(&call);
	return rc;
}
