/*
 * The engine's side of shell actions. What a jail decides becomes jobs, one
 * queue for each action, so that a slow action delays nobody else; a few of a
 * queue are with the runner at a time. Who decides and what the kernel holds
 * do not wait for any of it.
 *
 *	ticket bits	run_told	a ban is queued or sent
 *			run_sent	it was sent: an unban will follow
 *			run_held	it was answered: lost if repaired
 */
#ifndef GAOL_PROCESS_ENGINE_RUN_H
#define GAOL_PROCESS_ENGINE_RUN_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action/action.h"
#include "base/clock.h"
#include "base/id.h"
#include "process/engine_local.h"

#define RUN_ACTIONS_MAX 32        /* of one jail: bits of a ticket */
#define RUN_WINDOW 8              /* jobs of one action with the runner */
#define RUN_QUEUE_MAX 500000      /* jobs that wait in one action */
#define RUN_SWEEP_PAUSE (60 * CLOCK_SECOND)

struct run_job {
	struct run_job *next;
	struct run_action *action;
	uint64_t seq;              /* once it is sent */
	enum action_verb verb;
	bool last;                 /* of a flush: the stop follows */
	struct id id;              /* whose ticket; raw and empty: none */
	uint32_t number;           /* of the ban it is to make */
	struct buf packed;         /* values of a ticket that is gone */
	struct run_merge *merge;   /* what the database says; NULL: unasked */
};

struct run_queue { struct run_job *first, **last; size_t n; };

/* Numbers that the runner knows it by; generation 0: none yet. */
struct run_place { uint32_t generation, jail, action; };

/* One shell action of a jail, across reloads that leave it as it is. */
struct run_action {
	struct run_action *next;
	struct engine_jail *jail;             /* NULL: retired */
	const struct action_config *config;   /* NULL: retired */
	char *jail_name;
	char *name;
	struct run_place at;
	struct run_place coming;   /* once the runner has that generation */
	uint32_t bit;              /* in the masks of a ticket */
	bool norestored;
	bool unstarted;            /* made while its jail ran: with a ban */
	bool merged;               /* names a tag of all bans of an address */
	bool keep;                 /* reload: named by the new one */
	bool leaving;              /* it will go: bans are undone … */
	bool undone;               /* … and that is over, but for the flush */
	struct run_telling *telling;   /* of bans of before; NULL: of none */
	struct run_queue queue;
	struct run_queue sent;
	struct action_state state;
	bool epoch_known;
	uint32_t epoch;
	bool sweep;                /* bans may be gone: to be made again */
	size_t rebans;             /* of a sweep, not yet answered */
	struct boot swept;
	struct boot checked;
	uint64_t done, failed, dropped;
};

struct engine_ignore;

struct engine_run {
	struct engine *engine;
	struct port *port;         /* NULL: no runner */
	bool wanted;
	bool ready;                /* it runs the newest generation's */
	bool aged;                 /* it still knows older numbers */
	uint32_t generation;       /* last one it was told; ours, counted */
	uint32_t settled;          /* last one it has said it runs */
	struct event *update;      /* a jail's actions changed at run time */
	struct wire_digest *digests;   /* of that: jails by number */
	size_t digests_n;
	char why[128];             /* it refused all; "": it did not */
	uint32_t pid;
	unsigned lost;             /* runners so far */
	uint64_t seq;
	uint32_t bans;             /* numbers of tickets, so far */
	struct table *sent;        /* jobs, by seq */
	struct run_action *retired;
	struct event *limit;       /* of a stop */
	bool stopping;
	bool undoing;              /* … and bans are being undone for it */
	int stop_status;
	struct engine_ignore *ignore;
};

/* Counted up by us: no attacker chooses it. */
static inline uint64_t
run_job_hash(uint64_t seq)
{
	return seq * UINT64_C(0x9e3779b97f4a7c15);
}

