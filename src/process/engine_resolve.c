#include "process/engine_resolve.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.engine"
#define FLIGHTS 8        /* with the resolver at a time: its threads */
#define FLIGHTS_LOGS 6   /* … of names that logs brought */
#define KEY_MAX (LOOKUP_NAME_MAX + 1)

struct resolve_wait {
	TAILQ_ENTRY(resolve_wait) link;
	struct name *name;
	resolve_done_fn *done;
	void *arg;
};

/* A name with an answer, without one yet, or with one that got too old. */
struct name {
	TAILQ_ENTRY(name) link;    /* in `asked` or `answered` */
	TAILQ_ENTRY(name) turn;    /* in a queue, while `queued` */
	char key[KEY_MAX];         /* the kind, then the name */
	size_t key_n;
	bool ours, queued, pending;
	uint64_t seq;              /* of its flight; 0: none */
	struct boot until;         /* pending: our patience; else the answer */
	enum lookup_result result;
	struct addr *v;
	size_t n;
	char *text;
	TAILQ_HEAD(, resolve_wait) waits;
	size_t waits_n;
};

TAILQ_HEAD(names, name);

struct engine_resolve {
	struct engine *engine;
	struct port *port;         /* NULL: no resolver */
	bool wanted;               /* … but it was asked for */
	struct table *by_key;
	struct names asked, answered;         /* the oldest first */
	size_t asked_n, answered_n;
	struct names ours, of_logs;           /* wait for a thread */
	struct name *flights[FLIGHTS];
	uint64_t seq;
	struct event *patience;
	struct {
		uint64_t found, none, failed, evicted, dropped, lost;
	} count;
};

/* --- names -------------------------------------------------------------- */

static bool
has_key(const void *entry, const void *key)
{
	const struct name *n = entry;

	return span_eq(span_from(n->key, n->key_n), *(const struct span *)key);
}

