#include "config/jail_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/action_load.h"
#include "config/entry.h"
#include "config/filter_load.h"
#include "config/ignoreip.h"
#include "config/interpolate.h"
#include "config/logpath.h"
#include "config/nologs.h"
#include "config/option.h"
#include "config/value.h"

#define ACTIONS_MAX 64   /* of one jail */

/*
 * What fail2ban evaluates of a jail, in its order: first the settings it
 * sends as they are, then what becomes files, then the filter's options.
 */
static const char *const jail_options[] = {
	"enabled", "backend", "maxretry", "maxmatches", "findtime", "bantime",
	"bantime.increment", "bantime.factor", "bantime.formula",
	"bantime.multipliers", "bantime.maxtime", "bantime.rndtime",
	"bantime.overalljails", "ipv4_prefix", "ipv6_prefix", "prefix_hosts",
	"ignorecommand", "ignoreself", "ignoreip", "ignoreip_lifts",
	"ignorecache", "filter", "logtimezone", "logencoding", "envelope",
	"logpath",
	"action", "usedns", "prefregex", "ignoreregex", "failregex", "maxlines",
	"datepattern", "journalmatch", "eventprefix", "eventregex",
	"jsonprefix", "eventjson", "jsontime", NULL
};

static const char *const enabled_option[] = { "enabled", NULL };
static const char *const first_options[] = {
	"enabled", "backend", "filter", NULL
};

struct loader {
	struct jail_config *jail;
	struct ini *ini;
	const struct config_request *where;
	struct report *report;
	struct properties options;     /* resolved, as text */
	struct definition filter;
	bool has_filter;
	bool skip;
	struct buf why;
};

/* Marks the jail broken, once, and reports it where the option stands. */
static void
break_jail(struct loader *l, const char *option)
{
	struct scope scope = { .ini = l->ini, .section = l->jail->name };
	const struct ini_option *o = option != NULL ?
	    interpolate_source(&scope, option) : NULL;
	struct ini_section *s = ini_section(l->ini, l->jail->name);
	const char *file = o != NULL ? o->file : s->file;
	unsigned line = o != NULL ? o->line : s->line;

	report_add(l->report, PROBLEM_ERROR, l->jail->name, file, line, "%s",
	    l->why.p != NULL ? l->why.p : "unknown");
	if (l->jail->error == NULL)
		l->jail->error = buf_take(&l->why);
	buf_clear(&l->why);
}

/* The word up to ':' of a message is the option it is about. */
static void
break_jail_at(struct loader *l)
{
	size_t n = l->why.p != NULL ? strcspn(l->why.p, ":") : 0;
	char *option = xmemdup0(l->why.p != NULL ? l->why.p : "", n);

	break_jail(l, option);
	free(option);
}

/* int and bool as Python prints them: what %(maxretry)s of an action sees. */
static int
normalize(const char *option, struct buf *value, struct buf *why)
{
	const struct option *o = option_find(OPTION_JAIL, option);
	const char *text = value->p != NULL ? value->p : "";
	int64_t n;

	if (o == NULL)
		return 0;
	if (o->type == OPTION_BOOL) {
		bool yes = value_bool(text);

		buf_clear(value);
		buf_adds(value, yes ? "True" : "False");
	} else if (o->type == OPTION_INT) {
		if (value_int(text, 0, INT32_MAX, &n) != 0) {
			buf_addf(why, "%s: '%s' is not a number; accepted: "
			    "0..%d", option, text, INT32_MAX);
			return -1;
		}
		buf_clear(value);
		buf_addf(value, "%" PRId64, n);
	}
	return 0;
}

