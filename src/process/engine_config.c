/*
 * A configuration arrives as a sheet from the warden. Everything is compiled
 * aside; only when all of it is good is the running one replaced, and what a
 * jail has counted and banned stays with its name.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/turn.h"
#include "base/xalloc.h"
#include "config/dump.h"
#include "process/check.h"
#include "process/engine_run.h"
#include "process/engine_swap.h"
#include "process/sheet.h"

#define LOGGER "gaol.engine"

static void
answer(struct engine *e, uint32_t type, uint32_t generation)
{
	struct wire_config m = { .type = type, .generation = generation };

	port_send(e->warden, &m, sizeof(m), -1);
}

static void
log_problems(const struct report *report)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		log_at(report->v[i].level == PROBLEM_ERROR ? LEVEL_ERROR :
		    LEVEL_WARNING, LOGGER, "%s", log_text(buf_span(&line)));
	}
	buf_fini(&line);
}

static json_t *
problems_json(const struct report *report)
{
	json_t *list = json_array();
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		json_array_append_new(list, json_stringn(line.p, line.n));
	}
	buf_fini(&line);
	return list;
}

static bool
names_jail(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->jails_n; i++)
		if (strcmp(c->jails[i].name, name) == 0)
			return true;
	return false;
}

static void
reply_reload(struct engine *e, bool ok, const struct report *report)
{
	struct request *request = e->reload;
	char *jail = e->reload_jail;

	if (request == NULL)
		return;
	/* Who is answered may ask for the next at once. */
	e->reload = NULL;
	e->reload_jail = NULL;
	if (ok && jail != NULL && !e->reload_if_exists &&
	    !names_jail(e->config, jail))
		request_fail(request, "UnknownJailException", "%s", jail);
	else if (ok)
		request_reply(request, json_pack("{s:s, s:o}", "result", "OK",
		    "problems", problems_json(report)));
	else
		request_fail(request, "ConfigError", "the configuration was "
		    "refused, the old one goes on: %s",
		    report->n > 0 ? report->v[report->n - 1].text :
		    "see the log");
	free(jail);
}

/* --- compile ------------------------------------------------------------ */

static struct config *
read_sheet(int fd, struct report *report)
{
	struct buf text = { 0 };
	struct config *config = NULL;

	if (sheet_read(fd, &text) == -1)
		report_add(report, PROBLEM_ERROR, NULL, NULL, 0,
		    "the configuration could not be taken over: %s",
		    strerror(errno));
	else
		config = dump_read(buf_span(&text), report);
	buf_fini(&text);
	return config;
}

static void
compile(struct incoming *in)
{
	in->filters = xcalloc(in->config->jails_n + 1, sizeof(*in->filters));
	/* The numbers are the warden's: made before any jail breaks here. */
	plan_make(&in->plan, in->config);
	for (size_t i = 0; i < in->config->jails_n; i++) {
		struct jail_config *jail = &in->config->jails[i];

		if (jail->error != NULL)
			continue;
		in->filters[i] = check_compile(in->config, jail, &in->report);
		if (in->filters[i] == NULL)
			jail->error = xstrdup("a regular expression of its "
			    "filter does not compile");
	}
}

/* Would this stop a jail that works now? */
static bool
breaks_running(const struct engine *e, const struct incoming *in)
{
	for (size_t i = 0; i < in->config->jails_n; i++) {
		const struct jail_config *c = &in->config->jails[i];
		struct engine_jail *j = engine_jail_find(e, c->name);

		if (c->error != NULL && j != NULL && j->error == NULL)
			return true;
	}
	return false;
}

static void
incoming_fini(struct incoming *in)
{
	for (size_t i = 0; in->filters != NULL && i < in->config->jails_n; i++)
		filter_free(in->filters[i]);
	free(in->filters);
	plan_fini(&in->plan);
	config_free(in->config);
	report_fini(&in->report);
}

/* --- first start -------------------------------------------------------- */

/* The logs first: it may take long to read the kernel's sets. */
static void
ask_warden(struct engine *e)
{
	engine_log_open_all(e);
	engine_journal_source_ask_all(e);
	engine_sync_start(e);
}

static void
first_start(struct engine *e, struct incoming *in)
{
	e->config = in->config;
	engine_store_open(e);
	e->config = NULL;
	engine_swap(e, in);
	engine_events_start(e);
	ask_warden(e);
	engine_restore_start(e);
}

static void
log_started(const struct engine *e)
{
	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->jail == NULL && j->error == NULL)
			continue;
		if (j->error != NULL)
			log_error("fail2ban.jail", "Jail '%s' not started: %s",
			    j->config->name, log_text(span_of(j->error)));
		else if (j->told)
			log_info("fail2ban.server", "Jail '%s' reloaded",
			    j->config->name);
		else
			log_info("fail2ban.jail", "Jail '%s' started",
			    j->config->name);
		j->told = j->error == NULL;
	}
}

