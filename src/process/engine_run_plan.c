/* Which actions there are: begun and ended by a configuration, or a stop. */
#include "process/engine_run.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine.h"
#include "process/run_plan.h"

#define LOGGER "gaol.engine"

/* --- the end of an action -------------------------------------------- */

static void
unban_each(struct run_action *a)
{
	struct jail *jail = a->jail->jail;
	struct ticket *t = jail_ban_first(jail);

	run_queue_clear(a, false);
	run_telling_end(a);
	for (; t != NULL; t = jail_ban_next(jail, t))
		if ((t->run_sent & a->bit) != 0)
			run_action_unban(a, a->jail, t);
	run_action_forget_bans(a);
}

/*
 * Takes it from its jail: what it holds is undone and it is stopped, after
 * what is with the runner now. The jail may vanish then. False: it is gone at
 * once, for no runner knows it.
 */
static bool
retire(struct engine_run *run, struct run_action *a)
{
	if (a->at.generation == 0) {
		if (a->state.n > 0)
			log_error(LOGGER, "[%s] action '%s' was not stopped: "
			    "there is no runner", a->jail_name, a->name);
		if (!a->undone)
			run_action_forget_bans(a);
		run_action_free(a);
		return false;
	}
	if (run_action_has(a, "actionflush"))
		run_action_flush(a, true);
	else if (!a->undone)
		unban_each(a);
	run_job_new(a, ACTION_STOP, NULL);
	a->jail = NULL;
	a->config = NULL;
	a->next = run->retired;
	run->retired = a;
	return true;
}

/* In reverse: what was started last is stopped first, as far as it waits. */
static void
retire_unkept(struct engine_run *run, struct engine_jail *j, bool all)
{
	struct run_action *kept = NULL, **last = &kept;
	struct run_action *going = NULL, *a;

	while ((a = j->runs) != NULL) {
		j->runs = a->next;
		if (a->keep && !all) {
			a->keep = false;
			a->next = NULL;
			*last = a;
			last = &a->next;
		} else {
			a->next = going;
			going = a;
		}
	}
	j->runs = kept;
	while ((a = going) != NULL) {
		going = a->next;
		if (retire(run, a))
			run_action_pump(run, a);
	}
}

void
engine_run_stopped(struct engine_run *run)
{
	if (!run->stopping)
		return;
	run->stopping = false;
	event_del(run->limit);
	engine_stopped(run->engine, run->stop_status);
}

/* Retired actions are done with: the runner may forget their numbers. */
void
engine_run_forget_old(struct engine_run *run)
{
	const struct wire_config m = {
		.type = WIRE_RUN_FORGET, .generation = run->generation,
	};

	if (run->retired != NULL || run->undoing)
		return;
	/* While it reads a newer one, jobs go out under the numbers before. */
	if (run->ready && run->aged && run->settled == run->generation) {
		run->aged = false;
		port_send(run->port, &m, sizeof(m), -1);
		engine_ignore_again(run->ignore);
	}
	engine_run_stopped(run);
}

void
engine_run_free_done(struct engine_run *run, struct run_action *a)
{
	struct run_action **at = &run->retired;

	if (a->jail != NULL || a->queue.n > 0 || a->sent.n > 0)
		return;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	run_action_free(a);
	/* One of the same name may have waited for this. */
	engine_run_pump(run);
	engine_run_forget_old(run);
}

void
engine_run_limit(evutil_socket_t fd, short what, void *arg)
{
	struct engine_run *run = arg;
	size_t left = 0;

	(void)fd;
	(void)what;
	for (struct run_action *a = run->retired; a != NULL; a = a->next) {
		left += a->queue.n + a->sent.n;
		log_error(LOGGER, "[%s] action '%s' was not stopped in time",
		    a->jail_name, a->name);
	}
	log_error(LOGGER, "%zu commands are left undone", left);
	engine_run_stopped(run);
}

/* --- a configuration ------------------------------------------------- */

static uint32_t
free_bit(const struct engine_jail *j)
{
	uint32_t used = 0;

	for (const struct run_action *a = j->runs; a != NULL; a = a->next)
		used |= a->bit;
	return ~used & (used + 1);
}

static bool
is_norestored(const struct action_config *config)
{
	const char *text = properties_get(&config->props, "norestored");

	return text != NULL && strcmp(text, "True") == 0;
}

static struct run_action *
make_action(struct engine_jail *j, const struct action_config *config,
    struct run_place coming)
{
	struct run_action *a = xcalloc(1, sizeof(*a));

	a->jail = j;
	a->config = config;
	a->jail_name = xstrdup(j->config->name);
	a->name = xstrdup(config->name);
	a->coming = coming;
	a->bit = free_bit(j);
	a->keep = true;
	a->norestored = is_norestored(config);
	a->merged = run_merge_wanted(config);
	run_queue_init(&a->queue);
	run_queue_init(&a->sent);
	return a;
}

/*
 * One that joins a jail that runs has no commands yet: it starts with its
 * first ban, and those of before are none of its.
 */
static void
begin(struct engine_jail *j, const struct action_config *config,
    struct run_place coming, bool joins)
{
	struct run_action *a = make_action(j, config, coming), **last = &j->runs;

	if (a->bit == 0) {
		log_error(LOGGER, "[%s] action '%s' is not run: a jail has at "
		    "most %d", a->jail_name, a->name, RUN_ACTIONS_MAX);
		run_action_free(a);
		return;
	}
	while (*last != NULL)
		last = &(*last)->next;
	*last = a;
	a->unstarted = joins;
	if (joins)
		return;
	run_job_new(a, ACTION_START, NULL);
	/* Bans that are in force already are in force for it, too. */
	run_telling_begin(j->engine->run, a);
}