/* Evaluates the options into l->options. 0, -1: some failed (reported). */
static int
read_options(struct loader *l, const char *const *names)
{
	static const char *const defaults[][2] = {
		{ "enabled", "False" }, { "backend", "auto" },
		{ "filter", "" }, { "action", "" },
	};
	struct scope scope = { .ini = l->ini, .section = l->jail->name };
	int result = 0;

	properties_fini(&l->options);
	for (; *names != NULL; names++) {
		struct buf value = { 0 };
		int got = interpolate_get(&scope, *names, &value, &l->why);

		if (got == 0)
			got = normalize(*names, &value, &l->why);
		if (got == -1) {
			break_jail(l, *names);
			result = -1;
		} else if (got == 0) {
			properties_set(&l->options, *names,
			    value.p != NULL ? value.p : "");
		}
		buf_fini(&value);
	}
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (properties_get(&l->options, defaults[i][0]) == NULL)
			properties_set(&l->options, defaults[i][0],
			    defaults[i][1]);
	return result;
}

static const char *
option_text(const struct loader *l, const char *name, const char *fallback)
{
	const char *v = properties_get(&l->options, name);

	return v != NULL ? v : fallback;
}

/* The jail's %(known/x)s sees what its filter says. */
static int
publish_filter(struct loader *l)
{
	struct properties all = { 0 };

	if (definition_combine(&l->filter, NULL, &all, &l->why) != 0) {
		properties_fini(&all);
		return -1;
	}
	for (size_t i = 0; i < all.n; i++) {
		struct buf name = { 0 };

		if (strncmp(all.v[i].key, "known/", 6) == 0)
			continue;
		buf_addf(&name, "known/%s", all.v[i].key);
		ini_set(l->ini, l->jail->name, name.p, all.v[i].value, NULL, 0);
		buf_fini(&name);
	}
	properties_fini(&all);
	return 0;
}

/* Before the filter's tags are pasted: its lines depend on the backend. */
static void
decide_backend(struct loader *l)
{
	struct jail_config *j = l->jail;
	struct scope scope = { .ini = l->ini, .section = j->name };

	if (!l->where->decide_nologs || strncmp(j->backend, "auto", 4) != 0)
		return;
	switch (nologs_decide(&scope, l->has_filter ? &l->filter.ini : NULL)) {
	case NOLOGS_JOURNAL:
		free(j->backend);
		j->backend = xstrdup("systemd");
		report_add(l->report, PROBLEM_WARNING, j->name, NULL, 0,
		    "logpath: there is no log file; the jail reads the "
		    "systemd journal");
		break;
	case NOLOGS_SKIP:
		l->skip = true;
		report_add(l->report, PROBLEM_WARNING, j->name, NULL, 0,
		    "logpath: there is no log file; the jail is skipped "
		    "(skip_if_nologs)");
		break;
	case NOLOGS_NONE:
	case NOLOGS_WAIT:
		break;
	}
}

static int
open_filter(struct loader *l)
{
	const char *entry = option_text(l, "filter", "");

	if (entry[0] == '\0') {
		l->jail->filter.name = xstrdup("");
		report_add(l->report, PROBLEM_WARNING, l->jail->name, NULL, 0,
		    "filter: not set; the jail needs a failregex of its own");
		decide_backend(l);
		return 0;
	}
	if (filter_open(&l->filter, l->where, entry, l->report,
		&l->jail->filter.name, &l->why) != 0)
		return -1;
	l->has_filter = true;
	if (l->where->tried != NULL)
		properties_merge(&l->filter.init, l->where->tried);
	l->jail->filter.unverified = l->filter.ini.unverified;
	decide_backend(l);
	filter_logtype(&l->filter, l->jail->backend);
	if (definition_read(&l->filter, &l->options, filter_options, true,
		&l->why) != 0)
		return -1;
	return publish_filter(l);
}

static int
fill_filter(struct loader *l)
{
	struct filter_config *f = &l->jail->filter;
	struct properties all = { 0 };
	int result = 0;

	if (l->has_filter) {
		result = definition_read(&l->filter, &l->options,
		    filter_options, false, &l->why);
		if (result == 0)
			result = definition_combine(&l->filter, NULL, &all,
			    &l->why);
		if (result == 0)
			result = filter_fill(f, &all, &l->why);
		if (l->where->all != NULL)
			properties_merge(l->where->all, &all);
	}
	if (result == 0)
		result = filter_fill(f, &l->options, &l->why);
	filter_derive(f);
	properties_fini(&all);
	return result;
}

