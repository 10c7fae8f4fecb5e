#include "process/engine_run.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/value.h"
#include "process/run_plan.h"
#include "process/sheet.h"

#define LOGGER "gaol.engine"

static bool
seq_eq(const void *entry, const void *key)
{
	return ((const struct run_job *)entry)->seq == *(const uint64_t *)key;
}

void
engine_run_pump(struct engine_run *run)
{
	struct engine *e = run->engine;

	for (struct run_action *a = run->retired; a != NULL; a = a->next)
		run_action_pump(run, a);
	for (size_t i = 0; i < e->jails_n; i++)
		for (struct run_action *a = e->jails[i]->runs; a != NULL;
		    a = a->next)
			run_action_pump(run, a);
}

/* What no file says; the runner knows whether it may. */
static void
send_given(struct engine_run *run, const struct engine_jail *j)
{
	const struct wire_given m = {
		.type = WIRE_RUN_GIVEN, .bantime = j->config->bantime,
	};
	struct buf text = { 0 };
	int fd;

	if (j->jail == NULL || !j->run_given || j->run_number == WIRE_RUN_ALL)
		return;
	run_plan_text(j->config, &text);
	fd = sheet_new(buf_span(&text));
	buf_fini(&text);
	if (fd == -1 || port_send(run->port, &m, sizeof(m), fd) == -1)
		log_error(LOGGER, "[%s] its commands cannot be handed over: "
		    "%s", j->config->name, strerror(errno));
	if (fd != -1)
		close(fd);
}

static enum wire_ipv6
ipv6_of(const struct engine *e)
{
	if (e->allowipv6 == NULL)
		return RUN_IPV6_FILES;
	if (!value_is_bool(e->allowipv6))
		return RUN_IPV6_AUTO;
	return value_bool(e->allowipv6) ? RUN_IPV6_YES : RUN_IPV6_NO;
}

void
engine_run_allow_ipv6(struct engine *e)
{
	const struct wire_run_ipv6 m = {
		.type = WIRE_RUN_IPV6, .mode = ipv6_of(e),
	};

	if (e->run->port != NULL)
		port_send(e->run->port, &m, sizeof(m), -1);
}

static void
send_config(struct engine_run *run)
{
	const struct wire_config head = {
		.type = WIRE_RUN_CONFIG,
		.generation = run->generation,
	};
	struct buf m = { 0 };

	/* A runner that has nothing left to do keeps what it knows. */
	if (run->digests_n == 0)
		return;
	engine_run_allow_ipv6(run->engine);
	for (size_t i = 0; i < run->engine->jails_n; i++)
		send_given(run, run->engine->jails[i]);
	buf_add(&m, &head, sizeof(head));
	buf_add(&m, run->digests, run->digests_n * sizeof(*run->digests));
	port_send(run->port, m.p, m.n, -1);
	buf_fini(&m);
	for (size_t i = 0; i < run->engine->jails_n; i++)
		engine_ignore_send_cache(run, run->engine->jails[i]);
}

void
engine_run_begin(struct engine *e)
{
	const struct wire_plain want = { .type = WIRE_WANT_RUNNER };
	struct engine_run *run = e->run;

	if (run->port != NULL) {
		run->aged = run->digests_n > 0;
		send_config(run);
	} else if (!run->wanted && run->digests_n > 0) {
		run->wanted = true;
		port_send(e->parent, &want, sizeof(want), -1);
	}
}

/* --- the runner ------------------------------------------------------ */

static void
resume(struct engine_run *run, const struct run_action *a)
{
	struct wire_run_resume m = {
		.type = WIRE_RUN_RESUME,
		.generation = a->at.generation,
		.jail = a->at.jail,
		.action = a->at.action,
		.memory.n = a->state.n,
	};

	if (a->state.n == 0)
		return;
	memcpy(m.memory.family, a->state.family, ACTION_FAMILIES);
	memcpy(m.memory.bits, a->state.bits, ACTION_FAMILIES);
	port_send(run->port, &m, sizeof(m), -1);
}

static void
set_places(struct engine_run *run, struct engine_jail *j)
{
	for (struct run_action *a = j->runs; a != NULL; a = a->next) {
		bool fresh = a->at.generation == 0;

		a->at = a->coming;
		if (fresh)
			resume(run, a);
	}
}

