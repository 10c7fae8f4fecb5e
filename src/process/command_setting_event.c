/*
 * Settings of a jail's mail accesses: eventregex, eventprefix. Upstream has
 * none of them. A change is compiled as a whole before it counts.
 */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "config/event_rule.h"
#include "config/filter_load.h"
#include "control/payload.h"
#include "process/command_local.h"
#include "process/engine_event.h"

/* --- what there is ----------------------------------------------------------- */

static void
rules_of(const struct filter_config *f, struct strings *out)
{
	for (size_t i = 0; i < f->own.n; i++) {
		struct span rest = span_of(f->own.v[i].value), line;

		if (strcmp(f->own.v[i].key, "eventregex") != 0)
			continue;
		while (span_cut(&rest, '\n', &line))
			if (span_trim(line).n > 0)
				strings_add(out, span_trim(line));
	}
}

static json_t *
show_rules(struct setting_call *c)
{
	struct strings rules = { 0 };
	json_t *list;

	rules_of(&c->jail->config->filter, &rules);
	list = payload_texts(&rules);
	strings_fini(&rules);
	return list;
}

static json_t *
show_prefix(struct setting_call *c)
{
	const char *text = c->jail->config->filter.eventprefix;

	return payload_text(span_of(text != NULL ? text : ""));
}

/* --- changes ------------------------------------------------------------------ */

/* Its eventjson, jsonprefix and jsontime: nothing changes these. */
static int
keep_json(const struct filter_config *f, struct filter_config *next,
    struct buf *why)
{
	for (size_t i = 0; i < f->own.n; i++) {
		const struct property *p = &f->own.v[i];

		if (strcmp(p->key, "eventregex") == 0 ||
		    strcmp(p->key, "eventprefix") == 0)
			continue;
		if (filter_add_own(next, p->key, p->value, why) != 0)
			return -1;
	}
	return 0;
}

static int
store(struct setting_call *c, const char *prefix, const struct strings *rules)
{
	struct filter_config next = { 0 };
	int rc = keep_json(&c->jail->config->filter, &next, &c->why);

	c->type = "RegexException";
	if (prefix != NULL && rc == 0)
		rc = filter_add_own(&next, "eventprefix", prefix, &c->why);
	for (size_t i = 0; i < rules->n && rc == 0; i++)
		rc = filter_add_own(&next, "eventregex", rules->v[i],
		    &c->why);
	if (rc == 0)
		rc = engine_event_change(c->jail, &next, &c->why);
	if (rc == 0)
		c->jail->touched = true;
	filter_config_fini(&next);
	return rc;
}

static int
add_rule(struct setting_call *c)
{
	const struct filter_config *f = &c->jail->config->filter;
	struct strings rules = { 0 };
	int rc;

	rules_of(f, &rules);
	strings_add(&rules, span_of(c->argv[0]));
	rc = store(c, f->eventprefix, &rules);
	strings_fini(&rules);
	return rc;
}

static int
del_rule(struct setting_call *c)
{
	const struct filter_config *f = &c->jail->config->filter;
	struct strings rules = { 0 }, left = { 0 };
	int64_t index;
	int rc = command_setting_int(c, 0, INT32_MAX, &index);

	rules_of(f, &rules);
	if (rc == 0 && (uint64_t)index >= rules.n) {
		c->type = "ValueError";
		buf_addf(&c->why, "deleventregex: there is no index %s; "
		    "accepted: 0..%zu", c->argv[0],
		    rules.n > 0 ? rules.n - 1 : 0);
		rc = -1;
	}
	for (size_t i = 0; rc == 0 && i < rules.n; i++)
		if (i != (size_t)index)
			strings_add(&left, span_of(rules.v[i]));
	if (rc == 0)
		rc = store(c, f->eventprefix, &left);
	strings_fini(&rules);
	strings_fini(&left);
	return rc;
}

static int
change_prefix(struct setting_call *c)
{
	struct strings rules = { 0 };
	int rc;

	rules_of(&c->jail->config->filter, &rules);
	rc = store(c, c->argv[0], &rules);
	strings_fini(&rules);
	return rc;
}

const struct setting command_setting_event[] = {
	{ "eventregex", .show = show_rules },
	{ "addeventregex", show_rules, add_rule, .least = 1, .verb = true },
	{ "deleventregex", show_rules, del_rule, .least = 1, .verb = true },
	{ "eventprefix", show_prefix, change_prefix, .least = 1 },
	{ 0 },
};
