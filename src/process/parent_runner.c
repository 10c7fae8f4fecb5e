/*
 * The runner's life: the one child whose end does not end the daemon. It is
 * replaced, the sooner the longer it had lived, and the engine gets a new link
 * on which it says again what was not answered.
 */
#include "process/parent_local.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define LOGGER "gaol.parent"
#define LIVED_WELL (60 * CLOCK_SECOND)
#define PAUSE_MAX 60   /* seconds */

static void
retry_later(struct parent *p)
{
	struct timeval pause = { .tv_usec = 100000 };

	if (clock_boot().us - p->runner_began.us > LIVED_WELL)
		p->runner_lost = 0;
	if (p->runner_lost > 0) {
		pause.tv_usec = 0;
		pause.tv_sec = p->runner_lost < 7 ? 1 << (p->runner_lost - 1) :
		    PAUSE_MAX;
	}
	p->runner_lost++;
	event_add(p->runner_retry, &pause);
}

/* The child is freed later: we may be deep inside it. */
static void
on_gone(struct child *c, bool orderly, void *arg)
{
	struct parent *p = arg;

	(void)c;
	if (p->state == STOPPING) {
		if (!orderly)
			p->status = 1;
		parent_stop_next(p);
		return;
	}
	if (p->state == ENDED)
		return;
	clock_tick();
	retry_later(p);
}

static void
on_lost(struct child *c, void *arg)
{
	struct parent *p = arg;

	if (p->state != STOPPING && p->state != ENDED)
		log_error(LOGGER, "the %s is lost and will be replaced",
		    child_name(c));
}

static void
ignore_ready(void *arg)
{
	(void)arg;
}

static void
ignore_wish(uint32_t type, void *arg)
{
	(void)type;
	(void)arg;
}

static const struct child_events events = {
	.ready = ignore_ready,
	.lost = on_lost,
	.gone = on_gone,
	.wish = ignore_wish,
};

static int
start(struct parent *p)
{
	struct role_options o;
	struct child *c;
	int ends[2];

	if (child_link(ends) == -1) {
		log_error(LOGGER, "no link between engine and runner: %s",
		    strerror(errno));
		return -1;
	}
	parent_options(&o, p, ROLE_RUNNER);
	c = child_new(p->base, &o, &events, p);
	if (c != NULL) {
		child_give_log(c, &p->log_layout, p->log_fd);
		child_give(c, GIFT_PEER, ends[0]);
		child_give(p->children[ROLE_ENGINE], GIFT_RUNNER, ends[1]);
	}
	close(ends[0]);
	close(ends[1]);
	p->children[ROLE_RUNNER] = c;
	return c == NULL ? -1 : 0;
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	child_free(p->children[ROLE_RUNNER]);
	p->children[ROLE_RUNNER] = NULL;
	if (p->state == STOPPING || p->state == ENDED)
		return;
	clock_tick();
	p->runner_began = clock_boot();
	if (start(p) == -1)
		retry_later(p);
}

void
parent_runner_want(struct parent *p)
{
	static const struct timeval now = { 0 };

	if (p->runner_retry != NULL || p->state == STOPPING ||
	    p->state == ENDED)
		return;
	p->runner_retry = event_new(p->base, -1, 0, on_retry, p);
	if (p->runner_retry == NULL || event_add(p->runner_retry, &now) == -1)
		log_fatal(LOGGER, "no event for a timer");
}

void
parent_runner_fini(struct parent *p)
{
	if (p->runner_retry != NULL)
		event_free(p->runner_retry);
	p->runner_retry = NULL;
}
