/*
 * The loop of a process, and how long its turns take: from the moment it wakes
 * until it can sleep again, for which everybody else waits.
 */
#ifndef GAOL_BASE_TURN_H
#define GAOL_BASE_TURN_H

#include <stdint.h>

#define TURN_SLOW_US 100000

struct event_base;

struct turn_report {
	int64_t longest_us;    /* by the clock; as long as turns tick it */
	int64_t longest_cpu_us;   /* of the processor, perhaps another turn */
	uint64_t slow;         /* turns of TURN_SLOW_US and more, by the clock */
};

/* As event_base_dispatch(). */
int turn_dispatch(struct event_base *base);
/* Since the last turn_forget(). */
void turn_get(struct turn_report *out);
/* What has been counts no more, nor does the turn that says so. */
void turn_forget(void);

#endif
