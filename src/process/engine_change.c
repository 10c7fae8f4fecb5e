#include "process/engine_change.h"

#include <event2/event.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/table.h"
#include "process/engine_local.h"

#define SLICE_NS 3000000u    /* of the processor, in one turn */
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
step(struct engine *e, struct engine_change *c)
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

static void
go_on(struct engine *e, bool waits)
{
	/* In a later turn: whatever is ready comes before. */
	const struct timeval soon = { .tv_usec = waits ? 1000 : 0 };

	if (!TAILQ_EMPTY(&e->changes.list) &&
	    event_add(e->changes.turn, &soon) == -1)
		log_fatal("gaol.engine", "out of memory");
}

/* True: all of them wait. */
static bool
work(struct engine *e)
{
	struct engine_changes *all = &e->changes;
	uint64_t begun = clock_cpu_ns();
	bool waits = false, works = false;

	do {
		struct engine_change *c = next_of(all);

		if (c != NULL) {
			bool does = step(e, c) != CHANGE_WAITS;

			works |= does;
			waits |= !does;
		} else if (works) {
			all->round++;
			works = waits = false;
		} else {
			return waits;
		}
	} while (clock_cpu_ns() - begun < all->slice_ns);
	return false;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	bool waits;

	(void)fd;
	(void)what;
	clock_tick();
	log_gather();
	e->changes.round++;
	waits = work(e);
	log_gather_end();
	engine_jails_run(e);
	go_on(e, waits);
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
	go_on(e, false);
}

void
engine_change_aside(struct engine *e, struct engine_change *c)
{
	c->aside = true;
	c->round = e->changes.round;
	TAILQ_INSERT_TAIL(&e->changes.list, c, link);
	go_on(e, false);
}

void
engine_change_begin(struct engine *e, struct engine_change *c,
    const char *jail)
{
	engine_change_add(e, c, jail);
	if (has_to_wait(&e->changes, c))
		return;
	step(e, c);
	engine_jails_run_soon(e);
	go_on(e, false);
}

void
engine_changes_init(struct engine *e)
{
	TAILQ_INIT(&e->changes.list);
	e->changes.slice_ns = SLICE_NS;
	e->changes.turn = event_new(e->base, -1, 0, on_turn, e);
	if (e->changes.turn == NULL)
		log_fatal("gaol.engine", "out of memory");
}

void
engine_changes_fini(struct engine *e)
{
	struct engine_change *c;

	if (e->changes.turn == NULL)
		return;
	while ((c = TAILQ_FIRST(&e->changes.list)) != NULL) {
		TAILQ_REMOVE(&e->changes.list, c, link);
		c->drop(c);
	}
	event_free(e->changes.turn);
	e->changes.turn = NULL;
}
