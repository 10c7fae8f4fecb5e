/*
 * Work for clients that is too long for one turn of the loop. It is done in
 * slices, one a turn however many wait: all others have their turn between.
 * The first in the queue is finished before the second begins, so that not
 * more than one of them holds half a reply; short ones have a queue of their
 * own, and every second step.
 */
#ifndef GAOL_CONTROL_WORK_H
#define GAOL_CONTROL_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#define WORK_SHORT 5000    /* texts, about: more is long */
#define WORK_STEP 250      /* texts in one step */

struct event_base;

/* A part of what is to be done. */
struct work {
	TAILQ_ENTRY(work) link;
	/*
	 * Does at most some 0.1 ms of it. False: it is over, and perhaps
	 * freed.
	 */
	bool (*step)(struct work *work);
	/* It will not be done: whoever wanted it has gone. Frees it. */
	void (*drop)(struct work *work);
	struct work **owner;       /* *owner is it while it waits */
	bool is_short;
};

struct work_queue;

struct work_queue *work_queue_new(struct event_base *base);
/* Nothing may be in it. */
void work_queue_free(struct work_queue *q);
/* Behind all others, or before them: what goes on with the one at work. */
void work_add(struct work_queue *q, struct work *work);
void work_add_first(struct work_queue *q, struct work *work);
/* Out of the queue, and dropped. */
void work_cancel(struct work_queue *q, struct work *work);

#endif