static struct span
key_of(const struct resolve_question *q, char out[KEY_MAX])
{
	size_t n = q->name.n < LOOKUP_NAME_MAX ? q->name.n : LOOKUP_NAME_MAX;

	out[0] = (char)q->kind;
	for (size_t i = 0; i < n; i++) {
		char c = q->name.p[i];

		out[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return span_from(out, n + 1);
}

static uint64_t
hash_of(struct span key)
{
	return table_hash(key.p, key.n);
}

static struct name *
find(const struct engine_resolve *r, const struct resolve_question *q)
{
	char buffer[KEY_MAX];
	struct span key = key_of(q, buffer);

	return table_find(r->by_key, hash_of(key), &key);
}

static struct names *
queue_of(struct engine_resolve *r, const struct name *n)
{
	return n->ours ? &r->ours : &r->of_logs;
}

static void
dequeue(struct engine_resolve *r, struct name *n)
{
	if (n->queued)
		TAILQ_REMOVE(queue_of(r, n), n, turn);
	n->queued = false;
}

/* Who waits is not told: nobody does when this is called. */
static void
forget(struct engine_resolve *r, struct name *n)
{
	struct span key = span_from(n->key, n->key_n);

	dequeue(r, n);
	for (size_t i = 0; i < FLIGHTS; i++)
		if (r->flights[i] == n)
			r->flights[i] = NULL;
	if (n->pending) {
		TAILQ_REMOVE(&r->asked, n, link);
		r->asked_n--;
	} else {
		TAILQ_REMOVE(&r->answered, n, link);
		r->answered_n--;
	}
	table_del(r->by_key, hash_of(key), &key);
	free(n->v);
	free(n->text);
	free(n);
}

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
	dequeue(r, n);
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

static void
pump(struct engine_resolve *r)
{
	if (r->port == NULL) {
		if (!TAILQ_EMPTY(&r->ours) || !TAILQ_EMPTY(&r->of_logs))
			want_resolver(r);
		return;
	}
	pump_queue(r, &r->ours, FLIGHTS);
	pump_queue(r, &r->of_logs, FLIGHTS_LOGS);
}

/* --- patience ----------------------------------------------------------- */

static void
set_patience(struct engine_resolve *r)
{
	const struct name *n = TAILQ_FIRST(&r->asked);
	struct timeval left = { 0 };
	int64_t us;

	if (n == NULL) {
		event_del(r->patience);
		return;
	}
	us = n->until.us - clock_boot().us;
	if (us > 0) {
		left.tv_sec = us / CLOCK_SECOND;
		left.tv_usec = us % CLOCK_SECOND;
	}
	event_add(r->patience, &left);
}

static void
tell(struct name *n)
{
	const struct resolved answer = {
		.result = n->result, .n = n->n, .v = n->v, .text = n->text,
	};
	struct resolve_wait *w;

	/* One may cancel another, or ask anew: then there is a next answer. */
	while (!n->pending && (w = TAILQ_FIRST(&n->waits)) != NULL) {
		resolve_done_fn *done = w->done;
		void *arg = w->arg;

		TAILQ_REMOVE(&n->waits, w, link);
		n->waits_n--;
		free(w);
		done(&answer, arg);
	}
}

/* The name has its answer, which may be that nobody can say. */
static void
settle(struct engine_resolve *r, struct name *n)
{
	const int64_t seconds = n->result == LOOKUP_FAILED ?
	    RESOLVE_REMEMBER_FAILED : RESOLVE_REMEMBER;

	if (n->pending) {
		TAILQ_REMOVE(&r->asked, n, link);
		r->asked_n--;
	} else {
		TAILQ_REMOVE(&r->answered, n, link);
		r->answered_n--;
	}
	n->pending = false;
	n->until.us = clock_boot().us + seconds * CLOCK_SECOND;
	TAILQ_INSERT_TAIL(&r->answered, n, link);
	r->answered_n++;
	r->count.found += n->result == LOOKUP_FOUND;
	r->count.none += n->result == LOOKUP_NONE;
	r->count.failed += n->result == LOOKUP_FAILED;
	tell(n);
	while (r->answered_n > RESOLVE_ANSWERS_MAX) {
		r->count.evicted++;
		forget(r, TAILQ_FIRST(&r->answered));
	}
	set_patience(r);
}

static void
set_answer(struct name *n, enum lookup_result result, const struct addr *v,
    size_t count, const char *text)
{
	free(n->v);
	free(n->text);
	n->v = NULL;
	n->text = text != NULL ? xstrdup(text) : NULL;
	n->result = result;
	n->n = count;
	if (count > 0) {
		n->v = xreallocarray(NULL, count, sizeof(*v));
		memcpy(n->v, v, count * sizeof(*v));
	}
}

/* One that is with the resolver keeps its thread busy: its flight stays. */
static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct engine_resolve *r = arg;
	struct name *n;

	(void)fd;
	(void)what;
	clock_tick();
	while ((n = TAILQ_FIRST(&r->asked)) != NULL &&
	    n->until.us <= clock_boot().us) {
		dequeue(r, n);
		set_answer(n, LOOKUP_FAILED, NULL, 0, NULL);
		settle(r, n);
	}
	set_patience(r);
	engine_jails_run(r->engine);
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

/* A resolver that was taken over cannot hand us what is no address. */
static size_t
sound_addresses(const struct addr *v, size_t n,
    struct addr out[LOOKUP_ADDRESSES_MAX])
{
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < LOOKUP_ADDRESSES_MAX; i++)
		if (addr_is_normal(&v[i]) && addr_is_host(&v[i]))
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
	kept = sound_addresses((const struct addr *)(m + 1), n, v);
	set_answer(name, kept > 0 ? LOOKUP_FOUND : LOOKUP_NONE, v, kept, NULL);
	settle(r, name);
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
	set_answer(name, LOOKUP_FOUND, NULL, 0, text);
	settle(r, name);
}

static void
take_not(struct engine_resolve *r, const struct wire_name *m)
{
	struct name *name = land(r, m->seq);

	if (name == NULL)
		return;
	set_answer(name, m->result == LOOKUP_NONE ? LOOKUP_NONE :
	    LOOKUP_FAILED, NULL, 0, NULL);
	settle(r, name);
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
	pump(r);
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
		TAILQ_INSERT_HEAD(queue_of(r, n), n, turn);
	}
	r->count.lost += flew;
	pump(r);
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
	pump(r);
}

/* --- asking ------------------------------------------------------------- */

bool
engine_resolve_known(struct engine *e, const struct resolve_question *q,
    struct resolved *out)
{
	const struct name *n = find(e->resolve, q);

	if (n == NULL || n->pending || n->until.us <= clock_boot().us)
		return false;
	*out = (struct resolved){
		.result = n->result, .n = n->n, .v = n->v, .text = n->text,
	};
	return true;
}

bool
engine_resolve_pending(const struct engine *e,
    const struct resolve_question *q)
{
	const struct name *n = find(e->resolve, q);

	return n != NULL && n->pending;
}

