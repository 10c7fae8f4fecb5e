#include "jail/counter.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/id.h"
#include "base/xalloc.h"

/*
 * The one table an attacker can fill to its end, so it is built for a million
 * ids: records of one cache line in chunks, chained by number. base/table
 * would need up to 32 bytes for an entry, and an allocation each. The heap
 * orders records by their last failure, for purging and eviction.
 */
struct record {
	struct addr addr;
	uint16_t bancount;        /* of those before */
	uint32_t retry;           /* scaled to findtime */
	uint32_t failures;
	uint32_t chain;           /* number of the next record; 0: none */
	double first;             /* seconds */
	struct heap_node last;    /* key: microseconds */
	struct trace *trace;      /* the raw id's text is in there */
};
_Static_assert(sizeof(struct record) == 64, "a record is a cache line");

#define CHUNK 1024                /* records */
#define BUCKETS_FIRST 64

/*
 * Texts get 4 MiB and 16 bytes for every id that may be tracked. That keeps
 * all the lines of any usual attack; in a flood of a million addresses the
 * numbers stay exact and only the lines, which a ban does not need, are left
 * out (and counted).
 */
#define TEXT_BASE ((size_t)4 << 20)
#define TEXT_EACH 16

struct counter {
	struct record **chunks;
	size_t chunks_n;
	uint32_t used;            /* records ever handed out of chunks */
	uint32_t free;            /* chain of returned ones */
	uint32_t *buckets;
	size_t buckets_n;         /* a power of two, or 0 */
	size_t count;
	size_t max;
	struct heap heap;
	size_t texts;             /* bytes in traces */
	size_t texts_max;
	uint64_t evicted;
	uint64_t untold;
};

struct counter *
counter_new(size_t max)
{
	struct counter *c = xcalloc(1, sizeof(*c));

	if (max == 0)
		max = 1;
	if (max > UINT32_MAX - 1)
		max = UINT32_MAX - 1;
	c->max = max;
	c->texts_max = TEXT_BASE + max * TEXT_EACH;
	return c;
}

/* Numbers count from 1, so that 0 is nobody. */
static struct record *
record_at(const struct counter *c, uint32_t number)
{
	return &c->chunks[(number - 1) / CHUNK][(number - 1) % CHUNK];
}

static struct record *
record_of(struct heap_node *node)
{
	return (struct record *)((char *)node -
	    offsetof(struct record, last));
}

static struct id
id_of(const struct record *r)
{
	return (struct id){ .addr = r->addr, .raw = trace_raw(r->trace) };
}

/* Back to how it was born: memory of an attack is not kept for ever. */
static void
empty(struct counter *c)
{
	size_t i;

	for (i = 0; i < c->chunks_n; i++)
		free(c->chunks[i]);
	free(c->chunks);
	free(c->buckets);
	heap_fini(&c->heap);
	c->chunks = NULL;
	c->buckets = NULL;
	c->chunks_n = c->buckets_n = 0;
	c->used = c->free = 0;
}

void
counter_free(struct counter *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->heap.n; i++)
		free(record_of(c->heap.v[i])->trace);
	empty(c);
	free(c);
}

static uint32_t *
bucket_of(const struct counter *c, const struct id *id)
{
	return &c->buckets[id_hash(id) & (c->buckets_n - 1)];
}

/* The link that names the id's record, or the empty one at the end. */
static uint32_t *
find_link(const struct counter *c, const struct id *id)
{
	uint32_t *link = bucket_of(c, id);
	struct record *r;
	struct id other;

	while (*link != 0) {
		r = record_at(c, *link);
		other = id_of(r);
		if (id_eq(&other, id))
			break;
		link = &r->chain;
	}
	return link;
}

static struct record *
find(const struct counter *c, const struct id *id)
{
	uint32_t number;

	if (c->count == 0)
		return NULL;
	number = *find_link(c, id);
	return number != 0 ? record_at(c, number) : NULL;
}

static void
grow_buckets(struct counter *c)
{
	struct record *r;
	struct id id;
	uint32_t *link, number;
	uint32_t *old = c->buckets;
	size_t i, n = c->buckets_n;

	c->buckets_n = n > 0 ? n * 2 : BUCKETS_FIRST;
	c->buckets = xcalloc(c->buckets_n, sizeof(*c->buckets));
	for (i = 0; i < n; i++) {
		while ((number = old[i]) != 0) {
			r = record_at(c, number);
			old[i] = r->chain;
			id = id_of(r);
			link = bucket_of(c, &id);
			r->chain = *link;
			*link = number;
		}
	}
	free(old);
}

static uint32_t
new_number(struct counter *c)
{
	uint32_t number = c->free;

	if (number != 0) {
		c->free = record_at(c, number)->chain;
		return number;
	}
	if (c->used / CHUNK == c->chunks_n) {
		c->chunks = xreallocarray(c->chunks, c->chunks_n + 1,
		    sizeof(*c->chunks));
		c->chunks[c->chunks_n++] = xmalloc(CHUNK *
		    sizeof(struct record));
	}
	return ++c->used;
}

static void
set_trace(struct counter *c, struct record *r, struct trace *t)
{
	c->texts += trace_cost(t);
	r->trace = t;
}

/* Takes the record at *link out; its trace is the caller's. */
static void
detach(struct counter *c, uint32_t *link)
{
	uint32_t number = *link;
	struct record *r = record_at(c, number);

	c->texts -= trace_cost(r->trace);
	heap_del(&c->heap, &r->last);
	*link = r->chain;
	r->chain = c->free;
	c->free = number;
	if (--c->count == 0)
		empty(c);
}

static void
drop(struct counter *c, struct record *r)
{
	struct id id = id_of(r);
	struct trace *trace = r->trace;

	detach(c, find_link(c, &id));
	free(trace);
}

