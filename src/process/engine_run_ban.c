/* What a jail decides, as jobs of its actions. */
#include "process/engine_run.h"

#include <stdlib.h>
#include <string.h>

bool
run_action_has(const struct run_action *a, const char *key)
{
	const char *text = properties_get(&a->config->props, key);

	return text != NULL && text[0] != '\0';
}

static void
forget_ban(const struct run_action *a, struct ticket *t)
{
	t->run_told &= ~a->bit;
	t->run_sent &= ~a->bit;
	t->run_held &= ~a->bit;
}

static bool
concerns(const struct run_action *a, const struct ticket *t)
{
	return !(t->restored && a->norestored);
}

static uint32_t
number_of(struct engine_run *run, struct ticket *t)
{
	if (t->run_number == 0 && ++run->bans == 0)
		run->bans = 1;
	if (t->run_number == 0)
		t->run_number = run->bans;
	return t->run_number;
}

void
run_action_tell(struct run_action *a, struct ticket *t)
{
	struct run_job *job;

	if (a->leaving || !concerns(a, t) || (t->run_told & a->bit) != 0)
		return;
	t->run_told |= a->bit;
	if (a->unstarted)
		run_job_new(a, ACTION_START, NULL);
	a->unstarted = false;
	job = run_job_new(a, ACTION_BAN, &t->id);
	if (job != NULL)
		job->number = number_of(a->jail->engine->run, t);
}

void
engine_run_ban(struct engine_jail *j, struct ticket *t)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		run_action_tell(a, t);
		run_action_pump(j->engine->run, a);
	}
}

void
run_action_unban(struct run_action *a, const struct engine_jail *j,
    const struct ticket *t)
{
	struct run_job *job = run_job_new(a, ACTION_UNBAN, &t->id);
	struct values v;

	if (job == NULL)
		return;
	run_values_of_ticket(&v, j, t);
	values_pack(&v, &job->packed);
	values_fini(&v);
}

/* Of one that leaves, and flushes then, no single ban is undone. */
static bool
has_to_undo(const struct run_action *a, const struct ticket *t)
{
	return (t->run_sent & a->bit) != 0 &&
	    !(a->leaving && run_action_has(a, "actionflush"));
}

void
engine_run_unban(struct engine_jail *j, const struct ticket *t)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		if (!has_to_undo(a, t))
			continue;
		run_action_unban(a, j, t);
		run_action_pump(j->engine->run, a);
	}
}

void
run_action_leave(struct run_action *a)
{
	a->leaving = true;
	run_telling_end(a);
	run_queue_clear(a, false);
}

void
engine_run_leave(struct engine_jail *j, const char *name)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		if (name != NULL && strcmp(a->name, name) != 0)
			continue;
		run_action_leave(a);
	}
}

void
engine_run_undo(struct engine_jail *j, struct ticket *t)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		if (!a->leaving)
			continue;
		if (has_to_undo(a, t))
			run_action_unban(a, j, t);
		forget_ban(a, t);
	}
}

/*
 * Somebody banned is still heard of: an action whose bans are gone (a firewall
 * was reloaded) is repaired. Not for the lines that were on their way when it
 * was banned, and not more often than fail2ban looks.
 */
static bool
wants_check(struct run_action *a, const struct ticket *t)
{
	const int64_t pause = 3 * CLOCK_SECOND;

	if ((t->run_held & a->bit) == 0 ||
	    clock_wall().us - t->time.us < pause ||
	    (a->checked.us != 0 && clock_boot().us - a->checked.us < pause))
		return false;
	a->checked = clock_boot();
	return true;
}

void
engine_run_prolong(struct engine_jail *j, const struct ticket *t)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		if ((t->run_sent & a->bit) == 0)
			continue;
		if (run_action_has(a, "actionprolong"))
			run_job_new(a, ACTION_PROLONG, &t->id);
		if (run_action_has(a, "actioncheck") && wants_check(a, t))
			run_job_new(a, ACTION_CHECK, NULL);
		run_action_pump(j->engine->run, a);
	}
}

void
run_action_forget_bans(struct run_action *a)
{
	struct ticket *t = jail_ban_first(a->jail->jail);

	for (; t != NULL; t = jail_ban_next(a->jail->jail, t))
		forget_ban(a, t);
}

void
run_queue_clear(struct run_action *a, bool unbans)
{
	struct run_queue old = a->queue;
	struct run_job *job;

	run_queue_init(&a->queue);
	while ((job = old.first) != NULL) {
		old.first = job->next;
		if (job->verb == ACTION_UNBAN && !unbans) {
			run_queue_put(&a->queue, job);
			continue;
		}
		a->rebans -= job->verb == ACTION_REBAN;
		run_job_free(job);
	}
}

void
run_action_flush(struct run_action *a, bool last)
{
	struct run_job *job;

	run_queue_clear(a, true);
	run_telling_end(a);
	if (!a->undone)
		run_action_forget_bans(a);
	job = run_job_new(a, ACTION_FLUSH, NULL);
	job->last = last;
}

void
engine_run_flush(struct engine_jail *j)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		if (!run_action_has(a, "actionflush"))
			continue;
		run_action_flush(a, false);
		run_action_pump(j->engine->run, a);
	}
}