/* --- engine_run_job.c ------------------------------------------------ */
void run_queue_init(struct run_queue *q);
void run_queue_put(struct run_queue *q, struct run_job *job);
struct run_job *run_queue_get(struct run_queue *q);
void run_queue_remove(struct run_queue *q, struct run_job *job);
void run_job_free(struct run_job *job);
/* Queues one; id NULL: of no ticket. Its packed values are added after. */
struct run_job *run_job_new(struct run_action *a, enum action_verb verb,
    const struct id *id);
/* Sends what may be sent. */
void run_action_pump(struct engine_run *run, struct run_action *a);
void run_action_free(struct run_action *a);
/* What was sent is not answered any more: it will be sent again. */
void run_action_rewind(struct run_action *a);

/* --- engine_run_tell.c ----------------------------------------------- */
/* Of the bans there are, in turns; the action may go meanwhile. */
void run_telling_begin(struct engine_run *run, struct run_action *a);
void run_telling_end(struct run_action *a);

/* --- engine_run_undo.c ----------------------------------------------- */
/* The jail whose bans are gone through for actions that leave it. */
struct run_undo {
	size_t jail;
	struct bans_walk *walk;
};
typedef void run_undo_fn(struct engine_jail *j, const struct ticket *t);

/* From { 0 } on; each: of every ban, or NULL. False: it is over. */
bool run_undo_some(struct engine *e, struct run_undo *u, run_undo_fn *each);
void run_undo_end(struct run_undo *u);

/* --- engine_run_ban.c ------------------------------------------------ */
/* Has it a command of this name? */
bool run_action_has(const struct run_action *a, const char *key);
/* Of a ban in force; once. */
void run_action_tell(struct run_action *a, struct ticket *t);
/* The ticket is about to go: its values travel with the job. */
void run_action_unban(struct run_action *a, const struct engine_jail *j,
    const struct ticket *t);
void run_action_flush(struct run_action *a, bool last);
/* It learns of no more bans; what it has not begun yet is left. */
void run_action_leave(struct run_action *a);
/* No ticket of its jail was ever told to it. */
void run_action_forget_bans(struct run_action *a);
/* Drops what waits; unbans too, or not. */
void run_queue_clear(struct run_action *a, bool unbans);

/* --- engine_run.c ---------------------------------------------------- */
/* Sends what may be sent, of all actions. */
void engine_run_pump(struct engine_run *run);

/* --- engine_run_plan.c ----------------------------------------------- */
/* A retired one whose last answer came is freed, and what follows. */
void engine_run_free_done(struct engine_run *run, struct run_action *a);
/* Nothing retired is left? Then older numbers, or the stop, are through. */
void engine_run_forget_old(struct engine_run *run);
void engine_run_stopped(struct engine_run *run);
/* Timer: commands changed actions, and their wake is over. */
void engine_run_updated(evutil_socket_t fd, short what, void *arg);
/* Timer: a stop takes too long. */
void engine_run_limit(evutil_socket_t fd, short what, void *arg);

/* --- engine_run_values.c --------------------------------------------- */
void run_values_of_ticket(struct values *v, const struct engine_jail *j,
    const struct ticket *t);
void run_values_of_failure(struct values *v, const struct engine_jail *j,
    const struct failure *f);

/* --- engine_run_merge.c ---------------------------------------------- */
/* Does a command of it name what all bans of an address have? */
bool run_merge_wanted(const struct action_config *config);
/* False: the job has to wait; its action is pumped when it need not. */
bool run_merge_ready(struct engine_run *run, struct run_job *job);
void run_merge_add(const struct run_job *job, struct values *v);
/* The same for values that were packed before it was known. */
void run_merge_repack(struct run_job *job);
void run_merge_forget(struct run_job *job);

/* --- engine_ignore.c ------------------------------------------------- */
struct engine_ignore *engine_ignore_new(struct engine_run *run);
void engine_ignore_free(struct engine_ignore *g);
void engine_ignore_send_cache(struct engine_run *run,
    const struct engine_jail *j);
/* Asks again what has no answer: the runner is new, or forgets. */
void engine_ignore_again(struct engine_ignore *g);
/* True: it was one of ours. */
bool engine_ignore_done(struct engine_ignore *g, uint64_t seq,
    uint32_t outcome);
size_t engine_ignore_waiting(const struct engine_ignore *g);

#endif
