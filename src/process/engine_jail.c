/*
 * What follows from a jail's decisions: a row in the store, an element asked
 * of the firewall, a line in the log. A ban is announced when the kernel has
 * confirmed it, not when it was decided.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/jail_copy.h"
#include "jail/detail.h"
#include "match/event_filter.h"

#define ACTIONS "fail2ban.actions"

static const char *
id_text(const struct id *id, struct buf *text)
{
	buf_clear(text);
	id_format(id, text);
	return log_text(buf_span(text));
}

static void
log_ticket(struct engine_jail *j, const char *word, const struct ticket *t)
{
	struct buf text = { 0 };

	log_notice(ACTIONS, "[%s] %s %s", j->config->name, word,
	    id_text(&t->id, &text));
	buf_fini(&text);
}

void
engine_jail_record(struct engine_jail *j, struct ticket *t)
{
	if (j->engine->store == NULL)
		return;
	store_ban(j->engine->store, j->config->name, t);
	t->file = store_file(j->engine->store);
}

void
engine_jail_enter(struct engine_jail *j, const struct ticket *t)
{
	j->states[t->state]++;
}

void
engine_jail_state(struct engine_jail *j, struct ticket *t,
    enum ticket_state state)
{
	j->states[t->state]--;
	t->state = state;
	j->states[t->state]++;
}

void
engine_jail_leave(struct engine_jail *j, struct ticket *t)
{
	engine_ask_leave(t);
	j->states[t->state]--;
}

void
engine_jail_announce(struct engine_jail *j, struct ticket *t)
{
	engine_jail_state(j, t, TICKET_CONFIRMED);
	t->error = 0;
	t->tries = t->skip = 0;
	if (!t->announced) {
		t->announced = true;
		log_ticket(j, "Ban", t);
	}
	engine_run_ban(j, t);
	jail_in_force(j->jail, t);
}

/* A group of that name may be the filter's own: only one inside counts. */
static bool
host_of(const struct ticket *t, struct addr *host)
{
	char *text = NULL;
	bool is_inside;

	if (t->id.addr.family != ADDR_NONE && !addr_is_host(&t->id.addr))
		text = detail_group(t->data, "host");
	is_inside = text != NULL && addr_parse(span_of(text), host) == 0 &&
	    addr_in(host, &t->id.addr);
	free(text);
	return is_inside;
}

void
engine_jail_refuse(struct engine_jail *j, struct ticket *t)
{
	struct addr host;
	bool narrow = host_of(t, &host);
	struct id id;

	jail_unban(j->jail, &t->id, UNBAN_BY_HAND);
	if (!narrow)
		return;
	id = id_from_addr(&host);
	jail_ban(j->jail, &id, 0, clock_wall());
}

void
engine_jail_failure(struct engine_jail *j, const struct failure *f)
{
	if (f->named)
		engine_name_failure(j, f);
	else if (!engine_ignoreip_ask(j, f) && !engine_ignore_ask(j, f))
		engine_jail_count(j, f);
}

void
engine_jail_count(struct engine_jail *j, const struct failure *f)
{
	bool counted = jail_failure(j->jail, f, clock_wall());

	if (f->told != NULL)
		request_reply(f->told, json_integer(counted));
}

/* --- hooks -------------------------------------------------------------- */

static bool
on_earlier(struct jail *jail, const struct id *id, void *arg)
{
	(void)jail;
	return engine_restore_one(arg, id);
}

static void
on_record(struct jail *jail, struct ticket *t, void *arg)
{
	(void)jail;
	engine_jail_record(arg, t);
}

static void
on_ban(struct jail *jail, struct ticket *t, void *arg)
{
	struct engine_jail *j = arg;

	(void)jail;
	engine_jail_enter(j, t);
	engine_jail_state(j, t, TICKET_PENDING);
	engine_ask(j, t, ASK_ADD, NULL);
	/* No native action, or a raw id: nothing to wait for. */
	if (t->asked == 0 && t->state == TICKET_PENDING)
		engine_jail_announce(j, t);
}

