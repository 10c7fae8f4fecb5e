#include "control/work.h"

#include <stdlib.h>

#include "base/slice.h"
#include "base/xalloc.h"

TAILQ_HEAD(work_list, work);

struct work_queue {
	struct slice *slice;
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
do_step(struct work_queue *q, struct work *w)
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

static enum slice_step
step(void *arg)
{
	struct work_queue *q = arg;
	struct work *w = first_of(q);

	if (w == NULL)
		return SLICE_OVER;
	do_step(q, w);
	return SLICE_MORE;
}

struct work_queue *
work_queue_new(struct event_base *base)
{
	static const struct slice_work work = { .step = step };
	struct work_queue *q = xcalloc(1, sizeof(*q));

	TAILQ_INIT(&q->lists[0]);
	TAILQ_INIT(&q->lists[1]);
	q->slice = slice_new(base, &work, q);
	return q;
}

void
work_queue_free(struct work_queue *q)
{
	if (q == NULL)
		return;
	slice_free(q->slice);
	free(q);
}

void
work_add(struct work_queue *q, struct work *w)
{
	TAILQ_INSERT_TAIL(list_of(q, w), w, link);
	*w->owner = w;
	slice_go_on(q->slice);
}

void
work_add_first(struct work_queue *q, struct work *w)
{
	TAILQ_INSERT_HEAD(list_of(q, w), w, link);
	*w->owner = w;
	slice_go_on(q->slice);
}

void
work_cancel(struct work_queue *q, struct work *w)
{
	TAILQ_REMOVE(list_of(q, w), w, link);
	*w->owner = NULL;
	w->drop(w);
}