/* Programs look for upstream's words. */
static void
log_banner(void)
{
	log_info("fail2ban.server", "%s",
	    "--------------------------------------------------");
	log_info("fail2ban.server", "Starting Fail2ban v%s (gaol %s)",
	    CONFIG_UPSTREAM_VERSION, GAOL_VERSION);
}

/* Takes over fd. False: there is none to be in force. */
static bool
read_in(struct engine *e, struct incoming *in, int fd)
{
	in->config = read_sheet(fd, &in->report);
	close(fd);
	if (in->config != NULL)
		compile(in);
	log_problems(&in->report);
	return in->config != NULL &&
	    (e->config == NULL || !breaks_running(e, in));
}

static void
put_in_force(struct engine *e, struct incoming *in)
{
	bool first = e->config == NULL;

	if (first)
		first_start(e, in);
	else
		engine_swap(e, in);
	/* What is kept less long from now on goes at once. */
	if (!first && e->store != NULL)
		store_purge_events(e->store, clock_wall());
	log_started(e);
	if (e->reload != NULL)
		log_info("fail2ban.server", "Reload finished.");
	engine_run_begin(e);
	if (!first)
		ask_warden(e);
	engine_jails_run(e);
}

/* It comes into force when it is good; answers all who wait for that. */
static void
settle(struct engine *e, struct incoming *in, bool ok)
{
	bool first = e->config == NULL;

	answer(e, ok ? WIRE_CONFIG_OK : WIRE_CONFIG_BAD, in->generation);
	if (ok)
		put_in_force(e, in);
	reply_reload(e, ok, &in->report);
	if (ok && e->stream != NULL) {
		request_reply(e->stream, json_null());
		e->stream = NULL;
	}
	/* Bans that are coming back need the room first. */
	if (e->restore == NULL)
		xtrim();
	/* How long it took to begin is no matter of how well it answers. */
	if (first)
		turn_forget();
	if (!ok && e->config == NULL) {
		log_error(LOGGER, "no configuration to run with");
		engine_stop(e, 1);
	}
}

/* --- its turn ------------------------------------------------------------ */

/* Jails may come, go and change in it: nobody is in the middle of their bans. */
struct arrival {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct incoming in;
	int fd;                        /* -1: it has been read, and is good */
	struct run_undo undo;          /* … and actions go before it comes */
};

static void
arrival_free(struct arrival *a)
{
	if (a->fd != -1)
		close(a->fd);
	run_undo_end(&a->undo);
	incoming_fini(&a->in);
	free(a);
}

static enum change_step
over(struct arrival *a, bool ok)
{
	settle(a->engine, &a->in, ok);
	arrival_free(a);
	return CHANGE_OVER;
}

static enum change_step
take_some(struct engine_change *change)
{
	struct arrival *a = (struct arrival *)change;
	struct engine *e = a->engine;
	int fd = a->fd;

	clock_tick();
	/* Actions that have been stopped are not to be started again. */
	if (e->ending) {
		answer(e, WIRE_CONFIG_BAD, a->in.generation);
		arrival_free(a);
		return CHANGE_OVER;
	}
	if (fd != -1) {
		if (e->config == NULL)
			log_banner();
		a->fd = -1;
		if (!read_in(e, &a->in, fd))
			return over(a, false);
		engine_run_part(e, a->in.config);
	}
	return run_undo_some(e, &a->undo, NULL) ? CHANGE_MORE : over(a, true);
}

static void
take_never(struct engine_change *change)
{
	arrival_free((struct arrival *)change);
}

void
engine_config_take(struct engine *e, uint32_t generation, int fd)
{
	struct arrival *a = xcalloc(1, sizeof(*a));

	a->change.step = take_some;
	a->change.drop = take_never;
	a->engine = e;
	a->in.generation = generation;
	a->fd = fd;
	engine_change_begin(e, &a->change, NULL);
}

void
engine_config_failed(struct engine *e, int fd)
{
	struct report report = { 0 };
	struct buf text = { 0 };
	struct span rest, line;

	if (sheet_read(fd, &text) == 0) {
		rest = buf_span(&text);
		while (span_cut(&rest, '\n', &line))
			report_add(&report, PROBLEM_ERROR, NULL, NULL, 0,
			    "%.*s", SPAN_FMT(line));
	}
	close(fd);
	reply_reload(e, false, &report);
	report_fini(&report);
	buf_fini(&text);
}

void
engine_config_fini(struct engine *e)
{
	engine_log_given_fini(e);
	for (size_t i = 0; i < e->logs_n; i++)
		engine_log_fini(&e->logs[i]);
	free(e->logs);
	for (size_t i = 0; i < e->jails_n; i++)
		engine_jail_free(e->jails[i]);
	free(e->jails);
	config_free(e->config);
	free(e->allowipv6);
	free(e->loglevel);
	engine_store_fini(e);
	free(e->reload_jail);
}
