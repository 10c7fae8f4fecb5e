/*
 * Bans of the store: what follows from a row, and those of a jail that comes
 * while we run (at the start: engine_restore_start.c). Those are read on the
 * store's thread; what is lifted meanwhile may be among them, so that they are
 * read again then, behind the rows that went.
 */
#include "process/engine_local.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"

/* One read under way; its jail may vanish, or be another one. */
struct restore {
	struct engine *engine;
	char *jail;
	uint64_t number;
};

static void
log_restored(const struct engine_jail *j, const struct id *id)
{
	struct buf text = { 0 };

	id_format(id, &text);
	log_notice("fail2ban.actions", "[%s] Restore Ban %s", j->config->name,
	    log_text(buf_span(&text)));
	buf_fini(&text);
}

void
engine_restore_row(struct engine_jail *j, struct store_row *row)
{
	struct ticket *t = jail_restore(j->jail, &row->ticket, clock_wall());

	if (t == NULL)
		return;
	engine_jail_enter(j, t);
	t->file = store_file(j->engine->store);
	t->announced = true;
	/* Raw ids and jails without native action are in force. */
	if (t->id.addr.family == ADDR_NONE || j->rules_n == 0)
		engine_jail_state(j, t, TICKET_CONFIRMED);
	log_restored(j, &t->id);
	if (t->state == TICKET_CONFIRMED)
		engine_run_ban(j, t);
	else
		engine_sync_restored(j, t);
}

void
engine_restore_unread(const struct engine *e)
{
	log_error("gaol.engine", "bans of the store cannot be read: %s",
	    store_error(e->store) != NULL ? store_error(e->store) :
	    "too many requests");
}

/* NULL: nobody waits for this one any more. */
static struct engine_jail *
jail_of(const struct restore *r)
{
	struct engine_jail *j = engine_jail_find(r->engine, r->jail);

	return j != NULL && j->reading == r->number ? j : NULL;
}

static void
restore_read(struct store_row *row, void *arg)
{
	const struct restore *r = arg;
	struct engine_jail *j = jail_of(r);

	if (j != NULL && j->jail != NULL && !j->reread)
		engine_restore_row(j, row);
}

static void
restore_free(struct restore *r)
{
	free(r->jail);
	free(r);
}

/* The kernel learns of them as of everything that it lacks. */
static void
restored_later(int error, void *arg)
{
	struct restore *r = arg;
	struct engine *e = r->engine;
	struct engine_jail *j = jail_of(r);

	restore_free(r);
	if (j != NULL)
		j->reading = 0;
	if (j != NULL && j->reread)
		engine_restore_jail(j);
	if (error != 0)
		engine_restore_unread(e);
	else
		engine_sync_start(e);
	engine_jails_run_soon(e);
}

void
engine_restore_jail(struct engine_jail *j)
{
	struct engine *e = j->engine;
	struct restore *r;

	j->reading = 0;
	j->reread = false;
	if (e->store == NULL || !e->restored)
		return;
	r = xcalloc(1, sizeof(*r));
	r->engine = e;
	r->jail = xstrdup(j->config->name);
	r->number = ++e->reads;
	if (store_read_bans(e->store, r->jail, clock_wall(), restore_read,
	    restored_later, r)) {
		j->reading = r->number;
		return;
	}
	restore_free(r);
	engine_restore_unread(e);
}

void
engine_restore_lifted(struct engine_jail *j)
{
	j->reread = j->reading != 0;
}
