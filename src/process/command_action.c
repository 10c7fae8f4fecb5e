/*
 * Actions by command: `get JAIL action…` and `set JAIL addaction|delaction|
 * action`. Text of commands is handed to the runner, which takes it only when
 * gaol.conf, as it reads it, has runtime_commands = true; here it is refused
 * before, so that who asks learns why.
 */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/action_load.h"
#include "control/payload.h"
#include "process/command_local.h"
#include "process/run_plan.h"

/* What every action of fail2ban's has, set or not; and what it can be told. */
static const char *const properties[] = {
	"actionban", "actioncheck", "actionflush", "actionreban",
	"actionreload", "actionrepair", "actionstart", "actionstop",
	"actionunban", "timeout",
};
static const char *const methods[] = {
	"ban", "clearAllParams", "consistencyCheck", "escapeTag",
	"executeCmd", "flush", "invalidateBanEpoch", "prolong", "reban",
	"reload", "replaceDynamicTags", "replaceTag", "start", "stop", "unban",
};

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static bool
is_one_of(const char *const *v, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

struct action_config *
command_action_in(struct jail_config *jail, const char *name)
{
	for (size_t i = 0; i < jail->actions_n; i++)
		if (strcmp(jail->actions[i].name, name) == 0)
			return &jail->actions[i];
	return NULL;
}

const struct action_config *
command_action_find(struct setting_call *c)
{
	const struct jail_config *jail = c->jail->config;

	if (c->argc == 0) {
		command_setting_fail(c, "IndexError",
		    "list index out of range");
		return NULL;
	}
	for (size_t i = 0; i < jail->actions_n; i++)
		if (strcmp(jail->actions[i].name, c->argv[0]) == 0)
			return &jail->actions[i];
	command_setting_fail(c, "KeyError", "Invalid Action name: %s",
	    c->argv[0]);
	return NULL;
}

/* --- get ----------------------------------------------------------------- */

static json_t *
show_actions(struct setting_call *c)
{
	const struct jail_config *jail = c->jail->config;
	json_t *list = json_array();

	for (size_t i = 0; i < jail->actions_n; i++)
		json_array_append_new(list,
		    payload_text(span_of(jail->actions[i].name)));
	return list;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const struct properties *
properties_of(const struct action_config *a)
{
	return a->sent.n > 0 ? &a->sent : &a->props;
}

static json_t *
show_properties(struct setting_call *c)
{
	const struct action_config *a = command_action_find(c);
	json_t *list = json_array();
	const struct properties *p;
	const char **names;
	size_t n = COUNT(properties);

	if (a == NULL) {
		json_decref(list);
		return NULL;
	}
	p = properties_of(a);
	names = xcalloc(n + p->n, sizeof(*names));
	memcpy(names, properties, sizeof(properties));
	for (size_t i = 0; i < p->n; i++)
		if (!is_one_of(names, n, p->v[i].key))
			names[n++] = p->v[i].key;
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, payload_text(span_of(names[i])));
	free(names);
	return list;
}

static json_t *
show_methods(struct setting_call *c)
{
	json_t *list;

	if (command_action_find(c) == NULL)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < COUNT(methods); i++)
		json_array_append_new(list, json_string(methods[i]));
	return list;
}

/* `get JAIL action A P`, and the reply to `set JAIL action A P V`. */
static json_t *
show_action(struct setting_call *c)
{
	const struct action_config *a = command_action_find(c);
	const char *text;
	int64_t seconds;

	if (a == NULL)
		return NULL;
	if (c->argc < 2) {
		command_setting_fail(c, "IndexError",
		    "list index out of range");
		return NULL;
	}
	text = properties_get(properties_of(a), c->argv[1]);
	if (strcmp(c->argv[1], "timeout") == 0 && number_parse(
	    span_of(text != NULL ? text : "60"), 0, INT32_MAX, &seconds) == 0)
		return json_integer(seconds);
	if (text != NULL)
		return payload_text(span_of(text));
	if (is_one_of(properties, COUNT(properties), c->argv[1]))
		return json_string("");
	command_setting_fail(c, "AttributeError",
	    "'CommandAction' object has no attribute '%s'", c->argv[1]);
	return NULL;
}