static bool
is_setting(const char *name)
{
	static const char *const others[] = {
		"enabled", "backend", "filter", "logpath", "action", NULL
	};

	for (const char *const *o = others; *o != NULL; o++)
		if (strcmp(*o, name) == 0)
			return false;
	for (const char *const *o = filter_options; *o != NULL; o++)
		if (strcmp(*o, name) == 0)
			return false;
	return true;
}

static void
add_setting(struct jail_config *jail, const struct property *option)
{
	struct strings words = { 0 };
	struct buf text = { 0 };

	if (!is_setting(option->key))
		return;
	if (strcmp(option->key, "ignoreip") == 0) {
		value_words(option->value, &words);
		for (size_t i = 0; i < words.n; i++)
			buf_addf(&text, "%s%s", i > 0 ? " " : "", words.v[i]);
		properties_add(&jail->settings, option->key,
		    text.p != NULL ? text.p : "");
	} else {
		properties_add(&jail->settings, option->key, option->value);
	}
	strings_fini(&words);
	buf_fini(&text);
}

static int
fill_logs(struct loader *l)
{
	const char *paths = properties_get(&l->options, "logpath");

	if (jail_reads_journal(l->jail))
		return 0;
	if (paths == NULL || span_trim(span_of(paths)).n == 0) {
		report_add(l->report, PROBLEM_WARNING, l->jail->name, NULL, 0,
		    "logpath: not set; only bans by hand happen in this jail");
		return 0;
	}
	if (logpath_expand(l->jail, paths, l->report, &l->why) != 0)
		return -1;
	if (l->jail->logs_n == 0 && l->where->strict) {
		buf_adds(&l->why, "logpath: there is no log file (--strict)");
		return -1;
	}
	return 0;
}

static int
add_action(struct loader *l, const char *entry)
{
	struct jail_config *j = l->jail;
	struct action_config a;

	if (j->actions_n == ACTIONS_MAX) {
		buf_addf(&l->why, "action: too many; accepted: %d",
		    ACTIONS_MAX);
		return -1;
	}
	if (action_load(&a, l->where, j->name, entry, &l->options, l->report,
		&l->why) != 0)
		return -1;
	for (size_t i = 0; i < j->actions_n; i++)
		if (strcmp(j->actions[i].name, a.name) == 0) {
			buf_addf(&l->why, "action: '%s' stands twice in this "
			    "jail; accepted: different names "
			    "(x[actname=...])", a.name);
			action_fini(&a);
			return -1;
		}
	j->actions = xreallocarray(j->actions, j->actions_n + 1,
	    sizeof(*j->actions));
	j->actions[j->actions_n++] = a;
	return 0;
}

static int
fill_actions(struct loader *l)
{
	struct strings entries = { 0 };
	int result = 0;

	entry_split(span_of(option_text(l, "action", "")), &entries);
	for (size_t i = 0; result == 0 && i < entries.n; i++)
		result = add_action(l, entries.v[i]);
	strings_fini(&entries);
	return result;
}

static void
warn_actions(const struct loader *l)
{
	const struct jail_config *j = l->jail;

	if (j->actions_n == 0)
		report_add(l->report, PROBLEM_WARNING, j->name, NULL, 0,
		    "action: none; bans of this jail reach no firewall");
	for (size_t i = 0; i < j->actions_n; i++)
		if (action_is_python(&j->actions[i]))
			report_add(l->report, PROBLEM_WARNING, j->name, NULL, 0,
			    "action '%s' is a part of fail2ban written in "
			    "Python and is not run; accepted: actions that "
			    "are commands", j->actions[i].name);
}

