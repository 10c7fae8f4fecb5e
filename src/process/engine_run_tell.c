/*
 * An action that begins in a jail with bans learns of them in turns of the
 * loop. Who is banned or lifted meanwhile is told to it, or not, as always.
 */
#include "process/engine_run.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct run_telling {
	struct engine_change change;   /* first */
	struct engine_run *run;
	struct run_action *action;     /* NULL: it wants to hear no more */
	struct bans_walk *walk;
};

static void
telling_free(struct run_telling *t)
{
	if (t->action != NULL)
		t->action->telling = NULL;
	jail_walk_free(t->walk);
	free(t);
}

static void
drop(struct engine_change *change)
{
	telling_free((struct run_telling *)change);
}

static enum change_step
tell_some(struct engine_change *change)
{
	struct run_telling *t = (struct run_telling *)change;
	struct ticket *ban = NULL;

	for (size_t n = 0; t->action != NULL && n < CHANGE_STEP; n++) {
		ban = jail_walk_next(t->walk);
		if (ban == NULL)
			break;
		if (ban->state == TICKET_CONFIRMED)
			run_action_tell(t->action, ban);
	}
	if (t->action != NULL)
		run_action_pump(t->run, t->action);
	if (ban != NULL)
		return CHANGE_MORE;
	telling_free(t);
	return CHANGE_OVER;
}

void
run_telling_begin(struct engine_run *run, struct run_action *a)
{
	struct run_telling *t;

	if (jail_banned(a->jail->jail) == 0)
		return;
	t = xcalloc(1, sizeof(*t));
	t->change.step = tell_some;
	t->change.drop = drop;
	t->run = run;
	t->action = a;
	t->walk = jail_walk_new(a->jail->jail);
	a->telling = t;
	engine_change_aside(run->engine, &t->change);
}

/* Its change finds out in its next step. */
void
run_telling_end(struct run_action *a)
{
	if (a->telling != NULL)
		a->telling->action = NULL;
	a->telling = NULL;
}
