#include "base/turn.h"

#include <event2/event.h>
#include <stdbool.h>

#include "base/clock.h"

static struct turn_report report;
static bool skip;

static void
count(int64_t us, int64_t cpu_us)
{
	if (us > report.longest_us)
		report.longest_us = us;
	if (cpu_us > report.longest_cpu_us)
		report.longest_cpu_us = cpu_us;
	report.slow += us >= TURN_SLOW_US;
}

int
turn_dispatch(struct event_base *base)
{
	int rc;

	do {
		uint64_t cpu = clock_cpu_ns();

		clock_rest();
		rc = event_base_loop(base, EVLOOP_ONCE);
		cpu = clock_cpu_ns() - cpu;
		if (!skip)
			count(clock_awake_us(), (int64_t)(cpu / 1000));
		skip = false;
	} while (rc == 0 && !event_base_got_exit(base) &&
	    !event_base_got_break(base));
	return rc;
}

void
turn_get(struct turn_report *out)
{
	*out = report;
}

void
turn_forget(void)
{
	report = (struct turn_report){ 0 };
	skip = true;
}
