/*
 * What actions have done is undone ban by ban, in turns of the loop, before
 * they go: by a reload that has them no more, and when the daemon stops.
 */
#include "process/engine_run.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine.h"

#define ACTIONS "fail2ban.actions"

static bool
any_leaves(const struct engine_jail *j)
{
	const struct run_action *a = j->jail != NULL ? j->runs : NULL;

	while (a != NULL && (!a->leaving || a->undone))
		a = a->next;
	return a != NULL;
}

static void
end_jail(struct run_undo *u, struct engine_jail *j)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next)
		a->undone |= a->leaving;
	run_undo_end(u);
	u->jail++;
}

static void
undo_some(struct run_undo *u, struct engine_jail *j, run_undo_fn *each)
{
	if (u->walk == NULL)
		u->walk = jail_walk_new(j->jail);
	for (size_t n = 0; n < CHANGE_STEP; n++) {
		struct ticket *t = jail_walk_next(u->walk);

		if (t == NULL) {
			end_jail(u, j);
			return;
		}
		if (each != NULL)
			each(j, t);
		engine_run_undo(j, t);
	}
	for (struct run_action *a = j->runs; a != NULL; a = a->next)
		run_action_pump(j->engine->run, a);
}

bool
run_undo_some(struct engine *e, struct run_undo *u, run_undo_fn *each)
{
	while (u->jail < e->jails_n && !any_leaves(e->jails[u->jail])) {
		run_undo_end(u);
		u->jail++;
	}
	if (u->jail == e->jails_n)
		return false;
	undo_some(u, e->jails[u->jail], each);
	return true;
}

void
run_undo_end(struct run_undo *u)
{
	jail_walk_free(u->walk);
	u->walk = NULL;
}

/* --- the daemon stops ---------------------------------------------------- */

struct stop {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct run_undo undo;
};

/* What the kernel holds of a native action stays. */
static void
log_repeal(struct engine_jail *j, const struct ticket *t)
{
	struct buf text = { 0 };

	if (j->rules_n > 0)
		return;
	id_format(&t->id, &text);
	log_notice(ACTIONS, "[%s] Repeal Ban %s", j->config->name,
	    log_text(buf_span(&text)));
	buf_fini(&text);
}

static void
drop(struct engine_change *change)
{
	struct stop *s = (struct stop *)change;

	run_undo_end(&s->undo);
	free(s);
}

static enum change_step
stop_some(struct engine_change *change)
{
	struct stop *s = (struct stop *)change;
	struct engine *e = s->engine;

	if (run_undo_some(e, &s->undo, log_repeal))
		return CHANGE_MORE;
	for (size_t i = 0; i < e->jails_n; i++)
		engine_run_drop_all(e->jails[i]);
	e->run->undoing = false;
	engine_run_forget_old(e->run);
	drop(change);
	return CHANGE_OVER;
}

void
engine_run_stop(struct engine *e, int status)
{
	const struct timeval limit = { .tv_sec = ENGINE_RUN_STOP_SECONDS };
	struct engine_run *run = e->run;
	struct stop *s;

	if (run->stopping)
		return;
	if (!run->ready) {
		engine_stopped(e, status);
		return;
	}
	run->stopping = run->undoing = true;
	run->stop_status = status;
	event_add(run->limit, &limit);
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			engine_run_leave(e->jails[i], NULL);
	s = xcalloc(1, sizeof(*s));
	s->change.step = stop_some;
	s->change.drop = drop;
	s->engine = e;
	engine_change_aside(e, &s->change);
}
