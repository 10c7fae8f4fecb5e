/*
 * `unban --all`: all bans of the moment when its turn has come. The rows go at
 * once, with one statement; what is banned while it lasts stays.
 */
#include "process/command_answer.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct sweep {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct request *request;
	char *name;                    /* of a jail; NULL: all of them */
	struct command_answer *answer;  /* NULL: not begun */
	size_t n;                      /* walks, one a jail */
	struct bans_walk **walks;
	size_t jail;                   /* whose turn it is */
};

static void
sweep_free(struct sweep *s)
{
	for (size_t i = 0; i < s->n; i++)
		jail_walk_free(s->walks[i]);
	free(s->walks);
	free(s->name);
	free(s);
}

/* The history goes with the bans, as upstream's does. */
static void
forget_rows(const struct sweep *s, struct engine_jail *j)
{
	engine_run_flush(j);
	if (s->engine->store != NULL)
		store_unban_all(s->engine->store, j->config->name);
	engine_restore_lifted(j);
}

/* False: there is no such jail any more. */
static bool
begin(struct sweep *s)
{
	const struct engine *e = s->engine;

	if (s->name != NULL &&
	    command_jail(s->engine, s->request, s->name) == NULL)
		return false;
	s->answer = command_answer_new(s->request, ANSWER_LIFTED);
	s->answer->disk = true;
	s->n = e->jails_n;
	s->walks = xcalloc(s->n + 1, sizeof(struct bans_walk *));
	for (size_t i = 0; i < s->n; i++) {
		if (!command_meant(e->jails[i], s->name))
			continue;
		forget_rows(s, e->jails[i]);
		s->walks[i] = jail_walk_new(e->jails[i]->jail);
	}
	return true;
}

/* False: there is none left. */
static bool
lift_next(struct sweep *s)
{
	struct ticket *t = s->walks[s->jail] != NULL ?
	    jail_walk_next(s->walks[s->jail]) : NULL;
	struct id id;

	if (t == NULL)
		return ++s->jail < s->n;
	id = id_copy(&t->id);
	s->engine->unban_wait = &s->answer->wait;
	if (jail_unban(s->engine->jails[s->jail]->jail, &id, UNBAN_FLUSH))
		s->answer->count++;
	s->engine->unban_wait = NULL;
	id_fini(&id);
	return true;
}

static enum change_step
sweep_some(struct engine_change *change)
{
	struct sweep *s = (struct sweep *)change;
	bool more;

	if (s->answer == NULL && engine_restore_comes(s->engine))
		return CHANGE_WAITS;
	more = (s->answer != NULL || begin(s)) && s->n > 0;
	for (size_t n = 0; more && n < CHANGE_STEP; n++)
		more = lift_next(s);
	if (more)
		return engine_change_behind(s->engine) ? CHANGE_WAITS :
		    CHANGE_MORE;
	if (s->answer != NULL)
		command_answer_end(s->answer, s->engine);
	sweep_free(s);
	return CHANGE_OVER;
}

static void
drop(struct engine_change *change)
{
	struct sweep *s = (struct sweep *)change;

	command_answer_drop(s->answer, s->request);
	sweep_free(s);
}

void
command_sweep(struct engine *e, const char *jail, struct request *r)
{
	struct sweep *s = xcalloc(1, sizeof(*s));

	s->change.step = sweep_some;
	s->change.drop = drop;
	s->engine = e;
	s->request = r;
	s->name = jail != NULL ? xstrdup(jail) : NULL;
	engine_change_begin(e, &s->change, s->name);
}
