/* A configuration comes into force in the place of another, all of it at once. */
#include "process/engine_swap.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_unwrap.h"

#define LOGGER "gaol.engine"

static void
drop_vanished(struct engine *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->keep) {
			j->keep = false;
			e->jails[kept++] = j;
			continue;
		}
		if (j->jail != NULL)
			log_info("fail2ban.jail", "Jail '%s' stopped",
			    j->config->name);
		engine_ask_forget(e, j);
		if (e->store != NULL)
			store_disable_jail(e->store, j->config->name);
		engine_jail_free(j);
	}
	e->jails_n = kept;
}

static void
apply_jails(struct engine *e, struct incoming *in)
{
	for (size_t i = 0; i < in->config->jails_n; i++) {
		struct engine_jail *j = engine_jail_apply(e,
		    &in->config->jails[i], in->filters[i]);

		in->filters[i] = NULL;
		j->rules_n = 0;
		if (!engine_jail_stays(j))
			j->rules_off = 0;
		if (j->made)
			continue;
		for (size_t r = 0; r < in->plan.rules_n; r++) {
			if (in->plan.rules[r].jail != i)
				continue;
			if (j->rules_n++ == 0)
				j->rule_first = (uint32_t)r;
		}
	}
	/* No configuration names them; a reload of one jail is not theirs. */
	for (size_t i = 0; i < e->jails_n; i++)
		e->jails[i]->keep |= engine_life_stays(e->jails[i]);
}

static struct engine_log *
find_log(struct engine *e, const char *jail, const char *path)
{
	for (size_t i = 0; i < e->logs_n; i++) {
		if (e->logs[i].tail != NULL &&
		    strcmp(e->logs[i].jail->config->name, jail) == 0 &&
		    strcmp(e->logs[i].path, path) == 0)
			return &e->logs[i];
	}
	return NULL;
}

/* The logs of the new plan; those that go on keep their place. */
static void
apply_logs(struct engine *e, const struct config *config,
    const struct plan *plan)
{
	struct engine_log *logs = xcalloc(plan->logs_n + 1, sizeof(*logs));

	for (size_t i = 0; i < e->logs_n; i++)
		watch_unbind(e->watch, (uint32_t)i);
	for (size_t i = 0; i < plan->logs_n; i++) {
		const char *jail = config->jails[plan->logs[i].jail].name;
		struct engine_log *old = find_log(e, jail,
		    plan->logs[i].path);

		logs[i].jail = engine_jail_find(e, jail);
		logs[i].path = xstrdup(plan->logs[i].path);
		if (old != NULL) {
			logs[i].closed = old->closed &&
			    engine_jail_stays(logs[i].jail);
			logs[i].told = old->told;
			logs[i].request = old->request;
			old->request = NULL;
			logs[i].tail = old->tail;
			logs[i].moved = old->moved;
			logs[i].dirty = true;
			logs[i].envelope = old->envelope;
			old->tail = NULL;
			old->envelope = NULL;
		}
	}
	for (size_t i = 0; i < e->logs_n; i++) {
		engine_log_keep(e, &e->logs[i]);
		engine_log_fini(&e->logs[i]);
	}
	free(e->logs);
	e->logs = logs;
	e->logs_n = plan->logs_n;
	for (size_t i = 0; i < e->logs_n; i++) {
		engine_log_sieve(e, &logs[i]);
		if (logs[i].tail == NULL)
			engine_log_start(e, &logs[i], plan->logs[i].tail);
		else
			engine_unwrap_keep(&logs[i]);
	}
}

static void
apply_level(struct engine *e)
{
	enum log_level level;
	const char *name = e->options->log_level != NULL ?
	    e->options->log_level : e->config->main.loglevel;

	free(e->loglevel);
	e->loglevel = NULL;
	free(e->allowipv6);
	e->allowipv6 = NULL;
	engine_target_forget(e);
	if (log_level_parse(span_of(name), &level) == 0)
		log_set_level(level);
	else
		log_warning(LOGGER, "loglevel: '%s' is none", name);
}

void
engine_swap(struct engine *e, struct incoming *in)
{
	struct config *old = e->config;

	engine_log_save(e);
	engine_log_given_fini(e);
	e->config = in->config;
	e->generation = in->generation;
	apply_level(e);
	engine_store_apply(e);
	apply_jails(e, in);
	engine_run_apply(e);
	/* Logs of vanished jails go before their jails do. */
	apply_logs(e, in->config, &in->plan);
	engine_journal_apply(e, in->config, &in->plan);
	drop_vanished(e);
	for (size_t i = 0; i < e->jails_n; i++) {
		engine_setting_again(e->jails[i]);
		engine_jail_forget_past(e->jails[i]);
	}
	engine_ignoreip_apply(e, &in->plan);
	engine_events_apply(e);
	config_free(old);
	in->config = NULL;
	free(in->filters);
	in->filters = NULL;
}