/* `set JAIL action` changes one in its place; a reload makes another of it. */
static struct run_action *
find_same(const struct engine_jail *j, const struct action_config *config,
    bool update)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next)
		if (!a->keep && (update ? strcmp(a->name, config->name) == 0 :
		    !a->leaving && run_plan_same(a->config, config)))
			return a;
	return NULL;
}

void
engine_run_repoint(struct engine_jail *j)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next)
		for (size_t i = 0; i < j->config->actions_n; i++)
			if (strcmp(j->config->actions[i].name, a->name) == 0)
				a->config = &j->config->actions[i];
}

/* The number it has with the runner: that of its digest. */
static uint32_t
add_digest(struct engine_run *run, const struct jail_config *config)
{
	char hex[SHA1_HEX];

	if (!run_plan_wants(config))
		return WIRE_RUN_ALL;
	if (run->digests_n == WIRE_DIGESTS_MAX) {
		log_error(LOGGER, "[%s] its actions are not run: more than %d "
		    "jails have some", config->name, WIRE_DIGESTS_MAX);
		return WIRE_RUN_ALL;
	}
	run_plan_digest(config, hex);
	run->digests = xreallocarray(run->digests, run->digests_n + 1,
	    sizeof(*run->digests));
	memcpy(run->digests[run->digests_n].hex, hex, WIRE_DIGEST);
	return (uint32_t)run->digests_n++;
}

static void
apply_action(struct engine_jail *j, const struct action_config *c,
    struct run_place coming, bool update)
{
	struct run_action *a = find_same(j, c, update);

	if (a == NULL) {
		begin(j, c, coming, update && j->acting);
		return;
	}
	a->keep = true;
	a->config = c;
	a->coming = coming;
	a->norestored = is_norestored(c);
	if (!update && run_action_has(a, "actionreload"))
		run_job_new(a, ACTION_RELOAD, NULL);
}

/* What `set` changed besides its commands is not what the runner reads. */
static const struct jail_config *
commands_of(const struct engine_jail *j)
{
	const struct config *tree = j->engine->config;

	for (size_t i = 0; !j->run_given && i < tree->jails_n; i++)
		if (strcmp(tree->jails[i].name, j->config->name) == 0)
			return &tree->jails[i];
	return j->config;
}

static void
apply_jail(struct engine_run *run, struct engine_jail *j, bool update)
{
	uint32_t number = add_digest(run, commands_of(j));

	j->run_number = number;
	free(j->run_error);
	j->run_error = NULL;
	for (size_t i = 0; number != WIRE_RUN_ALL &&
	    i < j->config->actions_n; i++) {
		const struct run_place coming = {
			run->generation, number, (uint32_t)i
		};

		if (run_plan_is_shell(&j->config->actions[i]))
			apply_action(j, &j->config->actions[i], coming, update);
	}
	j->acting = true;
}

/* `update`: of what commands changed; else of a new configuration. */
static void
apply(struct engine *e, bool update)
{
	struct engine_run *run = e->run;

	event_del(run->update);
	run->generation++;
	run->digests_n = 0;
	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->jail != NULL && j->running && (update || j->keep))
			apply_jail(run, j, update);
	}
	for (size_t i = 0; i < e->jails_n; i++)
		retire_unkept(run, e->jails[i], false);
}

void
engine_run_apply(struct engine *e)
{
	apply(e, false);
}

/* What this jail will be by that configuration; NULL: it goes. */
static const struct jail_config *
coming_of(const struct engine_jail *j, const struct config *next)
{
	if (engine_life_stays(j) || (engine_jail_stays(j) && j->own != NULL))
		return j->config;
	for (size_t i = 0; i < next->jails_n; i++)
		if (strcmp(next->jails[i].name, j->config->name) == 0)
			return &next->jails[i];
	return NULL;
}

static void
part_jail(struct engine_jail *j, const struct jail_config *next)
{
	struct run_action *a;

	for (size_t i = 0; next != NULL && i < next->actions_n; i++) {
		a = run_plan_is_shell(&next->actions[i]) ?
		    find_same(j, &next->actions[i], false) : NULL;
		if (a != NULL)
			a->keep = true;
	}
	for (a = j->runs; a != NULL; a = a->next) {
		if (!a->keep)
			run_action_leave(a);
		a->keep = false;
	}
}

void
engine_run_part(struct engine *e, const struct config *next)
{
	/* What commands have changed comes first. */
	if (event_pending(e->run->update, EV_TIMEOUT, NULL))
		engine_run_updated(-1, 0, e->run);
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			part_jail(e->jails[i], coming_of(e->jails[i], next));
}

/* --- changes at run time --------------------------------------------- */

void
engine_run_updated(evutil_socket_t fd, short what, void *arg)
{
	struct engine_run *run = arg;

	(void)fd;
	(void)what;
	if (run->stopping || run->engine->ending)
		return;
	apply(run->engine, true);
	engine_run_begin(run->engine);
}

void
engine_run_update(struct engine_jail *j)
{
	engine_run_repoint(j);
	event_active(j->engine->run->update, EV_TIMEOUT, 0);
}

void
engine_run_drop(struct engine_jail *j, const char *name)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		a->keep = strcmp(a->name, name) != 0;
		a->undone |= !a->keep;
	}
	retire_unkept(j->engine->run, j, false);
}

void
engine_run_drop_all(struct engine_jail *j)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next)
		a->undone = true;
	retire_unkept(j->engine->run, j, true);
	j->acting = false;
}
