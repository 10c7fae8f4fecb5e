/*
 * A database that was damaged or deleted is begun anew: every ban in force
 * gets its row again, some in each turn, or shell actions would forget it at
 * the next start.
 */
#include "process/engine_local.h"

#include <event2/event.h>

#include "base/log.h"

#define LOGGER "gaol.engine"
#define REFILL_BANS 5000         /* in one turn */
#define REFILL_WAITING 20000     /* requests: the rest of the queue is others' */

/* False: all have one. */
static bool
refill_some(struct engine *e)
{
	unsigned file = store_file(e->store);
	struct store_counters c;
	size_t n = 0;

	store_counters(e->store, &c);
	if (c.waiting > REFILL_WAITING)
		return true;
	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];
		struct ticket *t = j->jail != NULL ?
		    jail_ban_first(j->jail) : NULL;

		for (; t != NULL; t = jail_ban_next(j->jail, t)) {
			if (t->file == file)
				continue;
			if (n++ == REFILL_BANS)
				return true;
			engine_jail_record(j, t);
		}
	}
	return false;
}

static void
refill(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { .tv_usec = 20000 };
	struct engine *e = arg;

	(void)fd;
	(void)what;
	if (e->store == NULL)
		return;
	clock_tick();
	if (refill_some(e))
		event_add(e->refill, &soon);
	else
		log_notice(LOGGER, "the bans in force are in the new "
		    "database; the history is in the old one");
}

void
engine_refill(struct engine *e)
{
	static const struct timeval now = { 0, 0 };

	if (e->refill == NULL)
		e->refill = event_new(e->base, -1, 0, refill, e);
	if (e->refill == NULL || event_add(e->refill, &now) == -1)
		log_fatal(LOGGER, "no event for the store");
	for (size_t i = 0; i < e->jails_n; i++) {
		if (e->jails[i]->jail != NULL)
			store_add_jail(e->store, e->jails[i]->config->name);
	}
	/* Where the logs were read to, too. */
	engine_log_save(e);
}
