#include "config/action_load.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/definition.h"
#include "config/entry.h"
#include "config/stock.h"
#include "config/unknown.h"
#include "config/value.h"

/* What fail2ban takes of [Definition], in its order; NULL at the end. */
static const char *const action_options[] = {
	"actionstart", "actionstart_on_demand", "actionstop", "actionflush",
	"actionreload", "actioncheck", "actionrepair",
	"actionrepair_on_unban", "actionban", "actionprolong", "actionreban",
	"actionunban", "norestored", NULL
};

/* Tags that only a ticket gives a value to. */
static const char *const action_later[] = {
	"matches", "ipmatches", "ipjailmatches", "timeout", "bantime", NULL
};

static bool
is_listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool
action_is_python(const struct action_config *a)
{
	return span_ends(span_of(a->file), SPAN(".py"));
}

const char *
action_kind_name(const struct action_config *a)
{
	if (action_is_python(a))
		return "python";
	return a->kind == ACTION_SHELL ? "shell" : a->kind == ACTION_NONE ?
	    "none" : "native";
}

/* fail2ban hands every action its jail's name and a name of its own. */
static void
set_names(struct entry *e, const char *jail)
{
	const char *name = properties_get(&e->options, "name");
	struct buf actname = { 0 };

	if (name == NULL) {
		properties_set(&e->options, "name", jail);
		name = jail;
	}
	if (properties_get(&e->options, "actname") != NULL)
		return;
	buf_adds(&actname, e->name);
	if (span_starts(span_of(name), span_of(jail)))
		buf_adds(&actname, name + strlen(jail));
	else
		buf_addf(&actname, "-%s",
		    properties_get(&e->options, "name"));
	properties_set(&e->options, "actname", actname.p);
	buf_fini(&actname);
}

/* \u00E9 as Python spells it: \u00e9. */
static void
lower_escapes(char *json)
{
	for (; *json != '\0'; json++) {
		if (*json != '\\')
			continue;
		json++;
		for (int i = 1; *json == 'u' && i <= 4; i++)
			if (json[i] >= 'A' && json[i] <= 'F')
				json[i] = (char)(json[i] - 'A' + 'a');
	}
}