/* --- set ----------------------------------------------------------------- */

int
command_action_may(struct setting_call *c)
{
	if (c->jail->engine->config->own.runtime_commands)
		return 0;
	return command_setting_fail(c, "PermissionError", "%s: commands over "
	    "the control socket need runtime_commands = true in gaol.conf",
	    c->name);
}

void
command_action_changed(struct engine_jail *j)
{
	j->touched = true;
	j->run_given = true;
	engine_run_update(j);
}

struct jail_config *
command_action_own(struct setting_call *c)
{
	struct jail_config *config = engine_jail_own(c->jail);

	if (config == NULL)
		command_setting_fail(c, "Exception",
		    "the settings of this jail cannot be copied");
	return config;
}

static int
change_addaction(struct setting_call *c)
{
	struct jail_config *config;

	if (c->argc > 1)
		return command_setting_fail(c, "RuntimeError", "%s: actions "
		    "in Python are not run by gaol", c->argv[1]);
	if (c->argv[0][0] == '\0')
		return command_setting_fail(c, "ValueError",
		    "an action has a name");
	if (command_action_may(c) == -1)
		return -1;
	config = command_action_own(c);
	if (config == NULL)
		return -1;
	if (command_action_in(config, c->argv[0]) != NULL)
		return command_setting_fail(c, "ValueError",
		    "Action %s already exists", c->argv[0]);
	if (config->actions_n >= RUN_PLAN_ACTIONS_MAX)
		return command_setting_fail(c, "ValueError",
		    "a jail has at most %d actions", RUN_PLAN_ACTIONS_MAX);
	config->actions = xreallocarray(config->actions,
	    config->actions_n + 1, sizeof(*config->actions));
	config->actions[config->actions_n++] = (struct action_config){
		.name = xstrdup(c->argv[0]), .file = xstrdup(""),
		.kind = ACTION_SHELL,
	};
	command_action_changed(c->jail);
	return 0;
}

static json_t *
show_added(struct setting_call *c)
{
	return payload_text(span_of(c->argv[0]));
}

static int
check_property(struct setting_call *c, const struct action_config *a)
{
	int64_t seconds;

	if (!run_plan_is_shell(a))
		return command_setting_fail(c, "ValueError", "'%s' is not run "
		    "by commands: what it does is changed in the files",
		    a->name);
	if (is_one_of(methods, COUNT(methods), c->argv[1]))
		return command_setting_fail(c, "ValueError", "%s: methods of "
		    "actions are called by bans only", c->argv[1]);
	if (strcmp(c->argv[1], "timeout") == 0 && number_parse(
	    span_of(c->argv[2]), 0, INT32_MAX, &seconds) != 0)
		return command_setting_fail(c, "ValueError", "timeout: '%s'; "
		    "accepted: whole seconds", c->argv[2]);
	return 0;
}

static int
change_action(struct setting_call *c)
{
	const struct action_config *a = command_action_find(c);
	struct jail_config *config;
	struct action_config *mine;

	if (a == NULL)
		return -1;
	if (c->argc < 3 &&
	    !(c->argc == 2 && is_one_of(methods, COUNT(methods), c->argv[1])))
		return command_setting_fail(c, "IndexError",
		    "list index out of range");
	if (check_property(c, a) == -1 || command_action_may(c) == -1)
		return -1;
	config = command_action_own(c);
	if (config == NULL)
		return -1;
	mine = command_action_in(config, c->argv[0]);
	if (mine->props.n >= RUN_PLAN_PROPS_MAX)
		return command_setting_fail(c, "ValueError",
		    "an action has at most %d properties", RUN_PLAN_PROPS_MAX);
	properties_set(&mine->props, c->argv[1], c->argv[2]);
	command_action_changed(c->jail);
	return 0;
}

const struct setting command_setting_action[] = {
	{ "actions", .show = show_actions },
	{ "actionproperties", .show = show_properties },
	{ "actionmethods", .show = show_methods },
	/* Passwords are among the properties. */
	{ "action", show_action, change_action, .least = 2, .secret = true },
	{ "addaction", show_added, change_addaction, .least = 1,
	    .verb = true },
	{ "delaction", .run = command_delaction, .least = 1, .verb = true },
	{ 0 },
};
