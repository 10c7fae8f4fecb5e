/*
 * ignorecommand: a failure waits here until the runner knows whether its id is
 * left alone. Nothing waits for it; a failure whose answer cannot be had is
 * counted, as one that no command was asked about.
 */
#include "process/engine_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/answers.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "process/kept.h"
#include "process/run_plan.h"
#include "process/sheet.h"

#define LOGGER "gaol.engine"
#define WAITING_MAX 10000
#define CACHE_SECONDS_MAX 1e9

struct ask {
	uint64_t seq;
	struct engine_jail *jail;
	struct kept *kept;
};

struct engine_ignore {
	struct engine_run *run;
	struct table *waiting;    /* by seq */
	uint64_t unasked;         /* counted without an answer */
};

static bool
seq_eq(const void *entry, const void *key)
{
	return ((const struct ask *)entry)->seq == *(const uint64_t *)key;
}

static struct ask *
ask_new(struct engine_jail *j, const struct failure *f)
{
	struct ask *a = xcalloc(1, sizeof(*a));

	a->jail = j;
	a->kept = kept_new(f);
	return a;
}

static void
ask_free(struct ask *a)
{
	kept_free(a->kept);
	free(a);
}

/* --- the cache of answers --------------------------------------------- */

void
engine_ignore_send_cache(struct engine_run *run, const struct engine_jail *j)
{
	struct wire_run_cache m;

	if (run->port == NULL || j->run_cache == NULL || j->run_given ||
	    j->run_number == WIRE_RUN_ALL)
		return;
	m = *j->run_cache;
	m.generation = run->generation;
	m.jail = j->run_number;
	port_send(run->port, &m, sizeof(m), -1);
}

int
engine_ignore_set_cache(struct engine_jail *j, const char *key,
    int64_t count, double seconds)
{
	struct wire_run_cache m = { .type = WIRE_RUN_CACHE };
	size_t n = key != NULL ? strlen(key) : 0;

	if (n >= sizeof(m.key))
		return -1;
	if (n > 0) {
		m.count = (uint32_t)(count < ANSWERS_MAX ? count :
		    ANSWERS_MAX);
		m.ms = seconds > 0 ? (int64_t)(seconds < CACHE_SECONDS_MAX ?
		    seconds * 1000 : CACHE_SECONDS_MAX * 1000) : 0;
		memcpy(m.key, key, n);
	}
	if (j->run_cache == NULL)
		j->run_cache = xcalloc(1, sizeof(*j->run_cache));
	*j->run_cache = m;
	engine_ignore_send_cache(j->engine->run, j);
	return 0;
}

/* --- asking ---------------------------------------------------------- */

static int
send_ask(struct engine_run *run, const struct ask *a)
{
	const struct wire_run m = {
		.type = WIRE_RUN_TICKET,
		.generation = run->generation,
		.seq = a->seq,
		.jail = a->jail->run_number,
		.action = WIRE_RUN_IGNORE,
	};
	struct buf packed = { 0 };
	struct values v;
	int fd, rc = -1;

	run_values_of_failure(&v, a->jail, &a->kept->failure);
	values_pack(&v, &packed);
	values_fini(&v);
	fd = sheet_new(buf_span(&packed));
	buf_fini(&packed);
	if (fd == -1)
		return -1;
	rc = port_send(run->port, &m, sizeof(m), fd);
	close(fd);
	return rc;
}

static void
settle(struct engine_ignore *g, struct ask *a, uint32_t outcome)
{
	const struct failure *f = &a->kept->failure;

	if (outcome != IGNORED_YES) {
		engine_jail_count(a->jail, f);
	} else {
		jail_ignored_by_command(a->jail->jail, &f->id);
		if (f->told != NULL)
			request_reply(f->told, json_integer(0));
	}
	kept_told(a->kept);
	g->unasked += outcome == IGNORED_UNANSWERED;
	ask_free(a);
}

bool
engine_ignore_ask(struct engine_jail *j, const struct failure *f)
{
	struct engine_run *run = j->engine->run;
	struct engine_ignore *g = run->ignore;
	struct ask *a;

	if (!run_plan_asks(j->config) || jail_would_ignore(j->jail, &f->id))
		return false;
	if (run->why[0] != '\0' || j->run_error != NULL ||
	    table_count(g->waiting) >= WAITING_MAX || !kept_has_room()) {
		g->unasked++;
		return false;
	}
	a = ask_new(j, f);
	a->seq = ++run->seq;
	(void)table_add(g->waiting, run_job_hash(a->seq), a);
	if (run->ready && send_ask(run, a) == -1) {
		log_error(LOGGER, "ignorecommand is not asked: %s",
		    strerror(errno));
		engine_ignore_done(g, a->seq, IGNORED_UNANSWERED);
	}
	return true;
}

bool
engine_ignore_done(struct engine_ignore *g, uint64_t seq, uint32_t outcome)
{
	struct ask *a = table_del(g->waiting, run_job_hash(seq), &seq);

	if (a == NULL)
		return false;
	settle(g, a, outcome);
	engine_jails_run(g->run->engine);
	return true;
}

void
engine_ignore_again(struct engine_ignore *g)
{
	struct engine_run *run = g->run;
	struct ask *a;
	size_t at = 0;

	while ((a = table_next(g->waiting, &at)) != NULL) {
		if (run->ready && run->why[0] == '\0' &&
		    send_ask(run, a) == 0)
			continue;
		table_del(g->waiting, run_job_hash(a->seq), &a->seq);
		settle(g, a, IGNORED_UNANSWERED);
	}
}

void
engine_ignore_forget(struct engine_jail *j)
{
	struct engine_ignore *g = j->engine->run->ignore;
	struct ask *a;
	size_t at = 0;

	while ((a = table_next(g->waiting, &at)) != NULL) {
		if (a->jail != j)
			continue;
		table_del(g->waiting, run_job_hash(a->seq), &a->seq);
		ask_free(a);
	}
}

/* --- life ------------------------------------------------------------ */

struct engine_ignore *
engine_ignore_new(struct engine_run *run)
{
	struct engine_ignore *g = xcalloc(1, sizeof(*g));

	g->run = run;
	g->waiting = table_new(WAITING_MAX, seq_eq);
	return g;
}

void
engine_ignore_free(struct engine_ignore *g)
{
	struct ask *a;
	size_t at = 0;

	if (g == NULL)
		return;
	while ((a = table_next(g->waiting, &at)) != NULL)
		ask_free(a);
	table_free(g->waiting);
	free(g);
}

size_t
engine_ignore_waiting(const struct engine_ignore *g)
{
	return table_count(g->waiting);
}

uint64_t
engine_ignore_unasked(const struct engine *e)
{
	return e->run->ignore->unasked;
}
