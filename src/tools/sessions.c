/* `gaol sessions`: who was signed in, from when to when, and what it moved. */
#include "tools/mail_text.h"
#include "tools/tool.h"

#include <stdio.h>

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
	(void)arg;
	mail_text_json(mail_text_session_json(s));
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
