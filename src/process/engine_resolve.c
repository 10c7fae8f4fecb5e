#include "process/engine_resolve_local.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.engine"

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

struct names *
resolve_queue_of(struct engine_resolve *r, const struct name *n)
{
	return n->ours ? &r->ours : &r->of_logs;
}

void
resolve_dequeue(struct engine_resolve *r, struct name *n)
{
	if (n->queued)
		TAILQ_REMOVE(resolve_queue_of(r, n), n, turn);
	n->queued = false;
}

/* Who waits is not told: nobody does when this is called. */
static void
forget(struct engine_resolve *r, struct name *n)
{
	struct span key = span_from(n->key, n->key_n);

	resolve_dequeue(r, n);
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
	r->ours_n -= n->ours;
	table_del(r->by_key, hash_of(key), &key);
	free(n->v);
	free(n->text);
	free(n);
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

static struct resolved
answer_of(const struct name *n)
{
	return (struct resolved){
		.name = span_from(n->key + 1, n->key_n - 1),
		.result = n->result, .n = n->n, .v = n->v, .text = n->text,
		.fresh = !n->pending && n->until.us > clock_boot().us,
		.until = n->pending ? (struct boot){ 0 } : n->until,
	};
}

static void
tell(struct name *n)
{
	const struct resolved answer = answer_of(n);
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

/* The administrator's are as many as he wrote; of the others the oldest go. */
static void
evict(struct engine_resolve *r)
{
	struct name *n;

	while (r->answered_n > RESOLVE_ANSWERS_MAX + r->ours_n) {
		n = TAILQ_FIRST(&r->answered);
		while (n->ours)
			n = TAILQ_NEXT(n, link);
		r->count.evicted++;
		forget(r, n);
	}
}

/* The name has its answer, which may be that nobody can say. */
void
resolve_settle(struct engine_resolve *r, struct name *n)
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
	evict(r);
	set_patience(r);
}

void
resolve_set_answer(struct name *n, enum lookup_result result,
    const struct addr *v, size_t count, const char *text)
{
	free(n->v);
	free(n->text);
	n->v = NULL;
	n->text = text != NULL ? xstrdup(text) : NULL;
	n->known = true;
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
		resolve_dequeue(r, n);
		resolve_set_answer(n, LOOKUP_FAILED, NULL, 0, NULL);
		resolve_settle(r, n);
	}
	set_patience(r);
	engine_jails_run(r->engine);
}

/* --- asking ------------------------------------------------------------- */

bool
engine_resolve_last(struct engine *e, const struct resolve_question *q,
    struct resolved *out)
{
	const struct name *n = find(e->resolve, q);

	if (n == NULL || !n->known)
		return false;
	*out = answer_of(n);
	return true;
}

bool
engine_resolve_known(struct engine *e, const struct resolve_question *q,
    struct resolved *out)
{
	return engine_resolve_last(e, q, out) && out->fresh;
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
	r->ours_n += n->ours;
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
		TAILQ_INSERT_TAIL(resolve_queue_of(r, n), n, turn);
	}
	if (TAILQ_FIRST(&r->asked) == n)
		set_patience(r);
	resolve_pump(r);
}

/* It was a log's name, and is the administrator's too. */
static void
promote(struct engine_resolve *r, struct name *n)
{
	bool queued = n->queued;

	if (n->ours)
		return;
	resolve_dequeue(r, n);
	n->ours = true;
	r->ours_n++;
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
	    "idle",
	    "asking", (json_int_t)r->asked_n,
	    "known", (json_int_t)r->answered_n,
	    "found", (json_int_t)r->count.found,
	    "none", (json_int_t)r->count.none,
	    "failed", (json_int_t)r->count.failed,
	    "evicted", (json_int_t)r->count.evicted,
	    "dropped", (json_int_t)r->count.dropped,
	    "lost", (json_int_t)r->count.lost);
}
