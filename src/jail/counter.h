/*
 * Failures by id, as upstream counts them (not a true sliding window): a
 * record knows its first and last failure and their number; when the first is
 * older than findtime, the number shrinks to what the rate so far makes
 * likely within findtime.
 */
#ifndef GAOL_JAIL_COUNTER_H
#define GAOL_JAIL_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "jail/trace.h"

struct counter;

struct counter_rule {
	double findtime;          /* seconds */
	int64_t maxmatches;       /* lines kept of several failures; <= 0:
	                             none; of one: all of its session's */
};

/* A record that was taken out; the trace is the taker's to free(). */
struct counted {
	struct wall last;
	uint32_t failures;        /* all of them, not scaled */
	uint32_t bancount;        /* as counter_weigh() was told */
	struct trace *trace;      /* may be NULL */
};

/* At most `max` ids; the one longest without a failure makes room. */
struct counter *counter_new(size_t max);
void counter_free(struct counter *c);
/* Counts one failure; returns the number that maxretry is compared with. */
uint32_t counter_add(struct counter *c, const struct failure *f,
    const struct counter_rule *rule);
/*
 * An old failure counts `more` times again: it was somebody's who has been
 * banned before. A `bancount` that is not 0 stays with the record. Returns as
 * counter_add(), or 0: there is no record any more.
 */
uint32_t counter_weigh(struct counter *c, const struct failure *f,
    uint32_t more, uint32_t bancount, const struct counter_rule *rule);
/* Is there a record, and is it of one failure only? */
bool counter_is_first(const struct counter *c, const struct id *id);
bool counter_take(struct counter *c, const struct id *id,
    struct counted *out);
/* Forgets ids whose last failure is at or before `time`; at most `max`. */
size_t counter_purge(struct counter *c, struct wall time, size_t max);
/* Time of the last failure of the id that is longest without one. */
bool counter_oldest(const struct counter *c, struct wall *out);

size_t counter_count(const struct counter *c);
uint64_t counter_evicted(const struct counter *c);
/* Failures whose lines and groups were not kept: no memory left for them. */
uint64_t counter_untold(const struct counter *c);
/* Bytes in use, for tests and status. */
size_t counter_memory(const struct counter *c);

#endif
