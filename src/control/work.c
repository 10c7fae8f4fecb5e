#include "control/work.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

#define SLICE_NS 3000000u   /* of the processor, in one turn */

TAILQ_HEAD(work_list, work);

struct work_queue {
	struct event *turn;
	struct work_list lists[2];   /* long ones, short ones */
	unsigned steps;
};

static struct work *
first_of(const struct work_queue *q)
{
	struct work *a = TAILQ_FIRST(&q->lists[q->steps % 2]);

	return a != NULL ? a : TAILQ_FIRST(&q->lists[(q->steps + 1) % 2]);
}

static struct work_list *
list_of(struct work_queue *q, const struct work *w)
{
	return &q->lists[w->is_short];
}

/* It may free itself, and put what follows in its place. */
static void
step(struct work_queue *q, struct work *w)
{
	struct work **owner = w->owner;

	TAILQ_REMOVE(list_of(q, w), w, link);
	*owner = NULL;
	q->steps++;
	if (!w->step(w))
		return;
	*owner = w;
	TAILQ_INSERT_HEAD(list_of(q, w), w, link);
}

static void
go_on(struct work_queue *q)
{
	/* In the next turn: whatever is ready comes before. */
	static const struct timeval soon = { 0 };

	if (first_of(q) != NULL && event_add(q->turn, &soon) == -1)
		log_fatal("gaol.control", "out of memory");
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct work_queue *q = arg;
	uint64_t begun = clock_cpu_ns();
	struct work *w;

	(void)fd;
	(void)what;
	clock_tick();
	while ((w = first_of(q)) != NULL) {
		step(q, w);
		if (clock_cpu_ns() - begun >= SLICE_NS)
			break;
	}
	go_on(q);
}

struct work_queue *
work_queue_new(struct event_base *base)
{
	struct work_queue *q = xcalloc(1, sizeof(*q));

	TAILQ_INIT(&q->lists[0]);
	TAILQ_INIT(&q->lists[1]);
	q->turn = evtimer_new(base, on_turn, q);
	if (q->turn == NULL)
		log_fatal("gaol.control", "out of memory");
	return q;
}

void
work_queue_free(struct work_queue *q)
{
	if (q == NULL)
		return;
	event_free(q->turn);
	free(q);
}

void
work_add(struct work_queue *q, struct work *w)
{
	TAILQ_INSERT_TAIL(list_of(q, w), w, link);
	*w->owner = w;
	go_on(q);
}

void
work_add_first(struct work_queue *q, struct work *w)
{
	TAILQ_INSERT_HEAD(list_of(q, w), w, link);
	*w->owner = w;
	go_on(q);
}

void
work_cancel(struct work_queue *q, struct work *w)
{
	TAILQ_REMOVE(list_of(q, w), w, link);
	*w->owner = NULL;
	w->drop(w);
}
