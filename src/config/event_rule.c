#include "config/event_rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/entry.h"

static size_t
word_length(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= 'a' && s.p[i] <= 'z'; i++)
		;
	return i;
}

/* Cuts "kind[…]" off; what is left is the regex. False: there is no ':'. */
static bool
cut_head(struct span *line, struct span *head)
{
	size_t n = word_length(*line), end;

	if (n < line->n && line->p[n] == '[') {
		end = span_find(*line, SPAN("]:"));
		if (end == SPAN_NONE)
			return false;
		n = end + 1;
	}
	if (n == 0 || n >= line->n || line->p[n] != ':')
		return false;
	*head = span_sub(*line, 0, n);
	*line = span_trim(span_skip(*line, n + 1));
	return true;
}

bool
event_rule_is_text(struct span name)
{
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		if (name.n > 0 && span_eq(event_texts[i].group, name))
			return true;
	return false;
}

void
event_rule_list_texts(struct buf *why)
{
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		if (event_texts[i].group.n > 0)
			buf_addf(why, ", %s", event_texts[i].group.p);
}

static void
list_names(struct buf *why, const char *(*name)(unsigned), unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_addf(why, "%s%s", i > 0 ? ", " : "", name(i));
}

static const char *
kind_name(unsigned i)
{
	return event_kind_name((enum event_kind)i);
}

static const char *
service_name(unsigned i)
{
	return event_service_name((enum event_service)i);
}

static const char *
reason_name(unsigned i)
{
	return event_reason_name((enum event_reason)i);
}

static const char *
tls_name(unsigned i)
{
	return event_tls_name((enum event_tls)i);
}

/* A field that takes any text; 0 or -1. */
static int
check_text(const char *name, struct buf *why)
{
	if (event_rule_is_text(span_of(name)))
		return 0;
	buf_addf(why, "'%s' is no field; accepted: service, reason, tls",
	    name);
	event_rule_list_texts(why);
	return -1;
}

static int
check_fixed(const struct property *p, struct buf *why)
{
	struct span value = span_of(p->value);
	enum event_service service;
	enum event_reason reason;
	enum event_tls tls;

	if (strcmp(p->key, "service") == 0) {
		if (event_service_parse(value, &service) == 0)
			return 0;
		buf_addf(why, "service '%s'; accepted: ", p->value);
		list_names(why, service_name, SERVICE_KINDS);
	} else if (strcmp(p->key, "reason") == 0) {
		if (event_reason_parse(value, &reason) == 0)
			return 0;
		buf_addf(why, "reason '%s'; accepted: ", p->value);
		list_names(why, reason_name, REASON_KINDS);
	} else if (strcmp(p->key, "tls") == 0) {
		if (event_tls_parse(value, &tls) == 0)
			return 0;
		buf_addf(why, "tls '%s'; accepted: ", p->value);
		list_names(why, tls_name, EVENT_TLS_KINDS);
	} else {
		return check_text(p->key, why);
	}
	return -1;
}

static int
read_head(struct span head, enum event_kind *kind, struct properties *fixed,
    struct buf *why)
{
	struct entry e;
	int result = -1;

	if (entry_parse(&e, head, why) != 0)
		return -1;
	if (event_kind_parse(span_of(e.name), kind) != 0) {
		buf_addf(why, "'%s' is no kind of event; accepted: ", e.name);
		list_names(why, kind_name, EVENT_KINDS);
		goto out;
	}
	for (size_t i = 0; i < e.options.n; i++)
		if (check_fixed(&e.options.v[i], why) != 0)
			goto out;
	*fixed = e.options;
	e.options = (struct properties){ 0 };
	result = 0;
out:
	entry_fini(&e);
	return result;
}

int
event_rule_head(struct span *line, enum event_kind *kind,
    struct properties *fixed, struct buf *why)
{
	struct span head;

	*fixed = (struct properties){ 0 };
	if (cut_head(line, &head))
		return read_head(head, kind, fixed, why);
	buf_adds(why, "it begins with no kind of event; accepted: "
	    "KIND[name=value, ...]: ...");
	return -1;
}

static void
rule_fini(struct event_rule *rule)
{
	properties_fini(&rule->fixed);
	free(rule->regex);
}

static int
read_rule(struct event_rule *rule, struct span line, struct buf *why)
{
	*rule = (struct event_rule){ 0 };
	if (event_rule_head(&line, &rule->kind, &rule->fixed, why) != 0)
		return -1;
	if (line.n == 0) {
		buf_adds(why, "it has no regex");
		rule_fini(rule);
		return -1;
	}
	rule->regex = span_dup(line);
	return 0;
}

int
event_rules_add(struct filter_config *f, const char *text, struct buf *why)
{
	struct span rest = span_of(text), line;
	struct event_rule rule;
	struct buf what = { 0 };

	for (unsigned n = 1; span_cut(&rest, '\n', &line); n++) {
		line = span_trim(line);
		if (line.n == 0)
			continue;
		if (f->events_n == EVENT_RULES_MAX)
			buf_addf(&what, "there are too many; accepted: %d",
			    EVENT_RULES_MAX);
		if (what.n > 0 || read_rule(&rule, line, &what) != 0) {
			buf_addf(why, "eventregex: line %u: %s", n, what.p);
			buf_fini(&what);
			return -1;
		}
		f->events = xreallocarray(f->events, f->events_n + 1,
		    sizeof(*f->events));
		f->events[f->events_n++] = rule;
	}
	return 0;
}

void
event_rules_fini(struct filter_config *f)
{
	for (size_t i = 0; i < f->events_n; i++)
		rule_fini(&f->events[i]);
	free(f->events);
	f->events = NULL;
	f->events_n = 0;
}
