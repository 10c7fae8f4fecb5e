/*
 * Work that is too long for one turn of the loop. It is done in steps, as many
 * in a turn as take some milliseconds of the processor, and whatever is ready
 * has its turn before the next slice.
 */
#ifndef GAOL_BASE_SLICE_H
#define GAOL_BASE_SLICE_H

#include <stdint.h>

#define SLICE_NS 3000000u    /* of the processor, in one turn */

struct event_base;
struct slice;

enum slice_step {
	SLICE_MORE,
	SLICE_WAITS,         /* for somebody else: not sooner than in 1 ms */
	SLICE_OVER,          /* until slice_go_on(); it may have been freed */
};

struct slice_work {
	/* Does at most some 0.1 ms of it. */
	enum slice_step (*step)(void *arg);
	/* The steps of a turn are over; may be NULL. */
	void (*rest)(void *arg);
};

/* The work is copied. Nothing is done before slice_go_on(). */
struct slice *slice_new(struct event_base *base,
    const struct slice_work *work, void *arg);
void slice_free(struct slice *s);   /* NULL is a no-op */
/* From a later turn on, however often it is said. */
void slice_go_on(struct slice *s);
/* For so long in this turn, then as slice_go_on(). */
void slice_run(struct slice *s, uint64_t ns);
/* No slice takes longer than this; a step at least. For tests. */
void slice_limit(uint64_t ns);

#endif
