/*
 * `unban --all`: some bans in each turn of the loop, and no more than the
 * firewall takes meanwhile. The rows go at once, at the beginning: what is
 * banned while it lasts stays.
 */
#include "process/command_local.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define SWEEP_BANS 500       /* in one turn: a few milliseconds */
#define SWEEP_WAITING 16000  /* requests before a ban of now would wait */

struct sweep {
	struct sweep *next;
	struct engine *engine;
	struct engine_wait *wait;  /* the client's */
	json_int_t *count;         /* of bans lifted */
	char *jail;                /* NULL: all of them */
	struct wall began;
	struct event *event;
};

static bool
is_meant(const struct sweep *s, const struct engine_jail *j)
{
	return j->jail != NULL && (s->jail == NULL ||
	    strcmp(s->jail, j->config->name) == 0);
}

/* Later bans stand behind it. */
static struct ticket *
next_of(const struct sweep *s, const struct engine_jail *j)
{
	struct ticket *t = jail_ban_first(j->jail);

	return t != NULL && t->time.us <= s->began.us ? t : NULL;
}

static void
lift(struct sweep *s, struct engine_jail *j, struct ticket *t)
{
	struct id id = id_copy(&t->id);

	s->engine->unban_wait = s->wait;
	if (jail_unban(j->jail, &id, UNBAN_FLUSH))
		++*s->count;
	s->engine->unban_wait = NULL;
	id_fini(&id);
}

static size_t
waiting(const struct engine *e)
{
	return e->asks.urgent.n + e->asks.bulk.n;
}

/* False: none is left. */
static bool
lift_some(struct sweep *s)
{
	struct engine *e = s->engine;
	size_t n = 0;

	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];
		struct ticket *t;

		while (is_meant(s, j) && (t = next_of(s, j)) != NULL) {
			if (n++ == SWEEP_BANS || waiting(e) > SWEEP_WAITING)
				return true;
			lift(s, j, t);
		}
	}
	return false;
}

static void
sweep_free(struct sweep *s)
{
	struct engine_wait *wait = s->wait;

	event_free(s->event);
	free(s->jail);
	free(s);
	if (--wait->asked == 0)
		wait->done(wait);
}

static void
forget(struct sweep *s)
{
	struct sweep **at = &s->engine->sweeps;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	sweep_free(s);
}

static void
go_on(evutil_socket_t fd, short what, void *arg)
{
	/* Clients and logs have their turn in between. */
	static const struct timeval soon = { .tv_usec = 1000 };
	struct sweep *s = arg;
	bool more;

	(void)fd;
	(void)what;
	clock_tick();
	log_gather();
	more = lift_some(s);
	log_gather_end();
	engine_jails_run(s->engine);
	if (more)
		event_add(s->event, &soon);
	else
		forget(s);
}

/* The history goes with the bans, as upstream's does. */
static void
forget_rows(const struct sweep *s)
{
	struct engine *e = s->engine;

	for (size_t i = 0; i < e->jails_n; i++) {
		if (!is_meant(s, e->jails[i]))
			continue;
		engine_run_flush(e->jails[i]);
		if (e->store != NULL)
			store_unban_all(e->store, e->jails[i]->config->name);
		engine_restore_lifted(e->jails[i]);
	}
}

void
command_sweep(struct engine *e, const char *jail, struct engine_wait *wait,
    json_int_t *count)
{
	struct sweep *s = xcalloc(1, sizeof(*s));

	engine_restore_finish(e);
	s->engine = e;
	s->wait = wait;
	s->count = count;
	s->jail = jail != NULL ? xstrdup(jail) : NULL;
	s->began = clock_wall();
	s->event = event_new(e->base, -1, 0, go_on, s);
	if (s->event == NULL)
		log_fatal("gaol.engine", "out of memory");
	wait->asked++;
	s->next = e->sweeps;
	e->sweeps = s;
	forget_rows(s);
	go_on(-1, 0, s);
}

void
command_sweep_fini(struct engine *e)
{
	struct sweep *s;

	while ((s = e->sweeps) != NULL) {
		e->sweeps = s->next;
		sweep_free(s);
	}
}
