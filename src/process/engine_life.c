/*
 * Jails that commands make, start and stop. One that is stopped leaves its
 * place to what a reload may bring: it has no jail and no filter then, as a
 * broken one has none, but no error either.
 */
#include "process/engine_local.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "config/jail_copy.h"
#include "config/jail_load.h"
#include "process/check.h"

#define MADE_MAX 1000

/* --- add ---------------------------------------------------------------- */

static bool
is_backend(const char *backend)
{
	static const char *const names[] = {
		"auto", "pyinotify", "gamin", "polling",
	};
	struct span name = span_trim(span_of(backend));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq_nocase(name, span_of(names[i])))
			return true;
	return false;
}

int
engine_life_check(const struct engine *e, const char *name, const char *backend,
    struct buf *why)
{
	size_t made = 0;

	for (size_t i = 0; i < e->jails_n; i++)
		made += e->jails[i]->made;
	if (name[0] == '\0' || strlen(name) >= WIRE_NAME_MAX)
		buf_addf(why, "a jail's name has 1 to %d bytes",
		    WIRE_NAME_MAX - 1);
	else if (strcmp(name, "--all") == 0)
		buf_adds(why, "Reserved name '--all'");
	else if (strncmp(backend, "systemd", 7) == 0)
		engine_journal_given_check(backend, why);
	else if (!is_backend(backend))
		buf_addf(why, "Unknown backend %s. Must be among ['pyinotify',"
		    " 'polling', 'systemd'] or 'auto'", backend);
	else if (made >= MADE_MAX)
		buf_addf(why, "more than %d jails were added", MADE_MAX);
	return why->n > 0 ? -1 : 0;
}

struct engine_jail *
engine_life_add(struct engine *e, const char *name, const char *backend,
    struct buf *why)
{
	struct report report = { 0 };
	struct config *blank;
	struct filter *filter;
	struct engine_jail *j;

	if (engine_life_check(e, name, backend, why) == -1)
		return NULL;
	blank = jail_blank(e->config, name, backend);
	filter = blank != NULL ? check_compile(e->config, &blank->jails[0],
	    &report) : NULL;
	report_fini(&report);
	if (filter == NULL) {
		config_free(blank);
		buf_adds(why, "this jail cannot be made");
		return NULL;
	}
	j = engine_jail_find(e, name);
	if (j == NULL)
		j = engine_jail_new(e, &blank->jails[0]);
	/* It was another jail's, which was stopped. */
	config_free(j->own);
	j->own = blank;
	j->config = &blank->jails[0];
	j->filter = filter;
	j->made = j->touched = j->run_given = true;
	j->stopped = false;
	j->rules_n = 0;
	engine_jail_make(j);
	if (!jail_reads_journal(j->config))
		engine_journal_drop(j);
	return j;
}

/* --- start, stop, idle ------------------------------------------------- */

void
engine_life_start(struct engine_jail *j)
{
	engine_life_idle(j, false);
	if (j->running)
		return;
	engine_journal_begin(j);
	engine_jail_run(j);
	j->told = true;
	log_info("fail2ban.jail", "Jail '%s' started", j->config->name);
	engine_run_update(j);
	engine_jails_run_soon(j->engine);
}

void
engine_life_stop_begin(struct engine_jail *j)
{
	engine_log_save(j->engine);
	engine_log_close_jail(j);
	if (j->jail == NULL)
		return;
	engine_jail_rest(j);
	engine_run_leave(j, NULL);
}

bool
engine_life_stop_some(struct engine_jail *j)
{
	struct ticket *t;
	struct id id;

	for (size_t n = 0; n < CHANGE_STEP; n++) {
		t = jail_ban_first(j->jail);
		if (t == NULL)
			return jail_forget_failures(j->jail, CHANGE_STEP);
		id = id_copy(&t->id);
		jail_unban(j->jail, &id, UNBAN_STOPPED);
		id_fini(&id);
	}
	return true;
}

void
engine_life_stop_end(struct engine_jail *j)
{
	struct engine *e = j->engine;

	engine_run_drop_all(j);
	if (e->store != NULL)
		store_disable_jail(e->store, j->config->name);
	engine_jail_unmake(j);
	j->stopped = true;
	log_info("fail2ban.jail", "Jail '%s' stopped", j->config->name);
}

void
engine_life_idle(struct engine_jail *j, bool idle)
{
	bool was = j->idle;

	j->idle = idle;
	if (!was || idle)
		return;
	event_active(j->engine->work, EV_TIMEOUT, 0);
	engine_jails_run_soon(j->engine);
}

bool
engine_life_stays(const struct engine_jail *j)
{
	const char *only = j->engine->reload_jail;

	return (j->stopped || j->made) && only != NULL &&
	    (j->made || strcmp(only, j->config->name) != 0);
}
