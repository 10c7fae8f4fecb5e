/* `gaol events`: mail accesses, one a line. */
#include "tools/mail_text.h"
#include "tools/tool.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/event_json.h"
#include "access/redact.h"
#include "access/signin.h"
#include "control/printable.h"
#include "tools/mail_source.h"

static const char usage[] =
    "usage: gaol events [OPTIONS]\n"
    "Mail accesses: sign-ins, failures and why, sign-outs, clients,\n"
    "mailboxes, messages; one a line, in order of time.\n"
    "      --signins        sign-ins only, in the form of a file of them:\n"
    "                       DATE TIME - [IMAP] {SECURE} - USER - ADDR (LAN)\n"
    "      --missed         the lines that tell of nothing, in place of events\n";

static void
print_text(const struct access_event *e, void *arg)
{
	struct buf out = { 0 };

	(void)arg;
	mail_text_event(e, &out);
	fputs(out.p, stdout);
	buf_fini(&out);
}

static void
print_signin(const struct access_event *e, void *arg)
{
	struct buf out = { 0 };

	(void)arg;
	if (e->kind != EVENT_LOGIN)
		return;
	signin_line(e, &out);
	fputs(out.p, stdout);
	buf_fini(&out);
}

static void
print_missed(struct span line, void *arg)
{
	struct buf clean = { 0 }, out = { 0 };

	(void)arg;
	printable_add(&out, redact(line, &clean));
	buf_addc(&out, '\n');
	fputs(out.p, stdout);
	buf_fini(&clean);
	buf_fini(&out);
}

static void
print_json(const struct access_event *e, void *arg)
{
	(void)arg;
	mail_text_json(event_json(e));
}

int
tool_events(int argc, char **argv)
{
	struct mail_log_calls calls = { .event = print_text };
	struct mail_call call;
	int rc = mail_call_parse(&call, argc, argv, usage);

	if (rc == 0) {
		if (call.missed)
			calls = (struct mail_log_calls){
				.missed = print_missed };
		else if (call.signins)
			calls.event = print_signin;
		else if (call.json)
			calls.event = print_json;
		rc = mail_source_read(&call, &calls, NULL) == 0 ? 0 : 1;
	} else if (rc == 1) {
		rc = 0;
	}
	mail_call_fini(&call);
	return rc;
}
