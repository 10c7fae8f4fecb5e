#include "access/event_flat.h"

#include <string.h>

#include "access/event_json.h"

static void
set_addr(json_t *json, const char *name, const struct addr *a)
{
	char text[ADDR_STRLEN];

	if (a->family == ADDR_NONE)
		return;
	addr_format(a, text);
	json_object_set_new(json, name, json_string(text));
}

static void
set_place(json_t *json, const struct place *p)
{
	if (p->lan)
		json_object_set_new(json, "lan", json_true());
	if (p->country[0] != '\0')
		json_object_set_new(json, "country",
		    event_json_text(span_of(p->country)));
	if (p->asn != 0)
		json_object_set_new(json, "asn",
		    json_integer((json_int_t)p->asn));
	if (p->network[0] != '\0')
		json_object_set_new(json, "network",
		    event_json_text(span_of(p->network)));
}

json_t *
event_flat(const struct access_event *e)
{
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s}",
	    "time", (json_int_t)e->time.us,
	    "kind", event_kind_name(e->kind),
	    "service", event_service_name(e->service),
	    "reason", event_reason_name(e->reason),
	    "tls_kind", event_tls_name(e->tls));

	set_addr(json, "ip", &e->ip);
	set_addr(json, "local_ip", &e->local_ip);
	set_addr(json, "proxy_ip", &e->proxy_ip);
	set_place(json, &e->place);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		if (e->texts[i].n > 0)
			json_object_set_new(json,
			    event_text_name((enum event_text)i),
			    event_json_text(e->texts[i]));
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		if (e->numbers[i] != EVENT_NUMBER_UNKNOWN)
			json_object_set_new(json, event_numbers[i].group.p,
			    json_integer((json_int_t)e->numbers[i]));
	if (e->line.n > 0)
		json_object_set_new(json, "line", event_json_text(e->line));
	return json;
}

static struct span
text_of(const json_t *json, const char *name)
{
	const json_t *v = json_object_get(json, name);

	return span_from(json_string_value(v), json_string_length(v));
}

static void
copy_text(const json_t *json, const char *name, char *out, size_t size)
{
	struct span text = span_sub(text_of(json, name), 0, size - 1);

	if (text.n > 0)
		memcpy(out, text.p, text.n);
	out[text.n] = '\0';
}

static void
read_place(const json_t *json, struct place *p)
{
	json_int_t asn = json_integer_value(json_object_get(json, "asn"));

	p->lan = json_is_true(json_object_get(json, "lan"));
	if (asn > 0 && asn <= UINT32_MAX)
		p->asn = (uint32_t)asn;
	copy_text(json, "country", p->country, sizeof(p->country));
	copy_text(json, "network", p->network, sizeof(p->network));
}

void
event_flat_read(const json_t *json, struct access_event *e)
{
	access_event_init(e);
	e->time.us = json_integer_value(json_object_get(json, "time"));
	event_kind_parse(text_of(json, "kind"), &e->kind);
	event_service_parse(text_of(json, "service"), &e->service);
	event_reason_parse(text_of(json, "reason"), &e->reason);
	event_tls_parse(text_of(json, "tls_kind"), &e->tls);
	addr_parse(text_of(json, "ip"), &e->ip);
	addr_parse(text_of(json, "local_ip"), &e->local_ip);
	addr_parse(text_of(json, "proxy_ip"), &e->proxy_ip);
	read_place(json, &e->place);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		e->texts[i] = text_of(json,
		    event_text_name((enum event_text)i));
	for (unsigned i = 0; i < EVENT_NUMBERS; i++) {
		const json_t *n = json_object_get(json,
		    event_numbers[i].group.p);

		if (json_is_integer(n))
			e->numbers[i] = json_integer_value(n);
	}
	e->line = text_of(json, "line");
}
