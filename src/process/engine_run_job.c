#include "process/engine_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/sheet.h"

#define LOGGER "gaol.engine"

/* --- queues ---------------------------------------------------------- */

void
run_queue_init(struct run_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

void
run_queue_put(struct run_queue *q, struct run_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->n++;
}

struct run_job *
run_queue_get(struct run_queue *q)
{
	struct run_job *job = q->first;

	if (job != NULL)
		run_queue_remove(q, job);
	return job;
}

void
run_queue_remove(struct run_queue *q, struct run_job *job)
{
	struct run_job **at = &q->first;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	if (*at == NULL)
		q->last = at;
	q->n--;
}

void
run_job_free(struct run_job *job)
{
	if (job == NULL)
		return;
	run_merge_forget(job);
	id_fini(&job->id);
	buf_fini(&job->packed);
	free(job);
}

static void
count_dropped(struct run_action *a)
{
	/* Once is enough: status has the number. */
	if (a->dropped++ == 0)
		log_error(LOGGER, "[%s] action '%s' is more than %d commands "
		    "behind; what is beyond is not run", a->jail_name,
		    a->name, RUN_QUEUE_MAX);
}

struct run_job *
run_job_new(struct run_action *a, enum action_verb verb, const struct id *id)
{
	struct run_job *job;

	if (a->queue.n >= RUN_QUEUE_MAX && id != NULL) {
		count_dropped(a);
		return NULL;
	}
	job = xcalloc(1, sizeof(*job));
	job->action = a;
	job->verb = verb;
	if (id != NULL)
		job->id = id_copy(id);
	run_queue_put(&a->queue, job);
	a->rebans += verb == ACTION_REBAN;
	return job;
}

/* --- sending --------------------------------------------------------- */

static bool
has_ticket(const struct run_job *job)
{
	return job->id.addr.family != ADDR_NONE || job->id.raw.n > 0;
}

/*
 * Values of a job whose ticket still exists; false: it has become pointless,
 * because what it was about has ended before its turn came.
 */
static bool
pack(struct run_job *job)
{
	struct run_action *a = job->action;
	struct ticket *t;
	struct values v;

	if (!has_ticket(job))
		return true;
	if (job->packed.n > 0) {
		run_merge_repack(job);
		return true;
	}
	t = a->jail != NULL ? jail_find(a->jail->jail, &job->id) : NULL;
	if (t == NULL || (job->verb == ACTION_BAN) ==
	    ((t->run_sent & a->bit) != 0))
		return false;
	/* Of an earlier ban: what undoes the last one may still be behind. */
	if (job->verb == ACTION_BAN && job->number != t->run_number)
		return false;
	run_values_of_ticket(&v, a->jail, t);
	run_merge_add(job, &v);
	values_pack(&v, &job->packed);
	values_fini(&v);
	return true;
}

static int
send_values(struct port *port, const struct wire_run *m, struct span packed)
{
	int fd = sheet_new(packed);
	int rc;

	if (fd == -1)
		return -1;
	rc = port_send(port, m, sizeof(*m), fd);
	close(fd);
	return rc;
}

static int
send_job(struct engine_run *run, struct run_job *job)
{
	const struct run_action *a = job->action;
	const struct wire_run m = {
		.type = has_ticket(job) ? WIRE_RUN_TICKET : WIRE_RUN,
		.generation = a->at.generation,
		.seq = run->seq + 1,
		.jail = a->at.jail,
		.action = a->at.action,
		.verb = (uint32_t)job->verb,
		.last = job->last,
	};
	int rc = has_ticket(job) ?
	    send_values(run->port, &m, buf_span(&job->packed)) :
	    port_send(run->port, &m, sizeof(m), -1);

	if (rc == -1)
		return -1;
	job->seq = ++run->seq;
	return 0;
}

static void
mark_sent(const struct run_job *job)
{
	struct run_action *a = job->action;
	struct ticket *t;

	if (job->verb != ACTION_BAN)
		return;
	t = jail_find(a->jail->jail, &job->id);
	t->run_sent |= a->bit;
}

static void
drop(struct run_action *a, struct run_job *job)
{
	a->rebans -= job->verb == ACTION_REBAN;
	run_job_free(job);
}

/* One of its name before it is still being stopped: both have one chain. */
static bool
must_wait(const struct engine_run *run, const struct run_action *a)
{
	/* Of those that go, the last to come is the first. */
	const struct run_action *r = a->jail != NULL ? run->retired : a->next;

	for (; r != NULL; r = r->next)
		if (strcmp(r->name, a->name) == 0 &&
		    strcmp(r->jail_name, a->jail_name) == 0)
			return true;
	return false;
}

void
run_action_pump(struct engine_run *run, struct run_action *a)
{
	struct run_job *job;

	if (must_wait(run, a))
		return;
	while (run->ready && a->at.generation != 0 && a->sent.n < RUN_WINDOW &&
	    (job = a->queue.first) != NULL) {
		if (has_ticket(job) && !run_merge_ready(run, job))
			return;
		if (!pack(job)) {
			drop(a, run_queue_get(&a->queue));
			continue;
		}
		if (send_job(run, job) == -1) {
			/* Out of room or descriptors: an answer makes some. */
			log_warning(LOGGER, "[%s] action '%s' has to wait: %s",
			    a->jail_name, a->name, strerror(errno));
			if (job->verb != ACTION_UNBAN)
				buf_fini(&job->packed);
			return;
		}
		run_queue_get(&a->queue);
		mark_sent(job);
		/* Unsent, an unban's are all there is; else made anew. */
		if (job->verb != ACTION_UNBAN)
			buf_fini(&job->packed);
		run_queue_put(&a->sent, job);
		(void)table_add(run->sent, run_job_hash(job->seq), job);
	}
}

/* --- life ------------------------------------------------------------ */

static void
queue_fini(struct run_queue *q)
{
	struct run_job *job;

	while ((job = run_queue_get(q)) != NULL)
		run_job_free(job);
}

void
run_action_free(struct run_action *a)
{
	if (a == NULL)
		return;
	run_telling_end(a);
	queue_fini(&a->queue);
	queue_fini(&a->sent);
	free(a->jail_name);
	free(a->name);
	free(a);
}

/*
 * A ban on its way may have been carried out or not: the word for that is
 * REBAN. A reload is no news to a runner that has just read everything.
 */
void
run_action_rewind(struct run_action *a)
{
	struct run_queue waiting = a->queue;
	struct run_job *job;

	run_queue_init(&a->queue);
	while ((job = run_queue_get(&a->sent)) != NULL) {
		if (job->verb == ACTION_RELOAD || job->verb == ACTION_CHECK) {
			run_job_free(job);
			continue;
		}
		if (job->verb == ACTION_BAN) {
			job->verb = ACTION_REBAN;
			a->rebans++;
		}
		run_queue_put(&a->queue, job);
	}
	if (waiting.first != NULL) {
		*a->queue.last = waiting.first;
		a->queue.last = waiting.last;
		a->queue.n += waiting.n;
	}
	a->at.generation = 0;
	a->epoch_known = false;
}