static void
evict_oldest(struct counter *c)
{
	drop(c, record_of(heap_first(&c->heap)));
	c->evicted++;
}

static double
seconds(int64_t us)
{
	return (double)us / (double)CLOCK_SECOND;
}

/* As Python's round(): to the nearest, a half to the even neighbour. */
static uint32_t
round_half_even(double v)
{
	double part;
	uint32_t n;

	if (!(v > 0))
		return 0;
	if (v >= UINT32_MAX)
		return UINT32_MAX;
	n = (uint32_t)v;
	part = v - n;
	if (part > 0.5 || (part == 0.5 && (n & 1)))
		n++;
	return n;
}

/* A failure later than the last one moves the interval along. */
static void
move_on(struct counter *c, struct record *r, int64_t time, double findtime)
{
	double t = seconds(time);

	if (time <= r->last.key)
		return;
	if (r->first < t - findtime) {
		r->retry = round_half_even(r->retry / (t - r->first) *
		    findtime);
		r->first = t - findtime;
	}
	heap_change(&c->heap, &r->last, time);
}

static bool
has_room(struct counter *c, const struct failure *f)
{
	if (c->texts + trace_cost_of(f) <= c->texts_max)
		return true;
	c->untold++;
	return false;
}

static struct record *
create(struct counter *c, const struct failure *f, bool texts)
{
	struct record *r;
	uint32_t number, *link;

	if (c->count >= c->buckets_n)
		grow_buckets(c);
	number = new_number(c);
	r = record_at(c, number);
	*r = (struct record){ .addr = f->id.addr,
		.first = seconds(f->time.us) };
	/* As upstream: only a second failure makes it cut anything. */
	set_trace(c, r, trace_new(f, texts, INT64_MAX));
	link = bucket_of(c, &f->id);
	r->chain = *link;
	*link = number;
	heap_node_init(&r->last);
	heap_add(&c->heap, &r->last, f->time.us);
	c->count++;
	return r;
}

static struct record *
begin(struct counter *c, const struct failure *f)
{
	bool texts = has_room(c, f);

	/* A raw id is text that counting cannot do without. */
	while (!texts && f->id.addr.family == ADDR_NONE && c->count > 0 &&
	    c->texts + trace_cost_of(f) > c->texts_max)
		evict_oldest(c);
	if (c->count == c->max)
		evict_oldest(c);
	return create(c, f, texts);
}

static void
add_lines(struct counter *c, struct record *r, const struct failure *f,
    const struct counter_rule *rule)
{
	if (rule->maxmatches > 0 && (f->lines_n == 0 || !has_room(c, f)))
		return;
	if (rule->maxmatches <= 0 && r->trace == NULL)
		return;
	c->texts -= trace_cost(r->trace);
	set_trace(c, r, trace_add_lines(r->trace, f, rule->maxmatches));
}

/* Lines that somebody told of count each, but are one failure. */
static uint32_t
count_up(uint32_t retry, unsigned attempts)
{
	uint32_t more = attempts > 1 ? attempts : 1;

	return retry < UINT32_MAX - more ? retry + more : UINT32_MAX;
}

uint32_t
counter_add(struct counter *c, const struct failure *f,
    const struct counter_rule *rule)
{
	struct record *r = find(c, &f->id);

	if (r == NULL) {
		r = begin(c, f);
	} else {
		move_on(c, r, f->time.us, rule->findtime);
		add_lines(c, r, f, rule);
	}
	r->failures += r->failures < UINT32_MAX;
	r->retry = count_up(r->retry, f->attempts);
	return r->retry;
}

uint32_t
counter_weigh(struct counter *c, const struct failure *f, uint32_t more,
    uint32_t bancount, const struct counter_rule *rule)
{
	struct record *r = find(c, &f->id);

	if (r == NULL)
		return 0;
	move_on(c, r, f->time.us, rule->findtime);
	r->failures += r->failures < UINT32_MAX;
	r->retry = more < UINT32_MAX - r->retry ? r->retry + more :
	    UINT32_MAX;
	if (bancount > 0)
		r->bancount = bancount < UINT16_MAX ? (uint16_t)bancount :
		    UINT16_MAX;
	return r->retry;
}

bool
counter_is_first(const struct counter *c, const struct id *id)
{
	const struct record *r = find(c, id);

	return r != NULL && r->failures == 1;
}

bool
counter_take(struct counter *c, const struct id *id, struct counted *out)
{
	struct record *r = find(c, id);

	if (r == NULL)
		return false;
	*out = (struct counted){ .last = { r->last.key },
		.failures = r->failures, .bancount = r->bancount,
		.trace = r->trace };
	detach(c, find_link(c, id));
	return true;
}

size_t
counter_purge(struct counter *c, struct wall time, size_t max)
{
	struct heap_node *node;
	size_t n = 0;

	while (n < max && (node = heap_first(&c->heap)) != NULL &&
	    node->key <= time.us) {
		drop(c, record_of(node));
		n++;
	}
	return n;
}

bool
counter_oldest(const struct counter *c, struct wall *out)
{
	struct heap_node *node = heap_first(&c->heap);

	if (node == NULL)
		return false;
	out->us = node->key;
	return true;
}

size_t
counter_count(const struct counter *c)
{
	return c->count;
}

uint64_t
counter_evicted(const struct counter *c)
{
	return c->evicted;
}

uint64_t
counter_untold(const struct counter *c)
{
	return c->untold;
}

size_t
counter_memory(const struct counter *c)
{
	return sizeof(*c) + c->chunks_n * (CHUNK * sizeof(struct record) +
	    sizeof(*c->chunks)) + c->buckets_n * sizeof(*c->buckets) +
	    c->heap.cap * sizeof(*c->heap.v) + c->texts;
}
