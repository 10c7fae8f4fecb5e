/*
 * The link to the resolver process. A few names are with it at a time, one a
 * thread; some threads are kept free for the administrator's.
 */
#include "process/engine_resolve_local.h"

#include <string.h>
#include <unistd.h>

#include "config/value.h"

/* --- to the resolver ---------------------------------------------------- */

static void
want_resolver(struct engine_resolve *r)
{
	const struct wire_plain want = { .type = WIRE_WANT_RESOLVER };

	if (r->wanted || r->engine->ending)
		return;
	r->wanted = true;
	port_send(r->engine->parent, &want, sizeof(want), -1);
}

static int
free_flight(const struct engine_resolve *r, size_t flights)
{
	for (size_t i = 0; i < flights; i++)
		if (r->flights[i] == NULL)
			return (int)i;
	return -1;
}

static void
fly(struct engine_resolve *r, struct name *n, int flight)
{
	struct wire_name_ask m = {
		.type = WIRE_NAME_ASK,
		.kind = (uint32_t)n->key[0],
		.seq = ++r->seq * FLIGHTS + (uint64_t)flight,
	};

	memcpy(m.name, n->key + 1, n->key_n - 1);
	resolve_dequeue(r, n);
	n->seq = m.seq;
	r->flights[flight] = n;
	port_send(r->port, &m, sizeof(m), -1);
}

static void
pump_queue(struct engine_resolve *r, struct names *queue, size_t flights)
{
	struct name *n;
	int flight;

	while ((n = TAILQ_FIRST(queue)) != NULL &&
	    (flight = free_flight(r, flights)) != -1)
		fly(r, n, flight);
}

void
resolve_pump(struct engine_resolve *r)
{
	if (r->port == NULL) {
		if (!TAILQ_EMPTY(&r->ours) || !TAILQ_EMPTY(&r->of_logs))
			want_resolver(r);
		return;
	}
	pump_queue(r, &r->ours, FLIGHTS);
	pump_queue(r, &r->of_logs, FLIGHTS_LOGS);
}

/* --- from the resolver -------------------------------------------------- */

/* NULL: nobody knows any more what that was about. */
static struct name *
land(struct engine_resolve *r, uint64_t seq)
{
	struct name *n = r->flights[seq % FLIGHTS];

	if (n == NULL || n->seq != seq)
		return NULL;
	r->flights[seq % FLIGHTS] = NULL;
	n->seq = 0;
	return n;
}

/* allowipv6 = no */
static bool
is_unwanted(const struct engine *e, const struct addr *a)
{
	const char *allow = e->allowipv6;

	if (allow == NULL && e->config != NULL)
		allow = e->config->main.allowipv6;
	return a->family == ADDR_V6 && allow != NULL &&
	    value_is_bool(allow) && !value_bool(allow);
}

/* A resolver that was taken over cannot hand us what is no address. */
static size_t
sound_addresses(const struct engine *e, const struct addr *v, size_t n,
    struct addr out[LOOKUP_ADDRESSES_MAX])
{
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < LOOKUP_ADDRESSES_MAX; i++)
		if (addr_is_normal(&v[i]) && addr_is_host(&v[i]) &&
		    !is_unwanted(e, &v[i]))
			out[kept++] = v[i];
	return kept;
}

static void
take_addresses(struct engine_resolve *r, const struct wire_name *m, size_t n)
{
	struct addr v[LOOKUP_ADDRESSES_MAX];
	struct name *name = land(r, m->seq);
	size_t kept;

	if (name == NULL)
		return;
	kept = sound_addresses(r->engine, (const struct addr *)(m + 1), n, v);
	resolve_set_answer(name, kept > 0 ? LOOKUP_FOUND : LOOKUP_NONE, v, kept, NULL);
	resolve_settle(r, name);
}

static void
take_text(struct engine_resolve *r, const struct wire_name_text *m)
{
	struct name *name = land(r, m->seq);
	char text[sizeof(m->text)];

	if (name == NULL)
		return;
	memcpy(text, m->text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	resolve_set_answer(name, LOOKUP_FOUND, NULL, 0, text);
	resolve_settle(r, name);
}

static void
take_not(struct engine_resolve *r, const struct wire_name *m)
{
	struct name *name = land(r, m->seq);

	if (name == NULL)
		return;
	resolve_set_answer(name, m->result == LOOKUP_NONE ? LOOKUP_NONE :
	    LOOKUP_FAILED, NULL, 0, NULL);
	resolve_settle(r, name);
}

static void
resolver_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct engine_resolve *r = arg;

	(void)fd;
	clock_tick();
	switch (type) {
	case WIRE_NAME_FOUND:
		take_addresses(r, body, records);
		break;
	case WIRE_NAME_TEXT:
		take_text(r, body);
		break;
	case WIRE_NAME_NOT:
		take_not(r, body);
		break;
	}
	resolve_pump(r);
	engine_jails_run(r->engine);
}

/* What was on its way is asked of the next one. */
static void
resolver_closed(const char *why, void *arg)
{
	struct engine_resolve *r = arg;
	bool flew = false;

	(void)why;   /* the parent says it */
	port_free(r->port);
	r->port = NULL;
	for (size_t i = 0; i < FLIGHTS; i++) {
		struct name *n = r->flights[i];

		r->flights[i] = NULL;
		if (n == NULL)
			continue;
		flew = true;
		n->seq = 0;
		if (!n->pending || n->queued)
			continue;
		n->queued = true;
		TAILQ_INSERT_HEAD(resolve_queue_of(r, n), n, turn);
	}
	r->count.lost += flew;
	resolve_pump(r);
}

void
engine_resolve_link(struct engine *e, int fd)
{
	static const struct port_handlers handlers = {
		.message = resolver_message,
		.closed = resolver_closed,
	};
	struct engine_resolve *r = e->resolve;

	if (r->port != NULL) {
		close(fd);
		return;
	}
	clock_tick();
	r->wanted = false;
	r->port = port_new(e->base, fd, wire_of_resolver, &handlers, r);
	resolve_pump(r);
}
