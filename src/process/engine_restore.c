/* Bans of the store: of all jails at the start, of one that comes later. */
#include "process/engine_local.h"

#include "base/buf.h"
#include "base/log.h"
#include "jail/detail.h"

static void
log_restored(const struct engine_jail *j, const struct id *id)
{
	struct buf text = { 0 };

	id_format(id, &text);
	log_notice("fail2ban.actions", "[%s] Restore Ban %s", j->config->name,
	    log_text(buf_span(&text)));
	buf_fini(&text);
}

static void
restore_row(struct store_row *row, void *arg)
{
	struct engine_jail *j = engine_jail_find(arg, row->jail);
	struct ticket *t;

	if (j == NULL || j->jail == NULL)
		return;
	detail_read(row->ticket.data, &row->ticket.matches,
	    &row->ticket.failures);
	t = jail_restore(j->jail, &row->ticket, clock_wall());
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
}

static void
log_unread(const struct engine *e)
{
	log_error("gaol.engine", "bans of the store cannot be read: %s",
	    store_error(e->store) != NULL ? store_error(e->store) :
	    "too many requests");
}

void
engine_restore_all(struct engine *e)
{
	int rc;

	e->restored = true;
	if (e->store == NULL)
		return;
	log_gather();
	rc = store_load_bans(e->store, NULL, clock_wall(), restore_row, e);
	log_gather_end();
	if (rc == -1)
		log_unread(e);
}

/* The kernel learns of them as of everything that it lacks. */
static void
restored_later(int error, void *arg)
{
	struct engine *e = arg;

	if (error != 0)
		log_unread(e);
	else
		engine_sync_start(e);
	engine_jails_run_soon(e);
}

void
engine_restore_jail(struct engine_jail *j)
{
	struct engine *e = j->engine;

	if (e->store != NULL && e->restored && !store_read_bans(e->store,
	    j->config->name, clock_wall(), restore_row, restored_later, e))
		log_unread(e);
}
