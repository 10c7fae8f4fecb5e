/*
 * Requests to the firewall. What one wake of the loop decides travels as one
 * message; at most ASK_WINDOW elements are under way, the rest waits here, so
 * a restart with 100,000 bans neither fills the link nor delays a new ban,
 * which overtakes the bulk.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"

#define ASK_WINDOW (8u * WIRE_RECORDS_MAX)

static bool
cookie_eq(const void *entry, const void *key)
{
	return ((const struct engine_ask *)entry)->cookie ==
	    *(const uint64_t *)key;
}

static uint64_t
cookie_hash(uint64_t cookie)
{
	/* Ours, counted up: no attacker chooses it. */
	return cookie * UINT64_C(0x9e3779b97f4a7c15);
}

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

static struct wire_fw_record
make_record(const struct engine_ask *ask)
{
	struct wire_fw_record r = {
		.cookie = ask->cookie,
		.seconds = ask->seconds,
		.rule = ask->jail->rule_first + ask->rule,
		.addr = ask->addr,
	};

	return r;
}

static uint32_t
wire_type(const struct engine_ask *ask)
{
	return ask->op == ASK_DELETE ? WIRE_FW_DELETE : WIRE_FW_ADD;
}

/* --- answers -------------------------------------------------------------- */

static bool
is_refusal(int error)
{
	/* The warden's own: it will never say anything else. */
	return error == EACCES || error == EINVAL || error == ERANGE;
}

static const char *
refusal_text(int error)
{
	switch (error) {
	case EACCES:
		return "it is protected (own, loopback or ignored by [DEFAULT])";
	case ERANGE:
		return "the network is too wide";
	case ENFILE:
		return "the set is full";
	default:
		return strerror(error);
	}
}

/* One line a minute for each kind of error, however many bans meet it. */
static void
log_refusal(const struct engine_ask *ask, int error)
{
	static struct { int error; int64_t until; unsigned long hidden; } last;
	struct id id = id_from_addr(&ask->addr);
	struct buf text = { 0 };
	int64_t now = clock_boot().us;

	if (error == last.error && now < last.until && !is_refusal(error)) {
		last.hidden++;
		return;
	}
	id_format(&id, &text);
	log_error("fail2ban.actions", "[%s] %s is not in the firewall: %s",
	    ask->jail->config->name, text.p, refusal_text(error));
	if (last.hidden > 0 && error == last.error)
		log_error("fail2ban.actions", "the same for %lu more",
		    last.hidden);
	buf_fini(&text);
	last.error = error;
	last.hidden = 0;
	last.until = now + 60 * CLOCK_SECOND;
}

/*
 * The ticket's part of an answer. A protected address loses its ticket: it is
 * not banned and must not look as if it were. Everything else is kept, shown
 * as failed and tried again.
 */
static void
settle_ticket(struct engine_jail *j, const struct engine_ask *ask, int error)
{
	struct id id = id_from_addr(&ask->addr);
	struct ticket *t = jail_find(j->jail, &id);

	if (t == NULL)
		return;
	if (t->asked > 0)
		t->asked--;
	if (error == 0) {
		/* Older than the dump that is being read? Then it proves nothing. */
		if (!j->engine->dumping)
			t->seen |= 1u << (ask->rule & 31);
		if (t->asked == 0 && t->state != TICKET_FAILED)
			engine_jail_announce(j, t);
		return;
	}
	t->state = TICKET_FAILED;
	t->error = error;
	if (is_refusal(error)) {
		jail_unban(j->jail, &id, UNBAN_BY_HAND);
		return;
	}
	engine_retry_later(j->engine);
}

static void
settle(struct engine_ask *ask, int error)
{
	struct engine_jail *j = ask->jail;

	if (j != NULL && error != 0 && ask->op != ASK_DELETE) {
		j->engine->asks.refused++;
		log_refusal(ask, error);
	}
	if (j != NULL && j->jail != NULL && ask->op != ASK_DELETE)
		settle_ticket(j, ask, error);
	if (ask->wait != NULL) {
		struct engine_wait *wait = ask->wait;

		if (error != 0 && wait->failed != NULL)
			wait->failed(wait, &ask->addr, error);
		if (--wait->asked == 0)
			wait->done(wait);
	}
	free(ask);
}

/* --- sending ---------------------------------------------------------------- */

