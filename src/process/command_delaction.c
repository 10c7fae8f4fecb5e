/*
 * `set JAIL delaction`: what the action has done is undone, with the commands
 * that it has, ban by ban in turns; then it goes. A native action has its set
 * in the firewall until a reload; nothing more is put there.
 */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/action_load.h"
#include "process/command_local.h"
#include "process/run_plan.h"

struct removal {
	struct engine_change change;   /* first */
	struct engine_jail *jail;
	struct request *request;
	char *name;
	uint32_t rules;                /* bits: its native ones */
	struct bans_walk *walk;
};

static uint32_t
rules_of(const struct engine_jail *j, const char *name)
{
	const struct config *tree = j->engine->config;
	uint32_t rule = 0, rules = 0;

	for (size_t i = 0; i < tree->jails_n; i++) {
		const struct jail_config *jail = &tree->jails[i];

		if (strcmp(jail->name, j->config->name) != 0)
			continue;
		for (size_t k = 0; k < jail->actions_n; k++) {
			if (jail->actions[k].kind != ACTION_NFTABLES)
				continue;
			if (strcmp(jail->actions[k].name, name) == 0)
				rules |= UINT32_C(1) << (rule & 31);
			rule++;
		}
	}
	return rules;
}

static void
undo(struct removal *x, struct ticket *t)
{
	for (uint32_t i = 0; i < x->jail->rules_n &&
	    t->id.addr.family != ADDR_NONE; i++)
		if ((x->rules & UINT32_C(1) << (i & 31)) != 0)
			engine_ask_delete_one(x->jail, &t->id.addr, i);
	engine_run_undo(x->jail, t);
}

static void
removal_free(struct removal *x)
{
	jail_walk_free(x->walk);
	free(x->name);
	free(x);
}

static void
end(struct removal *x)
{
	struct engine_jail *j = x->jail;
	struct jail_config *config = engine_jail_own(j);
	struct action_config *a = command_action_in(config, x->name);
	size_t behind = config->actions_n - (size_t)(a - config->actions) - 1;

	engine_run_drop(j, a->name);
	action_fini(a);
	memmove(a, a + 1, behind * sizeof(*a));
	config->actions_n--;
	command_action_changed(j);
	request_reply(x->request, json_null());
	removal_free(x);
}

static enum change_step
go_on(struct engine_change *change)
{
	struct removal *x = (struct removal *)change;

	for (size_t n = 0; n < CHANGE_STEP; n++) {
		struct ticket *t = jail_walk_next(x->walk);

		if (t == NULL) {
			end(x);
			return CHANGE_OVER;
		}
		undo(x, t);
	}
	return engine_change_behind(x->jail->engine) ? CHANGE_WAITS :
	    CHANGE_MORE;
}

static void
drop(struct engine_change *change)
{
	struct removal *x = (struct removal *)change;

	request_fail(x->request, "Exception", "shutting down");
	removal_free(x);
}

/* 0, or -1: *c says why it cannot go. */
static int
check(struct setting_call *c)
{
	const struct jail_config *config;

	if (command_action_find(c) == NULL)
		return -1;
	config = command_action_own(c);
	/* The runner knows all of a jail's, or none. */
	return config == NULL || (run_plan_wants(config) &&
	    command_action_may(c) == -1) ? -1 : 0;
}

void
command_delaction(struct setting_call *c, struct request *r)
{
	struct engine_jail *j = c->jail;
	struct removal *x;

	if (check(c) == -1) {
		request_fail(r, c->type, "%s", c->why.n > 0 ? c->why.p : "");
		return;
	}
	x = xcalloc(1, sizeof(*x));
	x->change.step = go_on;
	x->change.drop = drop;
	x->jail = j;
	x->request = r;
	x->name = xstrdup(c->argv[0]);
	if (command_action_find(c)->kind == ACTION_NFTABLES)
		x->rules = rules_of(j, x->name);
	/* Before the first delete: none of a ban that is there counts else. */
	j->rules_off |= x->rules;
	engine_run_leave(j, x->name);
	x->walk = jail_walk_new(j->jail);
	engine_change_begin(j->engine, &x->change, j->config->name);
}
