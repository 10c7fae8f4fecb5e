#include "match/event_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/event_rule.h"
#include "match/json_map.h"

/* What is true of all lines that one expression matches. */
struct meaning {
	enum event_kind kind;
	struct properties fixed;
	struct failure_group *groups;   /* the same */
};

struct event_filter {
	struct filter *filter;
	struct meaning *meanings;   /* by the number of the expression, from 0 */
	size_t meanings_n;
	struct json_map *json;      /* NULL: no eventjson; else the expression
	                             * behind all others finds the text */
	struct literals literals;   /* … which holds one of these */
	struct buf refused;         /* what was wrong with the last one */
	/* Of the line at hand: */
	event_filter_fn *found;
	void *arg;
	unsigned kinds;             /* told already, a bit each */
	size_t told;
	struct event_line line;
};

_Static_assert(EVENT_KINDS < 32, "classes of a filter");

/* A line that is JSON, with or without blanks around it. */
#define JSON_ALONE "^\\s*<F-JSON>\\{.*\\}</F-JSON>\\s*$"

/*
 * JSON has stamps of its own within, which are not to be cut out: with
 * eventjson a line's stamp stands at its begin, unless the filter says where.
 */
static char *
datepattern_of(const struct filter_config *config)
{
	if (config->eventjson == NULL || config->datepattern != NULL)
		return config->datepattern;
	return (char *)"{^LN-BEG}";
}

static struct filter *
compile(struct event_filter *ef, const struct filter_config *config,
    const struct filter_options *options, struct report *report)
{
	struct filter_config events = {
		.name = config->name, .usedns = (char *)"no",
		.prefregex = config->eventprefix,
		.datepattern = datepattern_of(config), .maxlines = 1,
	};
	struct filter_options own = *options;
	struct filter *f;

	own.anonymous = own.check_all = own.fractions = true;
	own.kind = "eventregex";
	for (size_t i = 0; i < config->events_n; i++)
		strings_add(&events.failregex,
		    span_of(config->events[i].regex));
	if (ef->json != NULL) {
		strings_add(&events.failregex, config->jsonprefix != NULL ?
		    span_of(config->jsonprefix) : SPAN(JSON_ALONE));
		own.last_kind = "jsonprefix";
		if (json_map_literals(ef->json, &ef->literals))
			own.last_literals = &ef->literals;
	}
	f = filter_new(&events, &own, report);
	strings_fini(&events.failregex);
	return f;
}

/* Of each kind a line is told once: it is the class of its expressions. */
static void
read_rule(struct event_filter *ef, size_t i, const struct event_rule *rule)
{
	struct meaning *m = &ef->meanings[i];

	m->kind = rule->kind;
	filter_classify(ef->filter, i, (unsigned)rule->kind + 1);
	m->groups = xcalloc(rule->fixed.n + 1, sizeof(*m->groups));
	for (size_t k = 0; k < rule->fixed.n; k++)
		properties_add(&m->fixed, rule->fixed.v[k].key,
		    rule->fixed.v[k].value);
	for (size_t k = 0; k < m->fixed.n; k++)
		m->groups[k] = (struct failure_group){
			span_of(m->fixed.v[k].key),
			span_of(m->fixed.v[k].value) };
}

struct event_filter *
event_filter_new(const struct filter_config *config,
    const struct filter_options *options, struct report *report)
{
	struct event_filter *ef;

	if (config->events_n == 0 && config->eventjson == NULL)
		return NULL;
	ef = xcalloc(1, sizeof(*ef));
	if (config->eventjson != NULL)
		ef->json = json_map_new(config->eventjson, config->jsontime);
	ef->filter = compile(ef, config, options, report);
	if (ef->filter == NULL) {
		event_filter_free(ef);
		return NULL;
	}
	ef->meanings_n = config->events_n;
	ef->meanings = xcalloc(config->events_n + 1, sizeof(*ef->meanings));
	for (size_t i = 0; i < config->events_n; i++)
		read_rule(ef, i, &config->events[i]);
	return ef;
}

void
event_filter_free(struct event_filter *ef)
{
	if (ef == NULL)
		return;
	filter_free(ef->filter);
	for (size_t i = 0; i < ef->meanings_n; i++) {
		free(ef->meanings[i].groups);
		properties_fini(&ef->meanings[i].fixed);
	}
	json_map_free(ef->json);
	buf_fini(&ef->refused);
	free(ef->meanings);
	free(ef);
}

/* Once of each kind a line; false: that was told of it. */
static bool
is_new(struct event_filter *ef, enum event_kind kind)
{
	if (ef->kinds & 1u << kind)
		return false;
	ef->kinds |= 1u << kind;
	ef->told++;
	return true;
}