/* What one jail's files say is another matter than what was loaded. */
static void
take_refusal(struct engine_run *run, const struct wire_run_state *m)
{
	struct engine *e = run->engine;

	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->run_number != m->jail)
			continue;
		log_error(LOGGER, "[%s] no shell action is run: %s",
		    j->config->name, log_text(span_of(run->why)));
		free(j->run_error);
		j->run_error = xstrdup(run->why);
		for (struct run_action *a = j->runs; a != NULL; a = a->next)
			a->at.generation = 0;
	}
	run->why[0] = '\0';
}

static void
take_ready(struct engine_run *run)
{
	struct engine *e = run->engine;

	run->ready = true;
	run->settled = run->generation;
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->run_error == NULL)
			set_places(run, e->jails[i]);
	engine_run_pump(run);
	engine_run_forget_old(run);
}

static void
take_state(struct engine_run *run, const struct wire_run_state *m)
{
	if (m->generation != run->generation)
		return;
	run->pid = m->pid;
	memcpy(run->why, m->text, sizeof(run->why));
	run->why[sizeof(run->why) - 1] = '\0';
	if (m->jail != WIRE_RUN_ALL) {
		take_refusal(run, m);
		return;
	}
	if (m->error == 0)
		take_ready(run);
	else
		log_error(LOGGER, "the runner refuses: %s",
		    log_text(span_of(run->why)));
	engine_ignore_again(run->ignore);
}

/* Bans of before a repair are made again. */
static void
sweep(struct run_action *a, const struct id *but)
{
	struct jail *jail = a->jail->jail;
	struct ticket *t = jail_ban_first(jail);

	a->sweep = false;
	a->swept = clock_boot();
	for (; t != NULL; t = jail_ban_next(jail, t))
		if ((t->run_held & a->bit) != 0 && !id_eq(&t->id, but))
			run_job_new(a, ACTION_REBAN, &t->id);
}

static void
take_epoch(struct run_action *a, const struct run_job *job, uint32_t epoch)
{
	if (a->epoch_known && epoch > a->epoch)
		a->sweep = true;
	a->epoch_known = true;
	a->epoch = epoch;
	/* A firewall that forgets all the time does not keep us busy. */
	if (a->sweep && a->jail != NULL && a->rebans == 0 &&
	    (a->swept.us == 0 ||
	    clock_boot().us - a->swept.us > RUN_SWEEP_PAUSE))
		sweep(a, &job->id);
}

static void
take_result(struct run_action *a, const struct run_job *job,
    const struct wire_run_done *m)
{
	struct ticket *t;

	a->done += m->outcome == ACTION_DONE;
	a->failed += m->outcome == ACTION_ERROR;
	a->rebans -= job->verb == ACTION_REBAN;
	if (m->memory.n <= ACTION_FAMILIES) {
		a->state.n = m->memory.n;
		memcpy(a->state.family, m->memory.family, ACTION_FAMILIES);
		memcpy(a->state.bits, m->memory.bits, ACTION_FAMILIES);
	}
	if ((job->verb != ACTION_BAN && job->verb != ACTION_REBAN) ||
	    a->jail == NULL)
		return;
	t = jail_find(a->jail->jail, &job->id);
	if (t != NULL && (t->run_sent & a->bit) != 0)
		t->run_held |= a->bit;
}

static void
take_done(struct engine_run *run, const struct wire_run_done *m)
{
	struct run_job *job = table_del(run->sent, run_job_hash(m->seq),
	    &m->seq);
	struct run_action *a;

	if (job == NULL) {
		engine_ignore_done(run->ignore, m->seq, m->outcome);
		return;
	}
	a = job->action;
	run_queue_remove(&a->sent, job);
	take_result(a, job, m);
	take_epoch(a, job, m->epoch);
	run_job_free(job);
	run_action_pump(run, a);
	engine_run_free_done(run, a);
}

static void
runner_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct engine_run *run = arg;

	(void)records;
	(void)fd;
	clock_tick();
	switch (type) {
	case WIRE_RUN_STATE:
		take_state(run, body);
		break;
	case WIRE_RUN_DONE:
		take_done(run, body);
		break;
	}
}

