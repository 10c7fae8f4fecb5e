#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

static struct wall ticked_wall;
static struct boot ticked_boot;
static int64_t woken;   /* microseconds of CLOCK_BOOTTIME; 0: not yet */
static bool frozen;

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) == -1)
		log_fatal("gaol.base", "clock %d cannot be read: %s", (int)id,
		    strerror(errno));
	return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec / 1000;
}

void
clock_tick(void)
{
	if (frozen)
		return;
	ticked_wall.us = read_clock(CLOCK_REALTIME);
	ticked_boot.us = read_clock(CLOCK_BOOTTIME);
	if (woken == 0)
		woken = ticked_boot.us;
}

void
clock_rest(void)
{
	woken = 0;
}

int64_t
clock_awake_us(void)
{
	return woken != 0 ? read_clock(CLOCK_BOOTTIME) - woken : 0;
}

struct wall
clock_wall(void)
{
	return ticked_wall;
}

struct boot
clock_boot(void)
{
	return ticked_boot;
}

struct wall
clock_wall_now(void)
{
	if (frozen)
		return ticked_wall;
	return (struct wall){ read_clock(CLOCK_REALTIME) };
}

uint64_t
clock_cpu_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void
clock_freeze(struct wall wall, struct boot boot)
{
	ticked_wall = wall;
	ticked_boot = boot;
	frozen = true;
}

void
clock_advance(int64_t us)
{
	assert(frozen);
	ticked_wall.us += us;
	ticked_boot.us += us;
}

void
clock_thaw(void)
{
	frozen = false;
	clock_tick();
}

bool
clock_frozen(void)
{
	return frozen;
}
