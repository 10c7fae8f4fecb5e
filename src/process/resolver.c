#include "process/resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/offload.h"
#include "base/port.h"
#include "base/xalloc.h"
#include "process/lookup.h"
#include "process/sandbox.h"
#include "process/wire.h"

#define LOGGER "gaol.resolver"
#define WAITING_MAX 64   /* an engine of ours keeps to the threads */

/* One question; while it is in a thread nobody else touches it. */
struct question {
	struct question *next;
	struct resolver *resolver;
	struct wire_name_ask ask;
	enum lookup_result result;
	struct lookup_addresses found;
	char text[LOOKUP_TEXT_MAX + 1];
};

/* The file that may be replaced while we cannot open a new one. */
struct seen { dev_t dev; ino_t ino; };

static const char *const files[] = { "/etc/resolv.conf", "/etc/hosts" };
#define FILES (sizeof(files) / sizeof(files[0]))

struct resolver {
	struct event_base *base;
	const struct role_options *options;
	struct port *parent;
	struct port *engine;
	struct offload *threads;
	struct event *idle;
	struct question *first, **last;   /* that wait for a thread */
	size_t waiting;
	struct seen seen[FILES];
	bool ending;
};

/* --- the end ------------------------------------------------------------ */

static void
end(struct resolver *r)
{
	const struct wire_stopped m = { .type = WIRE_STOPPED };

	if (r->ending)
		return;
	r->ending = true;
	port_send(r->parent, &m, sizeof(m), -1);
	role_end(r->options, r->base, 0);
}

static void
look_at(struct seen seen[FILES])
{
	struct stat st;

	memset(seen, 0, FILES * sizeof(*seen));
	for (size_t i = 0; i < FILES; i++)
		if (stat(files[i], &st) == 0)
			seen[i] = (struct seen){ st.st_dev, st.st_ino };
}

/* The sandbox knows files, not names: a new one is out of reach. */
static bool
files_were_replaced(const struct resolver *r)
{
	struct seen now[FILES];

	look_at(now);
	for (size_t i = 0; i < FILES; i++)
		if (now[i].dev != r->seen[i].dev ||
		    now[i].ino != r->seen[i].ino)
			return true;
	return false;
}

static void
stay(struct resolver *r)
{
	const struct timeval long_enough = {
		.tv_sec = RESOLVER_IDLE_SECONDS
	};

	event_add(r->idle, &long_enough);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	(void)fd;
	(void)what;
	if (r->waiting > 0 || offload_running(r->threads) > 0)
		stay(r);
	else
		end(r);
}

/* --- in a thread -------------------------------------------------------- */

static void
work(void *job)
{
	struct question *q = job;

	switch ((enum wire_name_kind)q->ask.kind) {
	case NAME_ADDRESSES:
		q->result = lookup_addresses(q->ask.name, &q->found);
		break;
	case NAME_OWN:
		q->result = lookup_own(&q->found);
		break;
	case NAME_TEXT:
		q->result = lookup_text(q->ask.name, q->text);
		break;
	}
}

/* --- answers ------------------------------------------------------------ */

static void
answer_not(struct resolver *r, uint64_t seq, enum lookup_result result)
{
	const struct wire_name m = {
		.type = WIRE_NAME_NOT, .result = (uint32_t)result, .seq = seq,
	};

	port_send(r->engine, &m, sizeof(m), -1);
}

static void
answer_found(struct resolver *r, const struct question *q)
{
	const struct wire_name head = {
		.type = WIRE_NAME_FOUND, .result = LOOKUP_FOUND,
		.seq = q->ask.seq,
	};
	struct buf m = { 0 };

	buf_add(&m, &head, sizeof(head));
	buf_add(&m, q->found.v, q->found.n * sizeof(q->found.v[0]));
	port_send(r->engine, m.p, m.n, -1);
	buf_fini(&m);
}

static void
answer_text(struct resolver *r, const struct question *q)
{
	struct wire_name_text m = {
		.type = WIRE_NAME_TEXT, .seq = q->ask.seq,
	};

	_Static_assert(sizeof(m.text) == sizeof(q->text), "text");
	memcpy(m.text, q->text, sizeof(q->text));
	port_send(r->engine, &m, sizeof(m), -1);
}

static void
answer(struct resolver *r, const struct question *q)
{
	if (r->engine == NULL)
		return;
	if (q->result != LOOKUP_FOUND)
		answer_not(r, q->ask.seq, q->result);
	else if (q->ask.kind == NAME_TEXT)
		answer_text(r, q);
	else
		answer_found(r, q);
}

/* --- questions ---------------------------------------------------------- */