/* The options of a Python action travel as Python writes JSON. */
static void
load_python(struct action_config *a, struct entry *e)
{
	json_t *object = json_object();
	const char *actname = properties_get(&e->options, "actname");
	char *text;

	a->name = actname != NULL ? xstrdup(actname) :
	    xmemdup0(e->name, strlen(e->name) - strlen(".py"));
	for (size_t i = 0; i < e->options.n; i++)
		if (strcmp(e->options.v[i].key, "actname") != 0)
			json_object_set_new(object, e->options.v[i].key,
			    json_string(e->options.v[i].value));
	text = json_dumps(object, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	if (text != NULL)
		lower_escapes(text);
	properties_set(&a->props, "json", text != NULL ? text : "{}");
	free(text);
	json_decref(object);
}

static bool
is_typed_bool(const char *option)
{
	return strcmp(option, "actionstart_on_demand") == 0 ||
	    strcmp(option, "actionrepair_on_unban") == 0 ||
	    strcmp(option, "norestored") == 0;
}

/* Commands with their tags resolved, then the properties as written. */
static int
fill_shell(struct properties *to, struct definition *d, struct buf *why)
{
	struct properties all = { 0 };
	int result = definition_combine(d, action_later, &all, why);

	for (size_t i = 0; result == 0 && i < all.n; i++) {
		const char *value = all.v[i].value;

		if (!is_listed(action_options, all.v[i].key))
			continue;
		if (is_typed_bool(all.v[i].key))
			value = value_bool(value) ? "True" : "False";
		properties_set(to, all.v[i].key, value);
	}
	for (size_t i = 0; i < d->init.n; i++)
		if (!is_listed(action_options, d->init.v[i].key) &&
		    strncmp(d->init.v[i].key, "known/", 6) != 0)
			properties_set(to, d->init.v[i].key,
			    d->init.v[i].value);
	properties_fini(&all);
	return result;
}

/* Adds what has this condition ("" for the plain names). */
static int
fill_condition(struct action_config *a, struct definition *d,
    const char *condition, struct buf *why)
{
	struct properties all = { 0 };
	int result = definition_resolve(d, condition, &all, why);

	for (size_t i = 0; result == 0 && i < all.n; i++) {
		const char *key = all.v[i].key;
		const char *of = strchr(key, '?');

		if (strcmp(of != NULL ? of + 1 : "", condition) == 0 &&
		    strncmp(key, "known/", 6) != 0 &&
		    strcmp(key, "native") != 0 &&
		    !is_listed(action_options, key))
			properties_set(&a->props, key, all.v[i].value);
	}
	properties_fini(&all);
	return result;
}

static void
warn_commands(const struct definition *d, const char *jail, const char *file,
    struct report *report)
{
	for (size_t i = 0; i < d->init.n; i++)
		if (is_listed(action_options, d->init.v[i].key))
			report_add(report, PROBLEM_WARNING, jail, NULL, 0,
			    "action '%s' is native: its option '%s' has no "
			    "effect; accepted: parameters of %s.conf", file,
			    d->init.v[i].key, file);
}

static int
fill_native(struct action_config *a, struct definition *d,
    const struct properties *options, struct buf *why)
{
	/* Every parameter may stand in [Definition] too. */
	if (definition_read(d, options, action_options, true, why) != 0 ||
	    fill_condition(a, d, "", why) != 0 ||
	    fill_condition(a, d, "family=inet4", why) != 0 ||
	    fill_condition(a, d, "family=inet6", why) != 0)
		return -1;
	return 0;
}

/* Parameters only: the rest of a stock file are parts of its commands. */
static void
keep_parameters(struct properties *p)
{
	static const char *const parameters[] = {
		"name", "actname", "type", "table", "table_family", "chain",
		"chain_type", "chain_hook", "chain_priority", "port",
		"protocol", "blocktype", "addr_set", "addr_set?family=inet6",
		"net_set", "net_set?family=inet6", NULL
	};
	struct properties kept = { 0 };

	for (size_t i = 0; i < p->n; i++)
		if (is_listed(parameters, p->v[i].key))
			properties_add(&kept, p->v[i].key, p->v[i].value);
	properties_fini(p);
	*p = kept;
}

/* fail2ban's names of its nftables action. */
static bool
is_nftables_file(const char *file)
{
	static const char *const names[] = {
		"nftables", "nftables-multiport", "nftables-allports", NULL
	};

	return is_listed(names, file);
}

/* The option with which the jail changes a command, or NULL. */
static const char *
changed_command(const struct definition *d)
{
	for (size_t i = 0; i < d->init.n; i++)
		if (is_listed(action_options, d->init.v[i].key) ||
		    strncmp(d->init.v[i].key, "rule_", 5) == 0 ||
		    d->init.v[i].key[0] == '_')
			return d->init.v[i].key;
	return NULL;
}

/*
 * Has the jail left the commands of fail2ban's nftables action alone, and does
 * it use one of the two types we know? If not, *why says what is different.
 */
static bool
is_stock_nftables(const struct action_config *a, const struct definition *d,
    struct buf *why)
{
	const char *type = properties_get(&d->init, "type");
	const char *changed = changed_command(d);
	const struct ini_option *o =
	    ini_option(ini_section(&d->ini, "Definition"), "type");

	if (!is_nftables_file(a->file))
		return false;
	if (type == NULL && o != NULL)
		type = o->value;
	if (!stock_is_nftables(&d->ini))
		buf_adds(why, "its file has other commands than fail2ban's");
	else if (changed != NULL)
		buf_addf(why, "its option '%s' is set", changed);
	else if (type == NULL || (strcmp(type, "multiport") != 0 &&
	    strcmp(type, "allports") != 0))
		buf_addf(why, "type: '%s' has no native form; accepted: "
		    "multiport, allports", type != NULL ? type : "");
	return why->n == 0;
}

/* Worth a line: whoever named that action may count on the native one. */
static bool
goes_native(const struct action_config *a, const struct definition *d,
    const char *jail, struct report *report)
{
	struct buf why = { 0 };
	bool stock = is_stock_nftables(a, d, &why);

	if (why.n > 0)
		report_add(report, PROBLEM_WARNING, jail, NULL, 0,
		    "action %s: %s; it is run as a shell action", a->name,
		    why.p);
	buf_fini(&why);
	return stock;
}

static int
fill(struct action_config *a, struct definition *d, const char *jail,
    const struct properties *options, struct report *report, struct buf *why)
{
	struct ini_section *s = ini_section(&d->ini, "Definition");
	struct ini_option *native = ini_option(s, "native");
	bool stock;

	if (native != NULL) {
		warn_commands(d, jail, a->file, report);
		if (strcmp(native->value, "nftables") == 0) {
			a->kind = ACTION_NFTABLES;
		} else if (strcmp(native->value, "none") == 0) {
			a->kind = ACTION_NONE;
		} else {
			buf_addf(why, "native: '%s' is not known; accepted: "
			    "nftables, none", native->value);
			return -1;
		}
		return fill_native(a, d, options, why);
	}
	stock = goes_native(a, d, jail, report);
	if (definition_read(d, options, action_options, false, why) != 0)
		return -1;
	if (!stock)
		return fill_shell(&a->props, d, why);
	a->kind = ACTION_NFTABLES;
	if (fill_shell(&a->sent, d, why) != 0 ||
	    fill_native(a, d, options, why) != 0)
		return -1;
	keep_parameters(&a->props);
	return 0;
}

int
action_load(struct action_config *a, const struct config_request *where,
    const char *jail, const char *text, const struct properties *options,
    struct report *report, struct buf *why)
{
	struct definition d = { 0 };
	struct entry e;
	struct buf detail = { 0 };
	int result;

	*a = (struct action_config){ .kind = ACTION_SHELL };
	result = entry_parse(&e, span_of(text), &detail);
	if (result != 0)
		goto out;
	a->file = xstrdup(e.name);
	if (action_is_python(a)) {
		load_python(a, &e);
		goto out;
	}
	set_names(&e, jail);
	a->name = xstrdup(properties_get(&e.options, "actname"));
	result = definition_open(&d, where, "action.d", e.name, &e.options,
	    report, &detail);
	if (result == 0)
		unknown_warn(&d.ini, "Definition", OPTION_ACTION, NULL, report);
	if (result == 0)
		result = fill(a, &d, jail, options, report, &detail);
	definition_fini(&d);
out:
	if (result != 0) {
		buf_addf(why, "action: '%s': %s", text, detail.p);
		action_fini(a);
	}
	buf_fini(&detail);
	entry_fini(&e);
	return result;
}

void
action_fini(struct action_config *a)
{
	free(a->name);
	free(a->file);
	properties_fini(&a->props);
	properties_fini(&a->sent);
	*a = (struct action_config){ 0 };
}
