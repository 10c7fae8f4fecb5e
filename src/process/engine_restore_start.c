/*
 * The bans of the store at the start. A few thousand are back before anybody
 * is answered; a million take seconds, so the rest comes in turns of the loop,
 * between which logs are read and clients answered. An id that is to be
 * banned, lifted or named meanwhile has its row read out of turn, so that
 * nobody meets a jail that does not know it yet; what concerns all of them at
 * once waits until all are there (engine_restore_comes).
 *
 * Until the end the loop is the only one who calls sqlite: what is to be
 * written waits in the queue, where the store's thread finds it then.
 */
#include "process/engine_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "base/xalloc.h"

#define FIRST_NS 50000000u   /* of the processor, before anybody is heard */
#define ROWS 100             /* between two looks at the clock */
#define RESERVE_AT 10000u    /* bans of a jail; fewer move in no time */

struct engine_restore {
	struct slice *slice;
	uint64_t rows;              /* that may still come, at most */
	struct engine_jail *last;   /* of the row before, in this step */
};

static void
restore_free(struct engine_restore *r)
{
	slice_free(r->slice);
	free(r);
}

/* --- rows ------------------------------------------------------------------ */

/* Rows of one jail mostly stand together. */
static struct engine_jail *
jail_of(struct engine *e, const char *name)
{
	struct engine_jail *j = e->restore->last;

	if (j == NULL || strcmp(j->config->name, name) != 0)
		j = engine_jail_find(e, name);
	e->restore->last = j;
	/* One that was added since has not been started, or reads its own. */
	return j != NULL && j->jail != NULL && j->running ? j : NULL;
}

/* A table of a million moves for longer than anybody should wait. */
static void
make_room(struct engine_jail *j, uint64_t rows)
{
	if (jail_banned(j->jail) == RESERVE_AT)
		jail_reserve(j->jail, RESERVE_AT + (size_t)rows);
}

static void
take_row(struct store_row *row, void *arg)
{
	struct engine *e = arg;
	struct engine_restore *r = e->restore;
	struct engine_jail *j = jail_of(e, row->jail);

	if (r->rows > 0)
		r->rows--;
	if (j == NULL || engine_lifted_has(j, &row->ticket.id))
		return;
	make_room(j, r->rows);
	engine_restore_row(j, row);
}

static void
take_one(struct store_row *row, void *arg)
{
	engine_restore_row(arg, row);
}

bool
engine_restore_one(struct engine_jail *j, const struct id *id)
{
	struct engine *e = j->engine;

	if (e->restore == NULL || engine_lifted_has(j, id) ||
	    jail_find(j->jail, id) != NULL)
		return false;
	store_load_ban(e->store, j->config->name, id, clock_wall(), take_one,
	    j);
	return true;
}

/* --- turns ------------------------------------------------------------------- */

static void
finish(struct engine *e)
{
	restore_free(e->restore);
	e->restore = NULL;
	engine_store_run(e);
	engine_sync_all_restored(e);
	xtrim();
}

/* Some rows; what the last of them is followed by frees the slice. */
static enum slice_step
step(void *arg)
{
	struct engine *e = arg;
	int rc;

	e->restore->last = NULL;
	rc = store_next_bans(e->store, ROWS, take_row, e);
	if (rc == -1)
		engine_restore_unread(e);
	if (rc == 1)
		return SLICE_MORE;
	finish(e);
	return SLICE_OVER;
}

static void
rest(void *arg)
{
	engine_jails_run_soon(arg);
}

void
engine_restore_start(struct engine *e)
{
	static const struct slice_work work = { .step = step, .rest = rest };
	struct engine_restore *r;

	e->restored = true;
	engine_lifted_begin(e);
	if (e->store == NULL)
		return;
	r = xcalloc(1, sizeof(*r));
	r->slice = slice_new(e->base, &work, e);
	r->rows = store_count_bans(e->store);
	xprepare((size_t)r->rows * 300);
	e->restore = r;
	store_begin_bans(e->store, clock_wall());
	slice_run(r->slice, FIRST_NS);
}

bool
engine_restore_comes(const struct engine *e)
{
	return e->restore != NULL || e->unrestored;
}

void
engine_restore_end(struct engine *e)
{
	if (e->restore == NULL)
		return;
	restore_free(e->restore);
	e->restore = NULL;
	e->unrestored = e->ending;
}
