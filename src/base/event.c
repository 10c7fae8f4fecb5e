#include "base/event.h"

#include <string.h>

#define T(text) { text, sizeof(text) - 1 }

const struct event_field event_texts[EVENT_TEXTS] = {
	[EVENT_HOST] = { T("host"), "host.name" },
	[EVENT_PROGRAM] = { T("program"), "process.name" },
	[EVENT_SERVER] = { T("server"), "service.type" },
	[EVENT_USER] = { T("user"), "user.name" },
	[EVENT_USER_RAW] = { { NULL, 0 }, "gaol.user_raw" },
	[EVENT_DOMAIN] = { { NULL, 0 }, "user.domain" },
	[EVENT_AUTH_USER] = { T("auth_user"), "user.effective.name" },
	[EVENT_MECHANISM] = { T("mech"), "gaol.mechanism" },
	[EVENT_TLS_VERSION] = { T("tls_version"), "tls.version" },
	[EVENT_TLS_CIPHER] = { T("tls_cipher"), "tls.cipher" },
	[EVENT_SESSION] = { T("session"), "gaol.session" },
	[EVENT_QUEUE_ID] = { T("queue_id"), "email.local_id" },
	[EVENT_MESSAGE_ID] = { T("message_id"), "email.message_id" },
	[EVENT_AGENT] = { T("client"), "user_agent.name" },
	[EVENT_AGENT_VERSION] = { T("client_version"), "user_agent.version" },
	[EVENT_DEVICE] = { T("device"), "user_agent.device.name" },
	[EVENT_SENDER] = { T("sender"), "email.sender.address" },
	[EVENT_RECIPIENT] = { T("recipient"), "gaol.recipient" },
	[EVENT_MAILBOX_NAME] = { T("mailbox"), "gaol.mailbox" },
	[EVENT_OPERATION] = { T("operation"), "gaol.operation" },
	[EVENT_DETAIL] = { T("detail"), "gaol.detail" },
	[EVENT_LOG] = { { NULL, 0 }, "log.file.path" },
};

const struct event_field event_numbers[EVENT_NUMBERS] = {
	[EVENT_PID] = { T("pid"), "process.pid" },
	/* fail2ban's names: <F-PORT> is "fport", as <F-ID> is "fid". */
	[EVENT_PORT] = { T("fport"), "source.port" },
	[EVENT_LOCAL_PORT] = { T("local_port"), "destination.port" },
	[EVENT_ATTEMPTS] = { T("attempts"), "gaol.attempts" },
	[EVENT_BYTES_IN] = { T("bytes_in"), "source.bytes" },
	[EVENT_BYTES_OUT] = { T("bytes_out"), "destination.bytes" },
	[EVENT_RECIPIENTS] = { T("recipients"), "gaol.recipients" },
	[EVENT_SIZE] = { T("size"), "gaol.size" },
	[EVENT_DURATION_MS] = { T("duration_ms"), "gaol.duration_ms" },
	[EVENT_FETCHED] = { T("fetched"), "gaol.fetched" },
	[EVENT_DELETED] = { T("deleted"), "gaol.deleted" },
};

static const struct span kinds[EVENT_KINDS] = {
	T("login"), T("failure"), T("abort"), T("connect"), T("logout"),
	T("client"), T("mailbox"), T("received"), T("sent"), T("rejected"),
	T("limited"), T("admin"), T("other"),
};

static const struct span services[SERVICE_KINDS] = {
	T("unknown"), T("imap"), T("pop3"), T("smtp"), T("sieve"), T("lmtp"),
	T("http"), T("jmap"), T("dav"), T("eas"), T("admin"),
};

static const struct span reasons[REASON_KINDS] = {
	T("none"), T("bad_password"), T("unknown_user"), T("bad_credentials"),
	T("disabled"), T("expired"), T("locked"), T("policy"), T("mechanism"),
	T("temporary"), T("protocol"), T("relay"), T("rate"),
};

static const struct span tls_kinds[EVENT_TLS_KINDS] = {
	T("unknown"), T("none"), T("starttls"), T("implicit"), T("tls"),
	T("trusted_local"),
};

static const char *
name_of(const struct span *names, unsigned n, unsigned i)
{
	return i < n ? names[i].p : "unknown";
}

/* Place of the name in the list, or -1. */
static int
find(const struct span *names, unsigned n, struct span name)
{
	for (unsigned i = 0; i < n; i++)
		if (span_eq(names[i], name))
			return (int)i;
	return -1;
}

const char *
event_text_name(enum event_text text)
{
	const struct event_field *f = &event_texts[text];

	return f->group.n > 0 ? f->group.p : strrchr(f->path, '.') + 1;
}

const char *
event_kind_name(enum event_kind kind)
{
	return name_of(kinds, EVENT_KINDS, kind);
}

const char *
event_service_name(enum event_service service)
{
	return name_of(services, SERVICE_KINDS, service);
}

const char *
event_reason_name(enum event_reason reason)
{
	return name_of(reasons, REASON_KINDS, reason);
}

const char *
event_tls_name(enum event_tls tls)
{
	return name_of(tls_kinds, EVENT_TLS_KINDS, tls);
}

int
event_kind_parse(struct span name, enum event_kind *out)
{
	int i = find(kinds, EVENT_KINDS, name);

	if (i == -1)
		return -1;
	*out = (enum event_kind)i;
	return 0;
}

int
event_service_parse(struct span name, enum event_service *out)
{
	int i = find(services, SERVICE_KINDS, name);

	if (i == -1)
		return -1;
	*out = (enum event_service)i;
	return 0;
}

int
event_reason_parse(struct span name, enum event_reason *out)
{
	int i = find(reasons, REASON_KINDS, name);

	if (i == -1)
		return -1;
	*out = (enum event_reason)i;
	return 0;
}

int
event_tls_parse(struct span name, enum event_tls *out)
{
	int i = find(tls_kinds, EVENT_TLS_KINDS, name);

	if (i == -1)
		return -1;
	*out = (enum event_tls)i;
	return 0;
}
