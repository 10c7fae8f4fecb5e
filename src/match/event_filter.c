#include "match/event_filter.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "config/event_rule.h"

/* What is true of all lines that one expression matches. */
struct meaning {
	enum event_kind kind;
	struct properties fixed;
};

struct event_filter {
	struct filter *filter;
	struct meaning *meanings;   /* by the number of the expression, from 0 */
	size_t meanings_n;
	/* Of the line at hand: */
	event_filter_fn *found;
	void *arg;
	unsigned kinds;             /* told already, a bit each */
	size_t told;
	struct event_line line;
};

_Static_assert(EVENT_KINDS <= 8 * sizeof(unsigned), "kinds");

static struct filter *
compile(const struct filter_config *config,
    const struct filter_options *options, struct report *report)
{
	struct filter_config events = {
		.name = config->name, .usedns = (char *)"no",
		.prefregex = config->eventprefix,
		.datepattern = config->datepattern, .maxlines = 1,
	};
	struct filter_options own = *options;
	struct filter *f;

	own.anonymous = own.check_all = true;
	own.kind = "eventregex";
	for (size_t i = 0; i < config->events_n; i++)
		strings_add(&events.failregex,
		    span_of(config->events[i].regex));
	f = filter_new(&events, &own, report);
	strings_fini(&events.failregex);
	return f;
}

struct event_filter *
event_filter_new(const struct filter_config *config,
    const struct filter_options *options, struct report *report)
{
	struct event_filter *ef;
	struct filter *f;

	if (config->events_n == 0)
		return NULL;
	f = compile(config, options, report);
	if (f == NULL)
		return NULL;
	ef = xcalloc(1, sizeof(*ef));
	ef->filter = f;
	ef->meanings_n = config->events_n;
	ef->meanings = xcalloc(config->events_n, sizeof(*ef->meanings));
	for (size_t i = 0; i < config->events_n; i++) {
		const struct event_rule *rule = &config->events[i];

		ef->meanings[i].kind = rule->kind;
		for (size_t k = 0; k < rule->fixed.n; k++)
			properties_add(&ef->meanings[i].fixed,
			    rule->fixed.v[k].key, rule->fixed.v[k].value);
	}
	return ef;
}

void
event_filter_free(struct event_filter *ef)
{
	if (ef == NULL)
		return;
	filter_free(ef->filter);
	for (size_t i = 0; i < ef->meanings_n; i++)
		properties_fini(&ef->meanings[i].fixed);
	free(ef->meanings);
	free(ef);
}

static void
on_match(const struct failure *f, void *arg)
{
	struct event_filter *ef = arg;
	const struct meaning *m = &ef->meanings[f->regex - 1];
	struct event_line *line = &ef->line;

	if (ef->kinds & 1u << m->kind)
		return;
	ef->kinds |= 1u << m->kind;
	ef->told++;
	line->kind = m->kind;
	line->regex = f->regex;
	line->time = f->time;
	line->line = f->lines[f->lines_n - 1];
	line->groups_n = f->groups_n;
	for (size_t i = 0; i < f->groups_n; i++)
		line->groups[i] = f->groups[i];
	for (size_t i = 0; i < m->fixed.n &&
	    line->groups_n < FAILURE_GROUPS_MAX; i++)
		line->groups[line->groups_n++] = (struct failure_group){
			span_of(m->fixed.v[i].key),
			span_of(m->fixed.v[i].value) };
	ef->found(line, ef->arg);
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

struct filter *
event_filter_inside(struct event_filter *ef)
{
	return ef->filter;
}
