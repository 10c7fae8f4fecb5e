#include "process/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/ignoreip.h"
#include "config/jail_load.h"

/*
 * A path that two patterns of a jail match is one log: read twice, each of
 * its failures would count twice.
 */
static bool
has_log(const struct plan *plan, uint32_t jail, const char *path)
{
	for (size_t i = plan->logs_n; i-- > 0;) {
		if (plan->logs[i].jail == jail &&
		    strcmp(plan->logs[i].path, path) == 0)
			return true;
	}
	return false;
}

uint32_t
plan_append_log(struct plan *plan, const char *path)
{
	plan->logs = xreallocarray(plan->logs, plan->logs_n + 1,
	    sizeof(*plan->logs));
	plan->logs[plan->logs_n] = (struct plan_log){
		PLAN_NO_JAIL, path, false
	};
	return (uint32_t)plan->logs_n++;
}

bool
plan_add_log(struct plan *plan, uint32_t jail, const char *path, bool tail)
{
	if (has_log(plan, jail, path))
		return false;
	plan->logs = xreallocarray(plan->logs, plan->logs_n + 1,
	    sizeof(*plan->logs));
	plan->logs[plan->logs_n++] = (struct plan_log){ jail, path, tail };
	return true;
}

static void
add_rule(struct plan *plan, uint32_t jail, uint32_t action)
{
	plan->rules = xreallocarray(plan->rules, plan->rules_n + 1,
	    sizeof(*plan->rules));
	plan->rules[plan->rules_n++] = (struct plan_rule){ jail, action };
}

static void
add_ignore_files(struct plan *plan, const struct strings *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		struct ignoreip e = ignoreip_parse(span_of(entries->v[i]));
		char *path;

		if (e.kind != IGNOREIP_FILE || e.path.n == 0)
			continue;
		path = span_dup(e.path);
		if (!strings_has(&plan->ignore_files, path))
			strings_add(&plan->ignore_files, e.path);
		free(path);
	}
}

static void
add_jail(struct plan *plan, const struct jail_config *jail, uint32_t number)
{
	if (jail_reads_journal(jail) &&
	    !strings_has(&plan->journals, jail->backend))
		strings_add(&plan->journals, span_of(jail->backend));
	for (size_t i = 0; i < jail->logs_n; i++)
		plan_add_log(plan, number, jail->logs[i].path, jail->logs[i].tail);
	for (size_t i = 0; i < jail->logs_missing.n; i++) {
		if (strpbrk(jail->logs_missing.v[i], "*?[") == NULL)
			plan_add_log(plan, number, jail->logs_missing.v[i], false);
	}
	add_ignore_files(plan, &jail->ignoreip);
	for (size_t i = 0; i < jail->actions_n; i++) {
		if (jail->actions[i].kind == ACTION_NFTABLES)
			add_rule(plan, number, (uint32_t)i);
	}
}

void
plan_make(struct plan *plan, const struct config *config)
{
	*plan = (struct plan){ 0 };
	for (size_t i = 0; i < config->jails_n; i++) {
		if (config->jails[i].error == NULL)
			add_jail(plan, &config->jails[i], (uint32_t)i);
	}
}

uint32_t
plan_append_journal(struct plan *plan, const char *backend)
{
	strings_add(&plan->journals, span_of(backend));
	return (uint32_t)plan->journals.n - 1;
}

void
plan_fini(struct plan *plan)
{
	free(plan->logs);
	free(plan->rules);
	strings_fini(&plan->journals);
	strings_fini(&plan->ignore_files);
	*plan = (struct plan){ 0 };
}

uint32_t
plan_journal(const struct plan *plan, const char *backend)
{
	for (size_t i = 0; i < plan->journals.n; i++)
		if (strcmp(plan->journals.v[i], backend) == 0)
			return (uint32_t)i;
	/* Whoever asks has it from the same configuration. */
	abort();
}
