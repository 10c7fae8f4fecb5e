#include "base/slice.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

struct slice {
	struct event *turn;
	struct slice_work work;
	void *arg;
};

static uint64_t limit = UINT64_MAX;

static void
come_back(struct slice *s, bool waits)
{
	/* In a later turn: whatever is ready comes before. */
	const struct timeval soon = { .tv_usec = waits ? 1000 : 0 };

	if (event_add(s->turn, &soon) == -1)
		log_fatal("gaol", "out of memory");
}

void
slice_run(struct slice *s, uint64_t ns)
{
	const struct slice_work work = s->work;
	uint64_t begun = clock_cpu_ns();
	void *arg = s->arg;
	enum slice_step rc;

	ns = ns < limit ? ns : limit;
	log_gather();
	do
		rc = work.step(arg);
	while (rc == SLICE_MORE && clock_cpu_ns() - begun < ns);
	log_gather_end();
	if (work.rest != NULL)
		work.rest(arg);
	if (rc != SLICE_OVER)
		come_back(s, rc == SLICE_WAITS);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct slice *s = arg;

	(void)fd;
	(void)what;
	clock_tick();
	slice_run(s, SLICE_NS);
}

struct slice *
slice_new(struct event_base *base, const struct slice_work *work, void *arg)
{
	struct slice *s = xcalloc(1, sizeof(*s));

	s->work = *work;
	s->arg = arg;
	s->turn = event_new(base, -1, 0, on_turn, s);
	if (s->turn == NULL)
		log_fatal("gaol", "out of memory");
	return s;
}

void
slice_free(struct slice *s)
{
	if (s == NULL)
		return;
	event_free(s->turn);
	free(s);
}

/* What waits is not put off, and what is to come at once is not, either. */
void
slice_go_on(struct slice *s)
{
	if (!event_pending(s->turn, EV_TIMEOUT, NULL))
		come_back(s, false);
}

void
slice_limit(uint64_t ns)
{
	limit = ns;
}