/* The next message: requests of one type from the front of the queue. */
static bool
send_some(struct engine *e, struct ask_queue *q)
{
	struct wire_fw head = { .generation = e->generation };
	struct buf m = { 0 };
	size_t n = 0;
	size_t room = ASK_WINDOW - table_count(e->asks.sent);

	if (q->first == NULL || room == 0)
		return false;
	head.type = wire_type(q->first);
	buf_add(&m, &head, sizeof(head));
	while (q->first != NULL && wire_type(q->first) == head.type &&
	    n < WIRE_RECORDS_MAX && n < room) {
		struct engine_ask *ask = queue_get(q);
		struct wire_fw_record r;

		if (ask->jail == NULL) {
			settle(ask, ECANCELED);
			continue;
		}
		r = make_record(ask);
		buf_add(&m, &r, sizeof(r));
		table_add(e->asks.sent, cookie_hash(ask->cookie), ask);
		n++;
	}
	if (n > 0 && port_send(e->warden, m.p, m.n, -1) == -1)
		log_fatal("gaol.engine", "link to the warden: %s",
		    strerror(errno));
	buf_fini(&m);
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
}

void
engine_asks_init(struct engine *e)
{
	queue_init(&e->asks.urgent);
	queue_init(&e->asks.bulk);
	e->asks.sent = table_new(0, cookie_eq);
	e->asks.flush = event_new(e->base, -1, 0, flush, e);
	if (e->asks.flush == NULL)
		log_fatal("gaol.engine", "out of memory");
}

static void
queue_fini(struct ask_queue *q)
{
	struct engine_ask *ask;

	while ((ask = queue_get(q)) != NULL)
		free(ask);
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
	while ((ask = table_next(e->asks.sent, &at)) != NULL)
		free(ask);
	table_free(e->asks.sent);
	event_free(e->asks.flush);
	e->asks.sent = NULL;
}

void
engine_ask_one(struct engine_jail *j, uint32_t rule, const struct addr *addr,
    int64_t seconds, enum ask_op op, bool bulk, struct engine_wait *wait)
{
	struct engine *e = j->engine;
	struct engine_ask *ask = xcalloc(1, sizeof(*ask));

	ask->cookie = ++e->asks.cookie;
	ask->jail = j;
	ask->rule = rule;
	ask->addr = *addr;
	ask->seconds = seconds;
	ask->op = op;
	ask->wait = wait;
	if (wait != NULL)
		wait->asked++;
	queue_put(bulk ? &e->asks.bulk : &e->asks.urgent, ask);
	event_active(e->asks.flush, EV_TIMEOUT, 0);
}

unsigned
engine_ask(struct engine_jail *j, const struct id *id, int64_t seconds,
    enum ask_op op, bool bulk, struct engine_wait *wait)
{
	if (id->addr.family == ADDR_NONE)
		return 0;
	for (uint32_t i = 0; i < j->rules_n; i++)
		engine_ask_one(j, i, &id->addr, seconds, op, bulk, wait);
	return j->rules_n;
}

int64_t
engine_ask_seconds(const struct engine_jail *j, const struct ticket *t)
{
	int64_t left = jail_left(j->jail, t, clock_boot());

	return left != 0 ? left : 1;
}

void
engine_ask_done(struct engine *e, const struct wire_fw_done *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct engine_ask *ask = table_del(e->asks.sent,
		    cookie_hash(v[i].cookie), &v[i].cookie);

		if (ask == NULL)
			continue;
		/* It met a reload on its way: ask under the new numbers. */
		if (v[i].error == ESTALE && ask->jail != NULL &&
		    ask->rule < ask->jail->rules_n && ask->stale++ == 0) {
			queue_put(&e->asks.urgent, ask);
			continue;
		}
		settle(ask, v[i].error);
	}
	if (e->asks.urgent.n + e->asks.bulk.n > 0)
		event_active(e->asks.flush, EV_TIMEOUT, 0);
}

static void
forget_in_queue(struct ask_queue *q, const struct engine_jail *j,
    const struct engine_wait *wait)
{
	for (struct engine_ask *ask = q->first; ask != NULL; ask = ask->next) {
		if (j != NULL && ask->jail == j)
			ask->jail = NULL;
		if (wait != NULL && ask->wait == wait)
			ask->wait = NULL;
	}
}

static void
forget(struct engine *e, const struct engine_jail *j,
    const struct engine_wait *wait)
{
	struct engine_ask *ask;
	size_t at = 0;

	forget_in_queue(&e->asks.urgent, j, wait);
	forget_in_queue(&e->asks.bulk, j, wait);
	while ((ask = table_next(e->asks.sent, &at)) != NULL) {
		if (j != NULL && ask->jail == j)
			ask->jail = NULL;
		if (wait != NULL && ask->wait == wait)
			ask->wait = NULL;
	}
}

void
engine_ask_forget(struct engine *e, const struct engine_jail *j)
{
	forget(e, j, NULL);
}

void
engine_ask_unwait(struct engine *e, const struct engine_wait *wait)
{
	forget(e, NULL, wait);
}