static void
add_group(struct event_line *line, struct span name, struct span value)
{
	if (line->groups_n < FAILURE_GROUPS_MAX)
		line->groups[line->groups_n++] = (struct failure_group){
			name, value };
}

static void
add_fixed(struct event_line *line, const struct properties *fixed)
{
	for (size_t i = 0; i < fixed->n; i++)
		add_group(line, span_of(fixed->v[i].key),
		    span_of(fixed->v[i].value));
}

static void
on_regex(struct event_filter *ef, const struct failure *f)
{
	const struct meaning *m = &ef->meanings[f->regex - 1];
	struct event_line *line = &ef->line;
	size_t fixed = m->fixed.n;

	if (!is_new(ef, m->kind))
		return;
	line->kind = m->kind;
	line->regex = f->regex;
	line->time = f->time;
	line->line = f->lines[f->lines_n - 1];
	line->groups_n = f->groups_n;
	memcpy(line->groups, f->groups, f->groups_n * sizeof(f->groups[0]));
	if (fixed > FAILURE_GROUPS_MAX - f->groups_n)
		fixed = FAILURE_GROUPS_MAX - f->groups_n;
	memcpy(line->groups + f->groups_n, m->groups,
	    fixed * sizeof(m->groups[0]));
	line->groups_n += fixed;
	ef->found(line, ef->arg);
}

static struct span
json_of(const struct failure *f)
{
	for (size_t i = 0; i < f->groups_n; i++)
		if (span_eq(f->groups[i].name, SPAN("json")))
			return f->groups[i].value;
	return (struct span){ NULL, 0 };
}

/* What the object says stands before what stands around it. */
static void
tell_object(struct event_filter *ef, const struct failure *f, size_t i)
{
	struct event_line *line = &ef->line;

	line->kind = json_map_kind(ef->json, i);
	line->regex = f->regex + (unsigned)i;
	line->line = f->lines[f->lines_n - 1];
	line->time = f->time;
	json_map_time(ef->json, &line->time);
	if (!json_map_rule(ef->json, i, line->groups, FAILURE_GROUPS_MAX,
		&line->groups_n) || !is_new(ef, line->kind))
		return;
	for (size_t k = 0; k < f->groups_n; k++)
		if (!span_eq(f->groups[k].name, SPAN("json")))
			add_group(line, f->groups[k].name,
			    f->groups[k].value);
	add_fixed(line, json_map_fixed(ef->json, i));
	ef->found(line, ef->arg);
}

static void
on_json(struct event_filter *ef, const struct failure *f)
{
	const char *why;

	if (json_map_read(ef->json, json_of(f), &why) == -1) {
		buf_clear(&ef->refused);
		buf_adds(&ef->refused, why);
		return;
	}
	for (size_t i = 0; i < json_map_rules(ef->json); i++)
		tell_object(ef, f, i);
}

static void
on_match(const struct failure *f, void *arg)
{
	struct event_filter *ef = arg;

	if (f->regex > ef->meanings_n)
		on_json(ef, f);
	else
		on_regex(ef, f);
}

static void
begin(struct event_filter *ef, event_filter_fn *found, void *arg)
{
	ef->found = found;
	ef->arg = arg;
	ef->kinds = 0;
	ef->told = 0;
}

size_t
event_filter_line(struct event_filter *ef, struct span line,
    event_filter_fn *found, void *arg)
{
	begin(ef, found, arg);
	filter_line(ef->filter, line, FILTER_ASIS, on_match, ef);
	return ef->told;
}

size_t
event_filter_message(struct event_filter *ef, struct span message,
    struct wall time, event_filter_fn *found, void *arg)
{
	begin(ef, found, arg);
	filter_message(ef->filter, message, time, FILTER_ASIS, on_match, ef);
	return ef->told;
}

size_t
event_filter_stamped(struct event_filter *ef, struct span line,
    struct wall time, event_filter_fn *found, void *arg)
{
	begin(ef, found, arg);
	filter_stamped(ef->filter, line, time, FILTER_ASIS, on_match, ef);
	return ef->told;
}

struct filter *
event_filter_inside(struct event_filter *ef)
{
	return ef->filter;
}

uint64_t
event_filter_refused(const struct event_filter *ef, const char **why)
{
	if (ef->json == NULL)
		return 0;
	*why = ef->refused.p;
	return json_map_refused(ef->json);
}

const struct json_map *
event_filter_json(const struct event_filter *ef)
{
	return ef->json;
}