static struct name *
add(struct engine_resolve *r, const struct resolve_question *q)
{
	struct name *n = xcalloc(1, sizeof(*n));
	struct span key = key_of(q, n->key);

	n->key_n = key.n;
	n->ours = q->ours;
	TAILQ_INIT(&n->waits);
	/* The lists have bounds, the table needs none. */
	(void)table_add(r->by_key, hash_of(key), n);
	TAILQ_INSERT_TAIL(&r->answered, n, link);
	r->answered_n++;
	return n;
}

static void
begin(struct engine_resolve *r, struct name *n)
{
	TAILQ_REMOVE(&r->answered, n, link);
	r->answered_n--;
	n->pending = true;
	n->until.us = clock_boot().us + RESOLVE_PATIENCE * CLOCK_SECOND;
	TAILQ_INSERT_TAIL(&r->asked, n, link);
	r->asked_n++;
	/* Else the one that was too slow may still come. */
	if (n->seq == 0) {
		n->queued = true;
		TAILQ_INSERT_TAIL(queue_of(r, n), n, turn);
	}
	if (TAILQ_FIRST(&r->asked) == n)
		set_patience(r);
	pump(r);
}

/* It was a log's name, and is the administrator's too. */
static void
promote(struct engine_resolve *r, struct name *n)
{
	bool queued = n->queued;

	if (n->ours)
		return;
	dequeue(r, n);
	n->ours = true;
	n->queued = queued;
	if (queued)
		TAILQ_INSERT_TAIL(&r->ours, n, turn);
}

struct resolve_wait *
engine_resolve(struct engine *e, const struct resolve_question *q,
    resolve_done_fn *done, void *arg)
{
	struct engine_resolve *r = e->resolve;
	struct name *n = find(r, q);
	struct resolve_wait *w;

	if ((n == NULL || !n->pending) && !q->ours &&
	    r->asked_n >= RESOLVE_ASKED_MAX)
		goto full;
	if (n != NULL && n->waits_n >= RESOLVE_WAITS_MAX && !q->ours)
		goto full;
	if (n == NULL)
		n = add(r, q);
	if (q->ours)
		promote(r, n);
	w = xcalloc(1, sizeof(*w));
	w->name = n;
	w->done = done;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&n->waits, w, link);
	n->waits_n++;
	if (!n->pending)
		begin(r, n);
	return w;
full:
	r->count.dropped++;
	return NULL;
}

void
engine_resolve_cancel(struct resolve_wait *w)
{
	if (w == NULL)
		return;
	TAILQ_REMOVE(&w->name->waits, w, link);
	w->name->waits_n--;
	free(w);
}

/* --- life --------------------------------------------------------------- */

struct engine_resolve *
engine_resolve_new(struct engine *e)
{
	struct engine_resolve *r = xcalloc(1, sizeof(*r));

	r->engine = e;
	r->by_key = table_new(0, has_key);
	TAILQ_INIT(&r->asked);
	TAILQ_INIT(&r->answered);
	TAILQ_INIT(&r->ours);
	TAILQ_INIT(&r->of_logs);
	r->patience = event_new(e->base, -1, 0, on_patience, r);
	if (r->patience == NULL)
		log_fatal(LOGGER, "out of memory");
	return r;
}

static void
forget_all(struct engine_resolve *r, struct names *list)
{
	struct resolve_wait *w;
	struct name *n;

	while ((n = TAILQ_FIRST(list)) != NULL) {
		while ((w = TAILQ_FIRST(&n->waits)) != NULL)
			engine_resolve_cancel(w);
		forget(r, n);
	}
}

void
engine_resolve_free(struct engine_resolve *r)
{
	if (r == NULL)
		return;
	forget_all(r, &r->asked);
	forget_all(r, &r->answered);
	port_free(r->port);
	event_free(r->patience);
	table_free(r->by_key);
	free(r);
}

json_t *
engine_resolve_json(const struct engine *e)
{
	const struct engine_resolve *r = e->resolve;

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "state", r->port != NULL ? "ready" : r->wanted ? "starting" :
	    "none",
	    "asking", (json_int_t)r->asked_n,
	    "known", (json_int_t)r->answered_n,
	    "found", (json_int_t)r->count.found,
	    "none", (json_int_t)r->count.none,
	    "failed", (json_int_t)r->count.failed,
	    "evicted", (json_int_t)r->count.evicted,
	    "dropped", (json_int_t)r->count.dropped,
	    "lost", (json_int_t)r->count.lost);
}
