/*
 * Two clocks that must not be mixed, hence two types. Wall time stamps logs
 * and rows; boot time (CLOCK_BOOTTIME, counts suspend, never steps) runs the
 * ban timers. Microseconds. Read once per wake with clock_tick(); a test or
 * `--now` may freeze them.
 */
#ifndef GAOL_BASE_CLOCK_H
#define GAOL_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct wall { int64_t us; };
struct boot { int64_t us; };

#define CLOCK_SECOND INT64_C(1000000)

void clock_tick(void);               /* read both clocks, unless frozen */
struct wall clock_wall(void);        /* as of the last tick */
struct boot clock_boot(void);
struct wall clock_wall_now(void);    /* reads the clock (or the frozen one) */
/*
 * How long this process has been awake: since the first tick behind the last
 * clock_rest(), in microseconds of the true clock. 0: none has been.
 */
void clock_rest(void);
int64_t clock_awake_us(void);
/* CPU time that this thread has used, in nanoseconds; never frozen. */
uint64_t clock_cpu_ns(void);
void clock_freeze(struct wall wall, struct boot boot);
void clock_advance(int64_t us);      /* frozen clocks only */
void clock_thaw(void);
bool clock_frozen(void);

static inline int64_t
wall_seconds(struct wall w)
{
	return (w.us >= 0 ? w.us : w.us - (CLOCK_SECOND - 1)) / CLOCK_SECOND;
}

static inline struct wall
wall_from_seconds(int64_t s)
{
	return (struct wall){ s * CLOCK_SECOND };
}

#endif