static void
on_prolong(struct jail *jail, struct ticket *t, void *arg)
{
	(void)jail;
	engine_ask(arg, t, ASK_RENEW, NULL);
	engine_run_prolong(arg, t);
}

static void
on_unban(struct jail *jail, struct ticket *t, enum jail_unban_why why,
    void *arg)
{
	struct engine_jail *j = arg;
	struct engine *e = j->engine;

	(void)jail;
	engine_jail_leave(j, t);
	if (why != UNBAN_EXPIRED)
		engine_lifted_add(j, &t->id);
	if (why == UNBAN_STOPPED) {
		/* What the firewall has goes, for a new start all is kept. */
		log_ticket(j, "Repeal Ban", t);
		engine_run_undo(j, t);
		engine_ask_delete(j, &t->id, NULL);
		return;
	}
	if (t->announced)
		log_ticket(j, "Unban", t);
	engine_run_unban(j, t);
	/*
	 * At its end the kernel has forgotten the element by itself, unless
	 * its last renewal is still on the way.
	 */
	if (why == UNBAN_EXPIRED && *engine_sync_seen(e, t) != 0 &&
	    t->asked == 0)
		return;
	engine_ask_delete(j, &t->id, e->unban_wait);
	if ((why == UNBAN_BY_HAND || why == UNBAN_IGNORED) &&
	    e->store != NULL)
		store_unban(e->store, j->config->name, &t->id);
}

static const struct jail_hooks hooks = {
	.ask = engine_history_ask,
	.earlier = on_earlier,
	.record = on_record,
	.ban = on_ban,
	.prolong = on_prolong,
	.unban = on_unban,
};

/* --- life --------------------------------------------------------------- */

struct engine_jail *
engine_jail_find(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->jails_n; i++) {
		if (strcmp(e->jails[i]->config->name, name) == 0)
			return e->jails[i];
	}
	return NULL;
}

struct engine_jail *
engine_jail_new(struct engine *e, const struct jail_config *config)
{
	struct engine_jail *j = xcalloc(1, sizeof(*j));

	j->engine = e;
	j->config = config;
	e->jails = xreallocarray(e->jails, e->jails_n + 1, sizeof(j));
	e->jails[e->jails_n++] = j;
	return j;
}

void
engine_jail_make(struct engine_jail *j)
{
	struct engine *e = j->engine;
	const struct jail_limits limits = {
		.tracked_max = (size_t)e->config->own.tracked_max,
		.bans_max = (size_t)e->config->own.bans_max,
	};

	log_info("fail2ban.jail", "Creating new jail '%s'", j->config->name);
	j->jail = jail_new(j->config, &limits, &hooks, j);
	jail_own_addresses(j->jail, e->own, e->own_n);
}

void
engine_jail_run(struct engine_jail *j)
{
	struct engine *e = j->engine;

	j->running = true;
	if (e->store != NULL)
		store_add_jail(e->store, j->config->name);
	engine_ignoreip_changed(j);
	engine_restore_jail(j);
}

static void
forget_all(struct engine_jail *j)
{
	engine_history_forget(j);
	engine_name_forget(j);
	engine_ignoreip_forget(j);
	engine_ignore_forget(j);
}

void
engine_jail_rest(struct engine_jail *j)
{
	forget_all(j);
	j->running = false;
	j->idle = true;
	j->reading = 0;
}

/* Its bans go with it, those that were not lifted. */
static void
free_jail(struct engine_jail *j)
{
	struct ticket *t = j->jail != NULL ? jail_ban_first(j->jail) : NULL;

	for (; t != NULL; t = jail_ban_next(j->jail, t))
		engine_ask_leave(t);
	jail_free(j->jail);
}

void
engine_jail_unmake(struct engine_jail *j)
{
	forget_all(j);
	free_jail(j);
	filter_free(j->filter);
	event_filter_free(j->events);
	j->events = NULL;
	j->jail = NULL;
	j->filter = NULL;
	j->running = j->idle = j->told = false;
	j->reading = 0;
	memset(j->states, 0, sizeof(j->states));
}

