/* `gaol logins USER`: the last sign-ins of one account. */
#include "tools/mail_text.h"
#include "tools/tool.h"

#include <stdio.h>

#include "access/event_json.h"
#include "tools/mail_source.h"

#define LOGINS_SHOWN 20

static const char usage[] =
    "usage: gaol logins [OPTIONS] USER\n"
    "The last 20 sign-ins of an account, the latest first: when, service,\n"
    "address with country and network, encryption, client.\n";

/* The latest of them, in a ring. */
struct logins {
	struct access_event v[LOGINS_SHOWN];
	size_t n;                   /* all that there were */
};

static void
keep(const struct access_event *e, void *arg)
{
	struct logins *l = arg;
	struct access_event *slot = &l->v[l->n % LOGINS_SHOWN];

	if (l->n >= LOGINS_SHOWN)
		access_event_fini(slot);
	access_event_copy(slot, e);
	l->n++;
}

static void
print(const struct logins *l, bool json)
{
	size_t n = l->n < LOGINS_SHOWN ? l->n : LOGINS_SHOWN;

	for (size_t i = 1; i <= n; i++) {
		const struct access_event *e = &l->v[(l->n - i) % LOGINS_SHOWN];
		struct buf out = { 0 };

		if (json) {
			mail_text_json(event_json(e));
			continue;
		}
		mail_text_event(e, &out);
		fputs(out.p, stdout);
		buf_fini(&out);
	}
}

static void
forget(struct logins *l)
{
	for (size_t i = 0; i < l->n && i < LOGINS_SHOWN; i++)
		access_event_fini(&l->v[i]);
}

int
tool_logins(int argc, char **argv)
{
	static const struct mail_log_calls calls = { .event = keep };
	struct logins logins = { .n = 0 };
	struct mail_call call;
	int rc = mail_call_parse(&call, argc, argv, usage);

	if (rc == 0 && call.words_n != 1) {
		fprintf(stderr, "gaol logins: one USER is needed\n%s", usage);
		rc = 2;
	} else if (rc == 0) {
		call.user = span_of(call.words[0]);
		call.kind = EVENT_LOGIN;
		call.last = LOGINS_SHOWN;
		rc = mail_source_read(&call, &calls, &logins) == 0 ? 0 : 1;
		print(&logins, call.json);
	} else if (rc == 1) {
		rc = 0;
	}
	forget(&logins);
	mail_call_fini(&call);
	return rc;
}