static void
warn_bools(const struct loader *l)
{
	struct scope scope = { .ini = l->ini, .section = l->jail->name };
	const struct ini_option *o;

	for (const char *const *n = jail_options; *n != NULL; n++) {
		const struct option *row = option_find(OPTION_JAIL, *n);

		o = interpolate_source(&scope, *n);
		if (row == NULL || row->type != OPTION_BOOL || o == NULL ||
		    strchr(o->value, '%') != NULL || value_is_bool(o->value))
			continue;
		report_add(l->report, PROBLEM_WARNING, l->jail->name, o->file,
		    o->line, "%s: '%s' counts as false; accepted: true, false",
		    *n, o->value);
	}
}

/* Every step tells its own error; the later ones still look for theirs. */
static void
load_enabled(struct loader *l)
{
	struct jail_config *j = l->jail;
	struct ini_section *s = ini_section(l->ini, j->name);

	if (s->error != NULL && j->error == NULL)
		j->error = xstrdup(s->error);
	if (jail_check_backend(l->jail, &l->why) != 0 || open_filter(l) != 0) {
		break_jail_at(l);
		return;
	}
	if (l->skip || read_options(l, jail_options) != 0)
		return;
	for (size_t i = 0; i < l->options.n; i++)
		add_setting(j, &l->options.v[i]);
	warn_bools(l);
	if (jail_derive(j, &l->why) != 0)
		break_jail_at(l);
	if (fill_filter(l) != 0)
		break_jail_at(l);
	if (l->where->tried != NULL)
		return;
	if (fill_logs(l) != 0)
		break_jail_at(l);
	if (fill_actions(l) != 0)
		break_jail_at(l);
	if (j->error == NULL)
		warn_actions(l);
	if (l->where->decide_nologs)
		ignoreip_check(l->jail, l->ini, l->report);
}

/* fail2ban would refuse the start for what a disabled jail says here. */
static void
look_at_disabled(struct loader *l)
{
	struct report aside = { 0 }, *report = l->report;

	l->report = &aside;
	read_options(l, first_options);
	l->report = report;
	for (size_t i = 0; i < aside.n; i++)
		report_add(report, PROBLEM_WARNING, l->jail->name,
		    aside.v[i].file, aside.v[i].line, "the jail is disabled, "
		    "but %s", aside.v[i].text);
	report_fini(&aside);
}

/* What is tried is told its backend and, perhaps, another filter. */
static void
take_tried(struct loader *l)
{
	const char *filter = properties_get(l->where->tried, "filter");

	properties_set(&l->options, "backend", l->where->backend);
	if (filter != NULL)
		properties_set(&l->options, "filter", filter);
}

int
jail_load(struct jail_config *jail, struct ini *jails, const char *name,
    const struct config_request *where, struct report *report)
{
	struct loader l = { .jail = jail, .ini = jails, .where = where,
		.report = report };
	bool sound, enabled;

	*jail = (struct jail_config){ .name = xstrdup(name) };
	/* Who cannot say whether it is enabled is a broken jail, not a gap. */
	sound = read_options(&l, enabled_option) == 0;
	enabled = value_bool(option_text(&l, "enabled", "")) || !sound ||
	    where->tried != NULL;
	if (enabled || where->strict)
		sound &= read_options(&l, first_options) == 0;
	else
		look_at_disabled(&l);
	if (where->tried != NULL)
		take_tried(&l);
	if (enabled)
		jail->backend = xstrdup(option_text(&l, "backend", "auto"));
	if (enabled && sound)
		load_enabled(&l);
	if (enabled && jail->filter.name == NULL)
		jail->filter.name = xstrdup("");
	if (enabled && jail->logencoding == NULL)
		jail_derive(jail, &l.why);
	definition_fini(&l.filter);
	properties_fini(&l.options);
	buf_fini(&l.why);
	enabled = enabled && !l.skip;
	if (!enabled)
		jail_fini(jail);
	return enabled;
}
