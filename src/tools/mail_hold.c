#include "tools/mail_hold.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/xalloc.h"

struct item {
	TAILQ_ENTRY(item) link;
	bool is_session;
	bool gone;
	struct wall when;            /* the log's time as it came */
	struct mail_session session;
	struct access_event event;          /* owned; of the session, too */
};

TAILQ_HEAD(items, item);

struct mail_hold {
	const struct mail_hold_calls *calls;
	void *arg;
	struct items items;          /* the oldest first */
	size_t n;
	struct wall now;             /* of the newest event */
};

struct mail_hold *
mail_hold_new(const struct mail_hold_calls *calls, void *arg)
{
	struct mail_hold *h = xcalloc(1, sizeof(*h));

	h->calls = calls;
	h->arg = arg;
	TAILQ_INIT(&h->items);
	return h;
}

static void
drop(struct mail_hold *h, struct item *i)
{
	TAILQ_REMOVE(&h->items, i, link);
	h->n--;
	access_event_fini(&i->event);
	free(i);
}

void
mail_hold_free(struct mail_hold *h)
{
	if (h == NULL)
		return;
	while (!TAILQ_EMPTY(&h->items))
		drop(h, TAILQ_FIRST(&h->items));
	free(h);
}

static void
tell(struct mail_hold *h, struct item *i)
{
	if (i->gone)
		return;
	if (i->is_session)
		h->calls->session(&i->session, &i->event, h->arg);
	else
		h->calls->event(&i->event, h->arg);
}

static void
tell_first(struct mail_hold *h)
{
	struct item *i = TAILQ_FIRST(&h->items);

	tell(h, i);
	drop(h, i);
}

static struct item *
add(struct mail_hold *h, const struct access_event *e)
{
	struct item *i = xcalloc(1, sizeof(*i));

	if (h->n == MAIL_HOLD_MAX)
		tell_first(h);
	access_event_copy(&i->event, e);
	i->when = h->now;
	TAILQ_INSERT_TAIL(&h->items, i, link);
	h->n++;
	return i;
}

/* The other log is read up to here, too. */
static void
tell_old(struct mail_hold *h)
{
	struct item *i;

	while ((i = TAILQ_FIRST(&h->items)) != NULL && i->when.us +
	    MAIL_SESSIONS_WITHIN * CLOCK_SECOND < h->now.us)
		tell_first(h);
}

void
mail_hold_event(struct mail_hold *h, const struct access_event *e, bool waits)
{
	struct access_event now = *e;

	if (e->time.us > h->now.us)
		h->now = e->time;
	tell_old(h);
	if (waits || h->n > 0)
		add(h, e);
	else
		h->calls->event(&now, h->arg);
}

void
mail_hold_session(struct mail_hold *h, const struct mail_session *s)
{
	struct mail_session now = *s;
	struct access_event e = *s->event;
	struct item *i;

	if (h->n == 0) {
		h->calls->session(&now, &e, h->arg);
		return;
	}
	i = add(h, s->event);
	i->is_session = true;
	i->session = *s;
}

/* The session's number, or the event's; NULL: it was told long ago. */
static struct item *
find(struct mail_hold *h, int64_t number, bool session)
{
	struct item *i;

	TAILQ_FOREACH_REVERSE(i, &h->items, items, link)
		if (i->is_session == session && number ==
		    (session ? i->session.number : i->event.number))
			break;
	return i;
}

static void
amend_one(struct item *i, const struct mail_amend *amend)
{
	if (i == NULL)
		return;
	i->gone = amend->gone;
	if (amend->gone)
		return;
	i->event.ip = amend->ip;
	i->event.proxy_ip = amend->proxy_ip;
}

void
mail_hold_amend(struct mail_hold *h, const struct mail_amend *amend)
{
	if (amend->event != 0)
		amend_one(find(h, amend->event, false), amend);
	if (amend->session != 0)
		amend_one(find(h, amend->session, true), amend);
}

void
mail_hold_flush(struct mail_hold *h)
{
	while (h->n > 0)
		tell_first(h);
}
