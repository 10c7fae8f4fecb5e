/* Two jails that grow bans, "a" and "b", and a store in a file. */
#ifndef GAOL_TESTS_UNIT_GROW_SCENE_H
#define GAOL_TESTS_UNIT_GROW_SCENE_H

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jail/detail.h"
#include "jail/jail.h"
#include "store/store.h"

#define JAILS 2

static struct place {
	struct jail_config config;
	struct jail *jail;
} places[JAILS];

static struct event_base *base;
static struct store *store;
static const char *path;

static unsigned asked;       /* questions under way */

struct question {
	struct place *place;
	struct jail_question question;
};

static void
on_history(int error, const struct store_history *h, void *arg)
{
	struct question *q = arg;
	const struct history history = { h->known, h->bancount, h->time };

	asked--;
	jail_answer(q->place->jail, &q->question, error == 0 ? &history :
	    NULL, clock_wall());
	id_fini(&q->question.id);
	free(q);
}

static bool
on_ask(struct jail *j, const struct jail_question *about, void *arg)
{
	struct place *p = arg;
	struct question *q = xcalloc(1, sizeof(*q));

	(void)j;
	q->place = p;
	q->question = *about;
	q->question.id = id_copy(&about->id);
	asked++;
	return store_history(store, about->overalljails ? NULL :
	    p->config.name, &about->id, on_history, q);
}

static void
on_record(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	store_ban(store, ((struct place *)arg)->config.name, t);
}

static void
on_ban(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	t->state = TICKET_CONFIRMED;
}

static void
on_prolong(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)t;
	(void)arg;
}

static void
on_unban(struct jail *j, struct ticket *t, enum jail_unban_why why, void *arg)
{
	(void)j;
	if (why == UNBAN_BY_HAND)
		store_unban(store, ((struct place *)arg)->config.name,
		    &t->id);
}

/* Until nobody waits for an answer: each may ask for more. */
static void
settle(void)
{
	while (asked > 0)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
restore(struct store_row *row, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < JAILS; i++) {
		if (strcmp(places[i].config.name, row->jail) != 0)
			continue;
		detail_read(row->ticket.data, &row->ticket.matches,
		    &row->ticket.failures);
		jail_restore(places[i].jail, &row->ticket, clock_wall());
	}
}

static void
start(void)
{
	static const struct jail_hooks hooks = {
		.ask = on_ask, .record = on_record, .ban = on_ban,
		.prolong = on_prolong, .unban = on_unban,
	};
	static const struct jail_limits limits = { 10000, 10000 };
	const struct store_options options = { .path = path,
		.purge_age = 86400, .maxmatches = 10, .queue_max = 10000 };

	store = store_open(&options, base, NULL, NULL);
	for (size_t i = 0; i < JAILS; i++) {
		places[i].jail = jail_new(&places[i].config, &limits, &hooks,
		    &places[i]);
		store_add_jail(store, places[i].config.name);
	}
	store_load_bans(store, NULL, clock_wall(), restore, NULL);
	store_start(store);
}

static void
stop(void)
{
	store_close(store);
	for (size_t i = 0; i < JAILS; i++)
		jail_free(places[i].jail);
}

#endif
