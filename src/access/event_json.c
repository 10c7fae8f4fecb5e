#include "access/event_json.h"

#include <stdio.h>
#include <time.h>

#include "access/country.h"
#include "access/redact.h"
#include "config/clean.h"

#define KEY_MAX 32

json_t *
event_json_time(struct wall time)
{
	int64_t seconds = wall_seconds(time);
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[64];
	size_t n;
	int us;

	if (gmtime_r(&t, &tm) == NULL)
		return NULL;
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	if (n == 0)
		return NULL;
	us = (int)(time.us - seconds * CLOCK_SECOND);
	if (us % 1000 != 0)
		snprintf(text + n, sizeof(text) - n, ".%06dZ", us);
	else
		snprintf(text + n, sizeof(text) - n, ".%03dZ", us / 1000);
	return json_string(text);
}

json_t *
event_json_text(struct span text)
{
	struct buf clean = { 0 };
	json_t *json;

	if (text.n == 0)
		return NULL;
	json = json_stringn(text.p, text.n);
	if (json != NULL)
		return json;
	clean_utf8(text, &clean);
	json = json_stringn(clean.p, clean.n);
	buf_fini(&clean);
	return json;
}

void
event_json_set(json_t *object, const char *path, json_t *value)
{
	struct span rest = span_of(path), piece;
	char key[KEY_MAX];

	if (value == NULL)
		return;
	while (span_cut(&rest, '.', &piece)) {
		json_t *inner;

		snprintf(key, sizeof(key), "%.*s", SPAN_FMT(piece));
		if (rest.n == 0) {
			json_object_set_new(object, key, value);
			return;
		}
		inner = json_object_get(object, key);
		if (inner == NULL) {
			inner = json_object();
			json_object_set_new(object, key, inner);
		}
		object = inner;
	}
}

/* --- parts ------------------------------------------------------------ */

static json_t *
addr_json(const struct addr *a)
{
	char text[ADDR_STRLEN];

	if (a->family == ADDR_NONE)
		return NULL;
	addr_format(a, text);
	return json_string(text);
}

/* ECS has a few words for what happened; ours is the action. */
static void
set_category(json_t *json, const struct access_event *e)
{
	const char *category = "email", *outcome = NULL;

	switch (e->kind) {
	case EVENT_LOGIN:
		category = "authentication";
		outcome = "success";
		break;
	case EVENT_FAILURE:
		category = "authentication";
		outcome = "failure";
		break;
	case EVENT_LOGOUT:
	case EVENT_CLIENT:
		category = "session";
		break;
	case EVENT_CONNECT:
	case EVENT_ABORT:
	case EVENT_LIMITED:
		category = "network";
		break;
	case EVENT_REJECTED:
		outcome = "failure";
		break;
	default:
		break;
	}
	event_json_set(json, "event.category", json_pack("[s]", category));
	if (outcome != NULL)
		event_json_set(json, "event.outcome", json_string(outcome));
}

static void
set_tls(json_t *json, enum event_tls tls)
{
	if (tls == EVENT_TLS_UNKNOWN)
		return;
	event_json_set(json, "tls.established", json_boolean(
	    tls != EVENT_TLS_NONE && tls != EVENT_TLS_LOCAL));
	event_json_set(json, "gaol.tls", json_string(event_tls_name(tls)));
}

static void
set_place(json_t *json, const struct place *p)
{
	const char *name = country_name(p->country);

	if (p->lan)
		event_json_set(json, "gaol.lan", json_true());
	if (p->country[0] != '\0')
		event_json_set(json, "source.geo.country_iso_code",
		    event_json_text(span_of(p->country)));
	if (name != NULL)
		event_json_set(json, "source.geo.country_name",
		    json_string(name));
	if (p->asn != 0)
		event_json_set(json, "source.as.number",
		    json_integer((json_int_t)p->asn));
	event_json_set(json, "source.as.organization.name",
	    event_json_text(span_of(p->network)));
}

static json_t *
line_json(struct span line)
{
	struct buf clean = { 0 };
	json_t *json;

	json = event_json_text(redact(line, &clean));
	buf_fini(&clean);
	return json;
}

json_t *
event_json(const struct access_event *e)
{
	json_t *json = json_object();

	event_json_set(json, "@timestamp", event_json_time(e->time));
	event_json_set(json, "event.kind", json_string("event"));
	event_json_set(json, "event.action",
	    json_string(event_kind_name(e->kind)));
	set_category(json, e);
	if (e->reason != REASON_NONE)
		event_json_set(json, "event.reason",
		    json_string(event_reason_name(e->reason)));
	event_json_set(json, "event.original", line_json(e->line));
	if (e->service != SERVICE_UNKNOWN)
		event_json_set(json, "network.protocol",
		    json_string(event_service_name(e->service)));
	event_json_set(json, "source.ip", addr_json(&e->ip));
	event_json_set(json, "destination.ip", addr_json(&e->local_ip));
	event_json_set(json, "source.nat.ip", addr_json(&e->proxy_ip));
	set_tls(json, e->tls);
	set_place(json, &e->place);
	/* A server's words may quote what the client sent. */
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		event_json_set(json, event_texts[i].path, i == EVENT_DETAIL ?
		    line_json(e->texts[i]) : event_json_text(e->texts[i]));
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		if (e->numbers[i] != EVENT_NUMBER_UNKNOWN)
			event_json_set(json, event_numbers[i].path,
			    json_integer((json_int_t)e->numbers[i]));
	return json;
}
