/*
 * The lives of runner and resolver: children whose end does not end the
 * daemon. One that is lost is replaced, the sooner the longer it had lived,
 * and the engine gets a new link on which it says again what was not answered.
 * One that ended by itself had nothing to do: the next wish starts another.
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

static bool
is_stopping(const struct parent *p)
{
	return p->state == STOPPING || p->state == ENDED;
}

static void
retry_later(struct spare *s)
{
	struct timeval pause = { .tv_usec = 100000 };

	if (clock_boot().us - s->began.us > LIVED_WELL)
		s->lost = 0;
	if (s->lost > 0) {
		pause.tv_usec = 0;
		pause.tv_sec = s->lost < 7 ? 1 << (s->lost - 1) : PAUSE_MAX;
	}
	s->lost++;
	event_add(s->retry, &pause);
}

/* The child is freed later: we may be deep inside it. */
static void
on_gone(struct child *c, bool orderly, void *arg)
{
	static const struct timeval now = { 0 };
	struct spare *s = arg;
	struct parent *p = s->parent;

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
	if (!orderly) {
		s->wanted = true;
		retry_later(s);
	} else {
		event_add(s->retry, &now);
	}
}

static void
on_lost(struct child *c, void *arg)
{
	const struct spare *s = arg;

	if (!is_stopping(s->parent))
		log_error(LOGGER, "the %s is lost and will be replaced",
		    child_name(c));
}

static void
ignore_ready(void *arg)
{
	(void)arg;
}

static void
ignore_wish(struct child *c, uint32_t type, const void *body, void *arg)
{
	(void)c;
	(void)type;
	(void)body;
	(void)arg;
}

static const struct child_events events = {
	.ready = ignore_ready,
	.lost = on_lost,
	.gone = on_gone,
	.wish = ignore_wish,
};

static int
start(struct spare *s)
{
	struct parent *p = s->parent;
	struct role_options o;
	struct child *c;
	int ends[2];

	if (child_link(ends) == -1) {
		log_error(LOGGER, "no link between engine and %s: %s",
		    role_name(s->role), strerror(errno));
		return -1;
	}
	parent_options(&o, p, s->role);
	c = child_new(p->base, &o, &events, s);
	if (c != NULL) {
		child_give_log(c, &p->log_layout, p->log_fd);
		child_give(c, GIFT_PEER, ends[0]);
		child_give(p->children[ROLE_ENGINE], s->role == ROLE_RUNNER ?
		    GIFT_RUNNER : GIFT_RESOLVER, ends[1]);
	}
	close(ends[0]);
	close(ends[1]);
	p->children[s->role] = c;
	return c == NULL ? -1 : 0;
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct spare *s = arg;
	struct parent *p = s->parent;

	(void)fd;
	(void)what;
	child_free(p->children[s->role]);
	p->children[s->role] = NULL;
	if (is_stopping(p) || !s->wanted)
		return;
	clock_tick();
	s->began = clock_boot();
	s->wanted = false;
	if (start(s) == -1) {
		s->wanted = true;
		retry_later(s);
	}
}

void
parent_spare_want(struct parent *p, enum role role)
{
	static const struct timeval now = { 0 };
	struct spare *s = &p->spares[role - ROLE_RUNNER];
	const struct child *c = p->children[role];

	if (is_stopping(p))
		return;
	if (s->retry == NULL) {
		s->parent = p;
		s->role = role;
		s->retry = event_new(p->base, -1, 0, on_retry, s);
		if (s->retry == NULL)
			log_fatal(LOGGER, "no event for a timer");
	}
	/* One that is about to end is followed by another. */
	s->wanted = true;
	if (c == NULL && !event_pending(s->retry, EV_TIMEOUT, NULL) &&
	    event_add(s->retry, &now) == -1)
		log_fatal(LOGGER, "no event for a timer");
}

void
parent_spare_fini(struct parent *p)
{
	for (size_t i = 0; i < SPARES; i++) {
		if (p->spares[i].retry != NULL)
			event_free(p->spares[i].retry);
		p->spares[i].retry = NULL;
	}
}
