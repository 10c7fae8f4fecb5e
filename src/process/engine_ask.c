/*
 * Requests to the firewall. What one wake of the loop decides travels as one
 * message; at most ENGINE_SENT_MAX elements are under way, the rest waits here, so
 * a restart with 100,000 bans neither fills the link nor delays a new ban,
 * which overtakes the bulk. Overtaking is harmless because a request is looked
 * at again when it leaves: what the jail says then counts, so an add of the
 * bulk cannot bring back a ban that was lifted meanwhile, nor a delete take
 * away one that was made anew.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"

#define ASKS_MAX 500000u       /* waiting here; about 50 MB */

static void
queue_init(struct ask_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

static void
queue_put(struct ask_queue *q, struct engine_ask *ask)
{
	ask->next = NULL;
	*q->last = ask;
	q->last = &ask->next;
	q->n++;
}

static struct engine_ask *
queue_get(struct ask_queue *q)
{
	struct engine_ask *ask = q->first;

	if (ask == NULL)
		return NULL;
	q->first = ask->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->n--;
	return ask;
}

/* --- whose it is -------------------------------------------------------- */

/*
 * A ticket knows what was asked for it, and each request its ticket: with very
 * many bans a look-up for each message would be most of the work. When the
 * ticket goes first (the ban is lifted), the request looks for whoever has the
 * address by then.
 */
static void
join(struct engine_ask *ask, struct ticket *t)
{
	ask->ticket = t;
	ask->also = t->asks;
	t->asks = ask;
}

static void
part(struct engine_ask *ask)
{
	struct engine_ask **at;

	if (ask->ticket == NULL)
		return;
	for (at = &ask->ticket->asks; *at != ask; at = &(*at)->also)
		continue;
	*at = ask->also;
	ask->ticket = NULL;
}

void
engine_ask_leave(struct ticket *t)
{
	while (t->asks != NULL)
		part(t->asks);
}

static struct ticket *
ticket_of(const struct engine_ask *ask)
{
	struct id id = id_from_addr(&ask->addr);

	if (ask->jail == NULL || ask->jail->jail == NULL)
		return NULL;
	return ask->ticket != NULL ? ask->ticket :
	    jail_find(ask->jail->jail, &id);
}

/* --- answers ------------------------------------------------------------ */

static uint32_t
bit(uint32_t rule)
{
	return 1u << (rule & 31);
}

static void
set_failed(struct engine_jail *j, struct ticket *t, uint32_t rule, int error)
{
	/* Several actions that refuse are one try. */
	if (t->state != TICKET_FAILED)
		t->skip = engine_sync_pause(&t->tries);
	engine_jail_state(j, t, TICKET_FAILED);
	t->error = error;
	/* Whatever the kernel has, it is not what we want. */
	*engine_sync_seen(j->engine, t) &= ~bit(rule);
	engine_retry_later(j->engine);
	/* The other actions do not wait for a firewall that refuses. */
	engine_run_ban(j, t);
}

static void
set_done(struct engine_jail *j, struct ticket *t, uint32_t rule, int error)
{
	/* Older than the dump that is being read? Then it proves nothing. */
	if (error == 0 && !j->engine->dumping)
		*engine_sync_seen(j->engine, t) |= bit(rule);
	if (t->asked > 0)
		return;
	if (t->state == TICKET_FAILED)
		engine_retry_later(j->engine);
	else
		engine_jail_announce(j, t);
}

/*
 * The ticket's part of an answer. What the warden's rules refuse loses its
 * ticket: it is not banned and must not look as if it were. Everything else is
 * kept, shown as failed and tried again.
 */
static void
settle_ticket(const struct engine_ask *ask, int error, bool refused)
{
	struct engine_jail *j = ask->jail;
	struct ticket *t = ticket_of(ask);

	if (t == NULL)
		return;
	if (t->asked > 0)
		t->asked--;
	if (refused) {
		engine_ask_refused(ask, error);
		engine_jail_refuse(j, t);
		return;
	}
	/* Cancelled: its native action has gone, the others count. */
	if (error == 0 || error == ECANCELED) {
		set_done(j, t, ask->rule, error);
		return;
	}
	engine_ask_failed(ask, error);
	set_failed(j, t, ask->rule, error);
}

static void
tell_wait(const struct engine_ask *ask, int error, bool refused)
{
	struct engine_wait *wait = ask->wait;

	if (wait == NULL)
		return;
	if (error != 0)
		wait->failed(wait, ask, error, refused);
	if (--wait->asked == 0)
		wait->done(wait);
}

/* The end of a request; frees it, or keeps it to be tried again. */
static void
settle(struct engine_ask *ask, int error, bool refused)
{
	struct engine_jail *j = ask->jail;

	if (j != NULL && ask->op != ASK_DELETE) {
		if (error != 0 && error != ECANCELED)
			j->engine->asks.refused++;
		settle_ticket(ask, error, refused);
	}
	tell_wait(ask, error, refused);
	ask->wait = NULL;
	if (j == NULL || ask->op != ASK_DELETE || error == 0 ||
	    error == ECANCELED || refused) {
		part(ask);
		free(ask);
		return;
	}
	/* Else it would block on, and come back as a ban at the next start. */
	ask->skip = engine_sync_pause(&ask->tries);
	queue_put(&j->engine->asks.undone, ask);
	engine_retry_later(j->engine);
}

/* --- sending ------------------------------------------------------------ */

/* Is it still what the jail wants, under the numbers of now? */
static bool
is_due(const struct engine_ask *ask, const struct ticket *t)
{
	bool off;

	if (ask->jail == NULL || ask->rule >= ask->jail->rules_n)
		return false;
	off = (ask->jail->rules_off & bit(ask->rule)) != 0;
	return (t != NULL && !off) == (ask->op != ASK_DELETE);
}

/* Until the end, never 0; -1 permanent. */
static int64_t
seconds_left(const struct engine_jail *j, const struct ticket *t)
{
	int64_t left = jail_left(j->jail, t, clock_boot());

	return left != 0 ? left : 1;
}

static struct wire_fw_record
make_record(const struct engine_ask *ask, const struct ticket *t)
{
	struct wire_fw_record r = {
		.cookie = ask->cookie,
		.rule = ask->jail->rule_first + ask->rule,
		.addr = ask->addr,
	};

	if (ask->op != ASK_DELETE)
		r.seconds = seconds_left(ask->jail, t);
	return r;
}

static uint32_t
wire_type(const struct engine_ask *ask)
{
	return ask->op == ASK_DELETE ? WIRE_FW_DELETE : WIRE_FW_ADD;
}

/* The next message: requests of one type from the front of the queue. */
static bool
send_some(struct engine *e, struct ask_queue *q)
{
	struct wire_fw head = { .generation = e->generation };
	struct buf *m = &e->asks.message;
	size_t n = 0;
	size_t room = ENGINE_SENT_MAX - engine_sent_count(e->asks.sent);

	if (q->first == NULL || room == 0)
		return false;
	head.type = wire_type(q->first);
	buf_clear(m);
	buf_add(m, &head, sizeof(head));
	while (q->first != NULL && wire_type(q->first) == head.type &&
	    n < WIRE_RECORDS_MAX && n < room) {
		struct engine_ask *ask = queue_get(q);
		const struct ticket *t = ticket_of(ask);
		struct wire_fw_record r;

		if (!is_due(ask, t)) {
			settle(ask, ECANCELED, false);
			continue;
		}
		engine_sent_add(e->asks.sent, ask);
		r = make_record(ask, t);
		buf_add(m, &r, sizeof(r));
		n++;
	}
	if (n > 0 && port_send(e->warden, m->p, m->n, -1) == -1)
		log_fatal("gaol.engine", "link to the warden: %s",
		    strerror(errno));
	return true;
}

static void
flush(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	while (send_some(e, &e->asks.urgent))
		continue;
	while (send_some(e, &e->asks.bulk))
		continue;
	engine_sync_go_on(e);
}

void
engine_asks_init(struct engine *e)
{
	queue_init(&e->asks.urgent);
	queue_init(&e->asks.bulk);
	queue_init(&e->asks.undone);
	e->asks.sent = engine_sent_new();
	e->asks.flush = event_new(e->base, -1, 0, flush, e);
	if (e->asks.flush == NULL)
		log_fatal("gaol.engine", "out of memory");
}

/* Whoever waits is told; the jails are still there. */
static void
drop(struct engine_ask *ask)
{
	ask->jail = NULL;
	settle(ask, ECANCELED, false);
}

static void
queue_fini(struct ask_queue *q)
{
	struct engine_ask *ask;

	while ((ask = queue_get(q)) != NULL)
		drop(ask);
}

void
engine_asks_fini(struct engine *e)
{
	struct engine_ask *ask;
	size_t at = 0;

	if (e->asks.sent == NULL)
		return;
	queue_fini(&e->asks.urgent);
	queue_fini(&e->asks.bulk);
	queue_fini(&e->asks.undone);
	while ((ask = engine_sent_next(e->asks.sent, &at)) != NULL)
		drop(ask);
	engine_sent_free(e->asks.sent);
	buf_fini(&e->asks.message);
	event_free(e->asks.flush);
	e->asks.sent = NULL;
}

/* --- asking ------------------------------------------------------------- */

/* NULL: too many wait already. */
static struct engine_ask *
put(struct engine_jail *j, uint32_t rule, const struct addr *addr,
    enum ask_op op, bool bulk, struct engine_wait *wait)
{
	struct engine_asks *asks = &j->engine->asks;
	struct engine_ask *ask;

	if (asks->urgent.n + asks->bulk.n + asks->undone.n >= ASKS_MAX) {
		asks->dropped++;
		return NULL;
	}
	ask = xcalloc(1, sizeof(*ask));
	ask->jail = j;
	ask->rule = rule;
	ask->addr = *addr;
	ask->op = op;
	ask->wait = wait;
	if (wait != NULL)
		wait->asked++;
	queue_put(bulk ? &asks->bulk : &asks->urgent, ask);
	event_active(asks->flush, EV_TIMEOUT, 0);
	return ask;
}

static void
put_ban(struct engine_jail *j, struct ticket *t, uint32_t rule,
    enum ask_op op, bool bulk, struct engine_wait *wait)
{
	struct engine_ask *ask = put(j, rule, &t->id.addr, op, bulk, wait);

	if (ask == NULL) {
		set_failed(j, t, rule, ENOBUFS);
		return;
	}
	join(ask, t);
	t->asked++;
}

void
engine_ask(struct engine_jail *j, struct ticket *t, enum ask_op op,
    struct engine_wait *wait)
{
	if (t->id.addr.family == ADDR_NONE)
		return;
	for (uint32_t i = 0; i < j->rules_n; i++)
		if ((j->rules_off & bit(i)) == 0)
			put_ban(j, t, i, op, false, wait);
}

void
engine_ask_one(struct engine_jail *j, struct ticket *t, uint32_t rule)
{
	put_ban(j, t, rule, ASK_ADD, true, NULL);
}

void
engine_ask_delete(struct engine_jail *j, const struct id *id,
    struct engine_wait *wait)
{
	if (id->addr.family == ADDR_NONE)
		return;
	for (uint32_t i = 0; i < j->rules_n; i++)
		put(j, i, &id->addr, ASK_DELETE, false, wait);
}

void
engine_ask_delete_one(struct engine_jail *j, const struct addr *addr,
    uint32_t rule)
{
	put(j, rule, addr, ASK_DELETE, true, NULL);
}

void
engine_ask_retry(struct engine *e)
{
	struct ask_queue *undone = &e->asks.undone;
	struct engine_ask *ask;

	for (size_t n = undone->n; n > 0; n--) {
		ask = queue_get(undone);
		if (ask->skip == 0) {
			queue_put(&e->asks.bulk, ask);
			continue;
		}
		ask->skip--;
		queue_put(undone, ask);
		engine_retry_later(e);
	}
	event_active(e->asks.flush, EV_TIMEOUT, 0);
}

/* --- what comes back ---------------------------------------------------- */

void
engine_ask_done(struct engine *e, const struct wire_fw_done *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct engine_ask *ask = engine_sent_take(e->asks.sent,
		    v[i].cookie);

		if (ask == NULL)
			continue;
		/* It met a reload on its way: ask under the new numbers. */
		if (v[i].error == ESTALE && ask->stale++ == 0) {
			queue_put(&e->asks.urgent, ask);
			continue;
		}
		settle(ask, v[i].error, v[i].refused != 0);
	}
	if (e->asks.urgent.n + e->asks.bulk.n > 0)
		event_active(e->asks.flush, EV_TIMEOUT, 0);
	else
		engine_sync_go_on(e);
}

static void
forget_one(struct engine_ask *ask, const struct engine_jail *j)
{
	if (ask->jail != j)
		return;
	part(ask);
	ask->jail = NULL;
}

static void
forget(struct ask_queue *q, const struct engine_jail *j)
{
	for (struct engine_ask *ask = q->first; ask != NULL; ask = ask->next)
		forget_one(ask, j);
}

void
engine_ask_forget(struct engine *e, const struct engine_jail *j)
{
	struct engine_ask *ask;
	size_t at = 0;

	forget(&e->asks.urgent, j);
	forget(&e->asks.bulk, j);
	forget(&e->asks.undone, j);
	while ((ask = engine_sent_next(e->asks.sent, &at)) != NULL)
		forget_one(ask, j);
}
