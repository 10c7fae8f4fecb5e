/* Commands that wait for a jail whose bans are being changed. */
#include "process/command_local.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct turn {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct request *request;
	size_t argc;
	const char *const *argv;       /* the request's, until its answer */
	command_fn *run;
};

static enum change_step
run(struct engine_change *change)
{
	struct turn *t = (struct turn *)change;

	t->run(t->request, t->argc, t->argv, t->engine);
	free(t);
	return CHANGE_OVER;
}

static void
drop(struct engine_change *change)
{
	struct turn *t = (struct turn *)change;

	request_fail(t->request, "Exception", "shutting down");
	free(t);
}

void
command_turn(struct engine *e, const char *jail, struct request *r,
    size_t argc, const char *const *argv, command_fn *fn)
{
	struct turn *t;

	if (!engine_changes_any(e, jail)) {
		fn(r, argc, argv, e);
		return;
	}
	t = xcalloc(1, sizeof(*t));
	t->change.step = run;
	t->change.drop = drop;
	t->engine = e;
	t->request = r;
	t->argc = argc;
	t->argv = argv;
	t->run = fn;
	engine_change_add(e, &t->change, jail);
}
