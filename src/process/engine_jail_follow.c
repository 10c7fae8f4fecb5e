/* Settings of a jail have changed, or who is left alone: its bans follow. */
#include "process/engine_local.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* It may have stopped or vanished before its turn comes: by its name. */
struct following {
	struct engine_change change;   /* first */
	struct engine *engine;
	char *name;
};

static void
follow_no_more(struct engine_change *change)
{
	struct following *f = (struct following *)change;

	free(f->name);
	free(f);
}

static enum change_step
follow_some(struct engine_change *change)
{
	struct following *f = (struct following *)change;
	struct engine_jail *j = engine_jail_find(f->engine, f->name);

	if (j != NULL && j->jail != NULL && jail_work(j->jail, CHANGE_STEP))
		return engine_change_behind(f->engine) ? CHANGE_WAITS :
		    CHANGE_MORE;
	if (j != NULL)
		j->working = false;
	follow_no_more(change);
	return CHANGE_OVER;
}

void
engine_jail_follow(struct engine_jail *j)
{
	struct following *f;

	if (j->working || j->jail == NULL || !jail_has_work(j->jail))
		return;
	f = xcalloc(1, sizeof(*f));
	f->change.step = follow_some;
	f->change.drop = follow_no_more;
	f->engine = j->engine;
	f->name = xstrdup(j->config->name);
	j->working = true;
	engine_change_add(j->engine, &f->change, f->name);
}