static void
start_waiting(struct resolver *r)
{
	struct question *q;

	while ((q = r->first) != NULL && offload_start(r->threads, q) == 0) {
		r->first = q->next;
		if (r->first == NULL)
			r->last = &r->first;
		r->waiting--;
	}
}

static void
on_done(void *job)
{
	struct question *q = job;
	struct resolver *r = q->resolver;

	answer(r, q);
	free(q);
	start_waiting(r);
	if (files_were_replaced(r))
		end(r);
	else
		stay(r);
}

static const struct offload_kind kind = {
	.work = work, .done = on_done, .drop = free,
};

/* Whatever the engine says: a kind we know, a text that ends. */
static bool
is_sound(const struct wire_name_ask *m)
{
	return m->kind <= NAME_TEXT &&
	    memchr(m->name, '\0', sizeof(m->name)) != NULL &&
	    (m->kind == NAME_OWN || lookup_is_name(span_of(m->name)));
}

static void
ask(struct resolver *r, const struct wire_name_ask *m)
{
	struct question *q;

	if (!is_sound(m) || r->waiting >= WAITING_MAX) {
		answer_not(r, m->seq, LOOKUP_FAILED);
		return;
	}
	q = xcalloc(1, sizeof(*q));
	q->resolver = r;
	q->ask = *m;
	*r->last = q;
	r->last = &q->next;
	r->waiting++;
	start_waiting(r);
	/* What it still has to say is asked again of the next one. */
	if (files_were_replaced(r))
		end(r);
}

static void
engine_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	(void)records;
	(void)fd;
	if (type == WIRE_NAME_ASK)
		ask(arg, body);
}

static void
engine_closed(const char *why, void *arg)
{
	struct resolver *r = arg;

	if (why != port_peer_gone)
		log_error(LOGGER, "link to the engine closed: %s", why);
	port_free(r->engine);
	r->engine = NULL;
	end(r);
}

/* --- messages of the parent --------------------------------------------- */

static void
take_gift(struct resolver *r, const struct wire_give *m, int fd)
{
	static const struct port_handlers handlers = {
		.message = engine_message,
		.closed = engine_closed,
	};

	if (m->gift == GIFT_LOG)
		role_log(r->options, &m->layout, fd);
	else if (m->gift == GIFT_PEER && r->engine == NULL)
		r->engine = port_new(r->base, fd, wire_to_resolver, &handlers,
		    r);
	else
		close(fd);
}

static void
parent_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct resolver *r = arg;

	(void)records;
	if (type == WIRE_GIVE)
		take_gift(r, body, fd);
	else if (type == WIRE_STOP)
		end(r);
	else if (type == WIRE_LEVEL)
		log_set_level((enum log_level)
		    ((const struct wire_level *)body)->level);
}

static void
parent_closed(const char *why, void *arg)
{
	struct resolver *r = arg;

	(void)why;
	event_base_loopbreak(r->base);
}

/* --- life --------------------------------------------------------------- */

/* A name server that does not answer is not waited for as long as usual. */
static void
prepare(const struct role_options *options)
{
	const struct sandbox_options own = {
		.uid = options->uid,
		.gid = options->gid,
	};

	setenv("RES_OPTIONS", "timeout:2 attempts:2", 1);
	lookup_confine();
	sandbox_enter(SANDBOX_RESOLVER, &own);
}

struct resolver *
resolver_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single)
{
	static const struct port_handlers handlers = {
		.message = parent_message,
		.closed = parent_closed,
	};
	const struct wire_ready ready = {
		.type = WIRE_READY, .pid = (uint32_t)getpid(),
	};
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->base = base;
	r->options = options;
	r->last = &r->first;
	r->parent = port_new(base, parent_fd, wire_to_child, &handlers, r);
	look_at(r->seen);
	if (!single)
		prepare(options);
	r->threads = offload_new(base, &kind, RESOLVER_THREADS);
	r->idle = event_new(base, -1, 0, on_idle, r);
	if (r->threads == NULL || r->idle == NULL) {
		log_error(LOGGER, "cannot work: %s", strerror(errno));
		resolver_free(r);
		return NULL;
	}
	stay(r);
	port_send(r->parent, &ready, sizeof(ready), -1);
	return r;
}

void
resolver_free(struct resolver *r)
{
	struct question *q;

	if (r == NULL)
		return;
	offload_free(r->threads);
	while ((q = r->first) != NULL) {
		r->first = q->next;
		free(q);
	}
	if (r->idle != NULL)
		event_free(r->idle);
	port_free(r->engine);
	port_free(r->parent);
	free(r);
}
