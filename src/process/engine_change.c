#include "process/engine_change.h"

#include <string.h>

#include "base/slice.h"
#include "base/table.h"
#include "process/engine_local.h"

#define WAITING_MAX 16000    /* requests before a ban of now would wait */

static uint64_t
hash_of(const char *jail)
{
	return jail != NULL ? table_hash(jail, strlen(jail)) | 1 : 0;
}

/* Two names may have one hash: then one of them waits without need. */
static bool
meet(const struct engine_change *c, uint64_t jail)
{
	return !c->aside && (c->jail == 0 || jail == 0 || c->jail == jail);
}

static bool
has_to_wait(const struct engine_changes *all, const struct engine_change *c)
{
	const struct engine_change *other = TAILQ_FIRST(&all->list);

	while (other != c && !meet(other, c->jail))
		other = TAILQ_NEXT(other, link);
	return other != c && !c->aside;
}

bool
engine_changes_any(const struct engine *e, const char *jail)
{
	const struct engine_change *c;
	uint64_t hash = hash_of(jail);

	TAILQ_FOREACH(c, &e->changes.list, link)
		if (meet(c, hash))
			return true;
	return false;
}

bool
engine_change_behind(const struct engine *e)
{
	return e->asks.urgent.n + e->asks.bulk.n > WAITING_MAX;
}

/* The next that may be at work and has not been in this round. */
static struct engine_change *
next_of(const struct engine_changes *all)
{
	struct engine_change *c;

	TAILQ_FOREACH(c, &all->list, link)
		if (c->round != all->round && !c->at_work &&
		    !has_to_wait(all, c))
			return c;
	return NULL;
}

/* It may be freed by its step: a mark keeps its place until that is over. */
static enum change_step
do_step(struct engine *e, struct engine_change *c)
{
	struct engine_changes *all = &e->changes;
	struct engine_change mark = { .jail = c->jail, .aside = c->aside,
		.at_work = true };
	struct engine_change *outer = all->mark;
	enum change_step rc;

	TAILQ_INSERT_BEFORE(c, &mark, link);
	TAILQ_REMOVE(&all->list, c, link);
	all->mark = &mark;
	rc = c->step(c);
	all->mark = outer;
	if (rc != CHANGE_OVER) {
		c->round = all->round;
		TAILQ_INSERT_BEFORE(&mark, c, link);
	}
	TAILQ_REMOVE(&all->list, &mark, link);
	return rc;
}

/* Everybody has had a step. */
static enum slice_step
end_round(struct engine_changes *all)
{
	bool waits = all->waits && !all->works;

	all->round++;
	all->works = all->waits = false;
	if (TAILQ_EMPTY(&all->list))
		return SLICE_OVER;
	return waits ? SLICE_WAITS : SLICE_MORE;
}

static enum slice_step
step(void *arg)
{
	struct engine *e = arg;
	struct engine_change *c = next_of(&e->changes);
	bool does;

	if (c == NULL)
		return end_round(&e->changes);
	does = do_step(e, c) != CHANGE_WAITS;
	e->changes.works |= does;
	e->changes.waits |= !does;
	return SLICE_MORE;
}

static void
rest(void *arg)
{
	engine_jails_run(arg);
}

void
engine_change_add(struct engine *e, struct engine_change *c, const char *jail)
{
	struct engine_changes *all = &e->changes;

	c->jail = hash_of(jail);
	c->round = all->round;
	if (all->mark != NULL && meet(all->mark, c->jail))
		TAILQ_INSERT_BEFORE(all->mark, c, link);
	else
		TAILQ_INSERT_TAIL(&all->list, c, link);
	slice_go_on(all->slice);
}

void
engine_change_aside(struct engine *e, struct engine_change *c)
{
	c->aside = true;
	c->round = e->changes.round;
	TAILQ_INSERT_TAIL(&e->changes.list, c, link);
	slice_go_on(e->changes.slice);
}

void
engine_change_begin(struct engine *e, struct engine_change *c,
    const char *jail)
{
	engine_change_add(e, c, jail);
	if (has_to_wait(&e->changes, c))
		return;
	do_step(e, c);
	engine_jails_run_soon(e);
}

void
engine_changes_init(struct engine *e)
{
	static const struct slice_work work = { .step = step, .rest = rest };

	TAILQ_INIT(&e->changes.list);
	e->changes.slice = slice_new(e->base, &work, e);
}

void
engine_changes_fini(struct engine *e)
{
	struct engine_change *c;

	if (e->changes.slice == NULL)
		return;
	while ((c = TAILQ_FIRST(&e->changes.list)) != NULL) {
		TAILQ_REMOVE(&e->changes.list, c, link);
		c->drop(c);
	}
	slice_free(e->changes.slice);
	e->changes.slice = NULL;
}