/* The numbers of a retired one died with the runner that knew them. */
static void
drop_retired(struct engine_run *run)
{
	struct run_action *a;

	while ((a = run->retired) != NULL) {
		run->retired = a->next;
		log_error(LOGGER, "[%s] action '%s' was not stopped: its "
		    "runner is gone", a->jail_name, a->name);
		run_action_free(a);
	}
}

static void
runner_closed(const char *why, void *arg)
{
	struct engine_run *run = arg;
	struct engine *e = run->engine;

	log_error(LOGGER, "link to the runner lost: %s", why);
	clock_tick();
	port_free(run->port);
	run->port = NULL;
	run->ready = false;
	run->aged = false;
	run->lost++;
	table_free(run->sent);
	run->sent = table_new(0, seq_eq);
	drop_retired(run);
	for (size_t i = 0; i < e->jails_n; i++)
		for (struct run_action *a = e->jails[i]->runs; a != NULL;
		    a = a->next)
			run_action_rewind(a);
	engine_run_stopped(run);
}

void
engine_run_link(struct engine *e, int fd)
{
	static const struct port_handlers handlers = {
		.message = runner_message,
		.closed = runner_closed,
	};
	struct engine_run *run = e->run;

	if (run->port != NULL) {
		close(fd);
		return;
	}
	run->port = port_new(e->base, fd, wire_of_runner, &handlers, run);
	send_config(run);
}

/* --- status ---------------------------------------------------------- */

static const char *
state_name(const struct engine_run *run)
{
	if (run->why[0] != '\0')
		return "refused";
	if (run->ready)
		return "ready";
	return run->wanted ? "starting" : "none";
}

static void
count_jobs(const struct run_action *a, json_int_t *queued,
    json_int_t *running, json_int_t *failed)
{
	for (; a != NULL; a = a->next) {
		*queued += (json_int_t)a->queue.n;
		*running += (json_int_t)a->sent.n;
		*failed += (json_int_t)a->failed;
	}
}

json_t *
engine_run_json(const struct engine *e)
{
	const struct engine_run *run = e->run;
	json_int_t queued = 0, running = 0, failed = 0;

	for (size_t i = 0; i < e->jails_n; i++)
		count_jobs(e->jails[i]->runs, &queued, &running, &failed);
	count_jobs(run->retired, &queued, &running, &failed);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "state", state_name(run), "text", run->why,
	    "pid", (json_int_t)(run->ready ? run->pid : 0),
	    "lost", (json_int_t)run->lost,
	    "queued", queued, "running", running, "failed", failed,
	    "asking", (json_int_t)engine_ignore_waiting(run->ignore),
	    "unasked", (json_int_t)engine_ignore_unasked(e));
}

json_t *
engine_run_jail_json(const struct engine_jail *j)
{
	const struct run_action *a;
	json_t *list = json_array();

	for (a = j->runs; a != NULL; a = a->next)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I,"
		    " s:I, s:I}", "name", a->name,
		    "queued", (json_int_t)a->queue.n,
		    "running", (json_int_t)a->sent.n,
		    "done", (json_int_t)a->done,
		    "failed", (json_int_t)a->failed,
		    "dropped", (json_int_t)a->dropped));
	return list;
}

/* --- life ------------------------------------------------------------ */

struct engine_run *
engine_run_new(struct engine *e)
{
	struct engine_run *run = xcalloc(1, sizeof(*run));

	run->engine = e;
	run->sent = table_new(0, seq_eq);
	run->limit = event_new(e->base, -1, 0, engine_run_limit, run);
	run->update = event_new(e->base, -1, 0, engine_run_updated, run);
	if (run->limit == NULL || run->update == NULL)
		log_fatal(LOGGER, "out of memory");
	run->ignore = engine_ignore_new(run);
	return run;
}

void
engine_run_forget(struct engine_jail *j)
{
	struct run_action *a;

	free(j->run_error);
	j->run_error = NULL;
	while ((a = j->runs) != NULL) {
		j->runs = a->next;
		run_action_free(a);
	}
}

void
engine_run_free(struct engine_run *run)
{
	struct run_action *a;

	if (run == NULL)
		return;
	port_free(run->port);
	while ((a = run->retired) != NULL) {
		run->retired = a->next;
		run_action_free(a);
	}
	engine_ignore_free(run->ignore);
	free(run->digests);
	table_free(run->sent);
	event_free(run->limit);
	event_free(run->update);
	free(run);
}