bool
engine_jail_reads(const struct engine_jail *j)
{
	return j->filter != NULL && j->running && !j->idle;
}

bool
engine_jail_stays(const struct engine_jail *j)
{
	return engine_life_stays(j) ||
	    (engine_setting_stays(j) && j->own != NULL && j->error == NULL);
}

struct engine_jail *
engine_jail_apply(struct engine *e, const struct jail_config *config,
    struct filter *filter)
{
	struct engine_jail *j = engine_jail_find(e, config->name);

	if (j == NULL)
		j = engine_jail_new(e, config);
	j->keep = true;
	if (engine_jail_stays(j)) {
		filter_free(filter);
		if (j->own == NULL)
			j->config = config;
		return j;
	}
	j->past = j->own;
	j->own = NULL;
	j->run_given = j->made = j->stopped = j->idle = false;
	free(j->error);
	j->error = config->error != NULL ? xstrdup(config->error) : NULL;
	if (engine_setting_stays(j)) {
		filter_free(filter);
	} else {
		free(j->run_cache);
		j->run_cache = NULL;
		filter_free(j->filter);
		j->filter = filter;
	}
	j->config = config;
	if (j->error != NULL)
		return j;
	if (j->jail == NULL) {
		engine_jail_make(j);
	} else {
		log_info("fail2ban.server", "Reload jail '%s'", config->name);
		jail_reconfigure(j->jail, config);
		engine_jail_follow(j);
	}
	if (!j->running)
		engine_jail_run(j);
	return j;
}

void
engine_jail_forget_past(struct engine_jail *j)
{
	config_free(j->past);
	j->past = NULL;
}

/* --- changes at run time --------------------------------------------- */

struct jail_config *
engine_jail_own(struct engine_jail *j)
{
	if (j->own != NULL)
		return &j->own->jails[0];
	j->own = jail_copy(j->engine->config, j->config);
	if (j->own == NULL) {
		log_error("gaol.engine", "[%s] its settings cannot be copied",
		    j->config->name);
		return NULL;
	}
	j->config = &j->own->jails[0];
	engine_run_repoint(j);
	engine_jail_changed(j);
	return &j->own->jails[0];
}

void
engine_jail_changed(struct engine_jail *j)
{
	jail_reconfigure(j->jail, j->config);
	engine_ignoreip_changed(j);
	engine_jail_follow(j);
}

void
engine_jail_free(struct engine_jail *j)
{
	if (j == NULL)
		return;
	forget_all(j);
	engine_run_forget(j);
	free_jail(j);
	filter_free(j->filter);
	event_filter_free(j->events);
	config_free(j->own);
	config_free(j->past);
	free(j->run_cache);
	free(j->error);
	free(j);
}

/* --- timers ------------------------------------------------------------------ */

static void
set_timer(struct engine *e, struct boot when)
{
	struct itimerspec at = { 0 };

	if (when.us != INT64_MAX) {
		int64_t us = when.us > 0 ? when.us : 1;

		at.it_value.tv_sec = us / CLOCK_SECOND;
		at.it_value.tv_nsec = us % CLOCK_SECOND * 1000;
	}
	if (timerfd_settime(e->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) == -1)
		log_fatal("gaol.engine", "timerfd: %s", strerror(errno));
}

void
engine_jails_run_soon(struct engine *e)
{
	set_timer(e, (struct boot){ 1 });
}

void
engine_jails_run(struct engine *e)
{
	struct boot next = { INT64_MAX };

	for (size_t i = 0; i < e->jails_n; i++) {
		struct jail *jail = e->jails[i]->jail;
		struct boot due;

		if (jail == NULL || e->jails[i]->idle)
			continue;
		if (jail_run(jail, clock_wall(), clock_boot()))
			next.us = 1;
		due = jail_next(jail);
		if (due.us < next.us)
			next = due;
	}
	set_timer(e, next);
}
