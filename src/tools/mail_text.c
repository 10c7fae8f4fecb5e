#include "tools/mail_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "access/country.h"
#include "access/event_json.h"
#include "access/redact.h"
#include "control/printable.h"

void
mail_text_time(struct wall time, struct buf *out)
{
	time_t t = (time_t)wall_seconds(time);
	char text[32];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(text, sizeof(text),
	    "%Y-%m-%d %H:%M:%S", &tm) == 0)
		buf_adds(out, "?");
	else
		buf_adds(out, text);
}

/* Country by name, else by code; whose network it is, if that is known. */
static void
add_place(const struct place *p, struct buf *out)
{
	const char *name = country_name(p->country);

	if (p->lan) {
		buf_adds(out, " (LAN)");
		return;
	}
	if (p->country[0] == '\0' && p->asn == 0)
		return;
	buf_adds(out, " (");
	printable_add(out, span_of(name != NULL ? name : p->country));
	if (p->network[0] != '\0') {
		if (p->country[0] != '\0')
			buf_adds(out, ", ");
		printable_add(out, span_of(p->network));
	}
	buf_addc(out, ')');
}

void
mail_text_place(const struct access_event *e, struct buf *out)
{
	char text[ADDR_STRLEN] = "-";

	if (e->ip.family != ADDR_NONE)
		addr_format(&e->ip, text);
	buf_adds(out, text);
	if (e->ip.family != ADDR_NONE)
		add_place(&e->place, out);
	if (e->proxy_ip.family != ADDR_NONE) {
		addr_format(&e->proxy_ip, text);
		buf_addf(out, " via %s", text);
	}
}

static void
add_named(struct buf *out, const char *name, struct span text)
{
	struct buf clean = { 0 };

	if (text.n == 0)
		return;
	buf_addf(out, " %s=", name);
	printable_add(out, redact(text, &clean));
	buf_fini(&clean);
}

static void
add_number(struct buf *out, const char *name, int64_t n)
{
	if (n != EVENT_NUMBER_UNKNOWN)
		buf_addf(out, " %s=%" PRId64, name, n);
}

void
mail_text_event(const struct access_event *e, struct buf *out)
{
	/* What the columns show already is not named again. */
	static const enum event_text named[] = {
		EVENT_AUTH_USER, EVENT_MECHANISM, EVENT_TLS_VERSION,
		EVENT_AGENT, EVENT_AGENT_VERSION, EVENT_DEVICE, EVENT_SENDER,
		EVENT_RECIPIENT, EVENT_MAILBOX_NAME, EVENT_OPERATION,
		EVENT_MESSAGE_ID, EVENT_QUEUE_ID, EVENT_DETAIL, EVENT_SESSION,
	};
	static const enum event_number counted[] = {
		EVENT_BYTES_IN, EVENT_BYTES_OUT, EVENT_RECIPIENTS, EVENT_SIZE,
		EVENT_FETCHED, EVENT_DELETED,
	};

	mail_text_time(e->time, out);
	buf_addf(out, " %-8s %-5s ", event_kind_name(e->kind),
	    e->service != SERVICE_UNKNOWN ? event_service_name(e->service) :
	    "-");
	if (e->texts[EVENT_USER].n > 0)
		printable_add(out, e->texts[EVENT_USER]);
	else
		buf_addc(out, '-');
	buf_addc(out, ' ');
	mail_text_place(e, out);
	if (e->reason != REASON_NONE)
		buf_addf(out, " %s", event_reason_name(e->reason));
	if (e->kind == EVENT_FAILURE && e->numbers[EVENT_ATTEMPTS] > 1)
		add_number(out, "attempts", e->numbers[EVENT_ATTEMPTS]);
	if (e->tls != EVENT_TLS_UNKNOWN)
		buf_addf(out, " tls=%s", event_tls_name(e->tls));
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		add_named(out, event_texts[named[i]].group.p,
		    e->texts[named[i]]);
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		add_number(out, event_numbers[counted[i]].group.p,
		    e->numbers[counted[i]]);
	buf_addc(out, '\n');
}

void
mail_text_duration(int64_t ms, struct buf *out)
{
	int64_t s = ms / 1000;

	if (ms < 0)
		buf_addc(out, '-');
	else if (ms < 1000)
		buf_addf(out, "%" PRId64 "ms", ms);
	else if (s < 60)
		buf_addf(out, "%" PRId64 "s", s);
	else if (s < 3600)
		buf_addf(out, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		buf_addf(out, "%" PRId64 "h %" PRId64 "m", s / 3600,
		    s / 60 % 60);
	else
		buf_addf(out, "%" PRId64 "d %" PRId64 "h", s / 86400,
		    s / 3600 % 24);
}

void
mail_text_bytes(int64_t n, struct buf *out)
{
	static const char units[] = "kMGTPE";
	double d = (double)n / 1000;
	size_t i = 0;

	if (n < 0) {
		buf_addc(out, '-');
		return;
	}
	if (n < 1000) {
		buf_addf(out, "%" PRId64 " B", n);
		return;
	}
	/* What would be shown as 1000.0 is one of the next unit. */
	for (; d >= 999.95 && units[i + 1] != '\0'; i++)
		d /= 1000;
	buf_addf(out, "%.1f %cB", d, units[i]);
}

void
mail_text_session(const struct mail_session *s, struct buf *out)
{
	const struct access_event *e = s->event;

	if (s->login.us != 0)
		mail_text_time(s->login, out);
	else
		buf_adds(out, "?");
	buf_adds(out, "  ");
	if (s->signed_out)
		mail_text_time(s->end, out);
	else
		buf_adds(out, "open               ");
	buf_adds(out, "  ");
	mail_text_duration(s->duration_ms, out);
	buf_addf(out, "  %s  ", event_service_name(e->service));
	printable_add(out, e->texts[EVENT_USER]);
	buf_adds(out, "  ");
	mail_text_place(e, out);
	buf_adds(out, "  in ");
	mail_text_bytes(e->numbers[EVENT_BYTES_IN], out);
	buf_adds(out, "  out ");
	mail_text_bytes(e->numbers[EVENT_BYTES_OUT], out);
	if (e->tls != EVENT_TLS_UNKNOWN)
		buf_addf(out, "  tls=%s", event_tls_name(e->tls));
	add_named(out, " client", e->texts[EVENT_AGENT]);
	add_named(out, " session", e->texts[EVENT_SESSION]);
	buf_addc(out, '\n');
}

json_t *
mail_text_session_json(const struct mail_session *s)
{
	json_t *json = event_json(s->event);

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
	return json;
}

void
mail_text_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(value);
}
