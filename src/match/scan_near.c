/*
 * What the vectors look for: of each text one window, chosen so that many
 * texts have the same. "user disabled" and "account is disabled" are found by
 * one window and told apart where it stands, which is rarely. The vectors have
 * only eight buckets: each window more makes places look like one that are
 * none, so windows are put together that let the fewest such places through.
 */
#include "match/scan_local.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define BUCKETS 8u
#define SAMPLE_MAX (64u * 1024)
#define SEEN_BITS 15u

/* What a further window costs, in places of SAMPLE_MAX bytes that look like
 * one: a guess. */
#define WINDOW_COST 16u

/* --- one window for many texts --------------------------------------------- */

/* A place in a literal; `value` is its window, the same for both cases. */
struct near_place {
	uint32_t value;
	struct scan_window window;
};

struct near_choice {
	const struct scan *s;
	struct near_place *places;       /* in the order of their values */
	size_t n;
	uint32_t *cost;                  /* of each value, at its first place */
	bool *done;                      /* each literal's */
};

static uint32_t
value_of(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return ((uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16) |
	    0x202020;
}

static int
compare_places(const void *a, const void *b)
{
	const struct near_place *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->window.literal != y->window.literal)
		return x->window.literal < y->window.literal ? -1 : 1;
	return x->window.at < y->window.at ? -1 : x->window.at > y->window.at;
}

static void
list_places(struct near_choice *c, size_t most)
{
	const struct literal *l;
	size_t i, at;

	c->places = xcalloc(c->s->n * (LITERAL_MAX - SCAN_WINDOW + 1),
	    sizeof(*c->places));
	for (i = 0; i < c->s->n; i++) {
		l = &c->s->literals[i];
		c->done[i] = l->n > most;
		for (at = 0; !c->done[i] && at + SCAN_WINDOW <= l->n; at++)
			c->places[c->n++] = (struct near_place){
				value_of(l->text + at),
				{ (uint16_t)i, (uint8_t)at }
			};
	}
	qsort(c->places, c->n, sizeof(*c->places), compare_places);
}

static size_t
behind_value(const struct near_choice *c, size_t from)
{
	size_t to = from;

	while (to < c->n && c->places[to].value == c->places[from].value)
		to++;
	return to;
}

static unsigned
slot_of(uint32_t value, unsigned bits)
{
	return (unsigned)((value * UINT32_C(0x9e3779b1)) >> (32 - bits));
}

/* A small sample needs few slots. */
static unsigned
slot_bits(struct span sample)
{
	unsigned bits = 1;

	while (bits < SEEN_BITS && (1u << bits) < 4 * sample.n)
		bits++;
	return bits;
}

/* How often each window is in the sample; few share a slot with another. */
static uint32_t *
count_values(struct span sample, unsigned bits)
{
	uint32_t *seen = xcalloc((size_t)1 << bits, sizeof(*seen));
	size_t i;

	for (i = 0; i + SCAN_WINDOW <= sample.n; i++)
		seen[slot_of(value_of(sample.p + i), bits)]++;
	return seen;
}

/* How often the log holds them; what their letters say counts as well. */
static void
cost_places(struct near_choice *c, struct span sample)
{
	unsigned slots = slot_bits(sample);
	uint32_t *seen = count_values(sample, slots);
	const struct scan_window *w;
	uint64_t times;
	size_t i;
	int bits;

	for (i = 0; i < c->n; i = behind_value(c, i)) {
		w = &c->places[i].window;
		bits = literal_rarity(span_from(
		    c->s->literals[w->literal].text + w->at, SCAN_WINDOW));
		times = seen[slot_of(c->places[i].value, slots)];
		if (sample.n > 0)
			times = times * SAMPLE_MAX / sample.n;
		c->cost[i] = (uint32_t)times + WINDOW_COST +
		    (SAMPLE_MAX >> bits);
	}
	free(seen);
}

/* Texts from place `from` on, of one value, that have no window yet. */
static size_t
gain_of(const struct near_choice *c, size_t from, size_t to)
{
	size_t gain = 0, i;

	for (i = from; i < to; i++)
		gain += !c->done[c->places[i].window.literal] && (i == from ||
		    c->places[i].window.literal !=
		    c->places[i - 1].window.literal);
	return gain;
}

/* The window that costs the least for each text that gets it. */
static size_t
cheapest(const struct near_choice *c)
{
	size_t best = c->n, best_gain = 0, gain, i, to;

	for (i = 0; i < c->n; i = to) {
		to = behind_value(c, i);
		gain = gain_of(c, i, to);
		if ((uint64_t)gain * (best == c->n ? 1 : c->cost[best]) >
		    (uint64_t)best_gain * c->cost[i]) {
			best = i;
			best_gain = gain;
		}
	}
	return best;
}

static void
take(struct near_choice *c, size_t from, struct scan_table *t)
{
	size_t to = behind_value(c, from), i;
	struct scan_window w;

	for (i = from; i < to; i++) {
		w = c->places[i].window;
		if (c->done[w.literal])
			continue;
		c->done[w.literal] = true;
		t->windows[t->n++] = w;
	}
}

static void
choose(struct near_choice *c, struct scan_table *t)
{
	size_t different = 0, next;

	while ((next = cheapest(c)) < c->n) {
		if (different++ == SCAN_NEAR_MAX) {
			t->n = 0;
			return;
		}
		take(c, next, t);
	}
}

bool
scan_near_windows(const struct scan *s, struct scan_table *t, size_t most,
    struct span sample)
{
	struct near_choice c = { .s = s };

	c.done = xcalloc(s->n, sizeof(*c.done));
	list_places(&c, most);
	c.cost = xcalloc(c.n + 1, sizeof(*c.cost));
	cost_places(&c, span_sub(sample, 0, SAMPLE_MAX));
	t->windows = xreallocarray(t->windows, s->n, sizeof(*t->windows));
	t->n = 0;
	choose(&c, t);
	free(c.cost);
	free(c.places);
	free(c.done);
	return t->n > 0;
}

/* --- which windows share a bucket ------------------------------------------ */

/* Bits: the nibbles that bytes may have, at each place of a window. */
struct near_bucket {
	uint32_t value;         /* of the first window in it */
	uint16_t low[SCAN_WINDOW], high[SCAN_WINDOW];
	double passes;          /* part of the places that look like it */
};

struct near_buckets {
	struct near_bucket v[SCAN_NEAR_MAX];
	size_t n;
	double often[16][16];   /* a byte, by its high and its low nibble */
	/* What the union of two lets through besides: */
	double more[SCAN_NEAR_MAX][SCAN_NEAR_MAX];
};

static void
count_bytes(struct near_buckets *b, struct span sample)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < sample.n; i++) {
		c = (unsigned char)sample.p[i];
		b->often[c >> 4][c & 15]++;
	}
	for (i = 0; i < 256; i++)
		b->often[i >> 4][i & 15] = (b->often[i >> 4][i & 15] + 1) /
		    (double)(sample.n + 256);
}

/* What part of the log's bytes has one of both nibbles. */
static double
part_of(const struct near_buckets *b, unsigned low, unsigned high)
{
	double part = 0;
	unsigned l, h;

	for (h = high; h != 0; h &= h - 1)
		for (l = low; l != 0; l &= l - 1)
			part += b->often[__builtin_ctz(h)][__builtin_ctz(l)];
	return part;
}

static struct near_bucket
both(const struct near_buckets *b, const struct near_bucket *x,
    const struct near_bucket *y)
{
	struct near_bucket out = { .value = x->value, .passes = 1 };
	size_t k;

	for (k = 0; k < SCAN_WINDOW; k++) {
		out.low[k] = x->low[k] | y->low[k];
		out.high[k] = x->high[k] | y->high[k];
		out.passes *= part_of(b, out.low[k], out.high[k]);
	}
	return out;
}

static char
other_case(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static void
mark(struct near_bucket *b, size_t place, char c)
{
	unsigned char u = (unsigned char)c;

	b->low[place] |= (uint16_t)(1u << (u & 15));
	b->high[place] |= (uint16_t)(1u << (u >> 4));
}

/* Windows that differ by case only are one: no more than SCAN_NEAR_MAX. */
static void
add_window(struct near_buckets *b, const struct literal *l, size_t at)
{
	struct near_bucket one = { .value = value_of(l->text + at) };
	size_t k, i;

	for (k = 0; k < SCAN_WINDOW; k++) {
		mark(&one, k, l->text[at + k]);
		if (l->nocase)
			mark(&one, k, other_case(l->text[at + k]));
	}
	for (i = 0; i < b->n && b->v[i].value != one.value; i++)
		;
	b->v[i] = both(b, i < b->n ? &b->v[i] : &one, &one);
	b->n += i == b->n;
}

static void
weigh_with_all(struct near_buckets *b, size_t i)
{
	size_t k;

	for (k = 0; k < b->n; k++)
		b->more[i][k] = b->more[k][i] =
		    both(b, &b->v[i], &b->v[k]).passes -
		    b->v[i].passes - b->v[k].passes;
}

static void
find_pair(const struct near_buckets *b, size_t *first, size_t *second)
{
	size_t i, k;

	*first = 0;
	*second = 1;
	for (i = 0; i < b->n; i++) {
		for (k = i + 1; k < b->n; k++) {
			if (b->more[i][k] < b->more[*first][*second]) {
				*first = i;
				*second = k;
			}
		}
	}
}

/* The pair whose union lets the fewest further places through becomes one. */
static void
unite_two(struct near_buckets *b)
{
	size_t first, second, k;

	find_pair(b, &first, &second);
	b->v[first] = both(b, &b->v[first], &b->v[second]);
	b->v[second] = b->v[--b->n];
	for (k = 0; k < b->n; k++)
		b->more[second][k] = b->more[k][second] = b->more[b->n][k];
	weigh_with_all(b, first);
}

static void
set_masks(struct scan *s, const struct near_buckets *b)
{
	size_t i, k, nibble;

	for (i = 0; i < b->n; i++)
		for (k = 0; k < SCAN_WINDOW; k++)
			for (nibble = 0; nibble < 16; nibble++) {
				s->low[k][nibble] |= (uint8_t)
				    ((b->v[i].low[k] >> nibble & 1) << i);
				s->high[k][nibble] |= (uint8_t)
				    ((b->v[i].high[k] >> nibble & 1) << i);
			}
}

void
scan_near_masks(struct scan *s, struct span sample)
{
	struct near_buckets *b = xcalloc(1, sizeof(*b));
	const struct scan_window *w;
	size_t i;

	count_bytes(b, span_sub(sample, 0, SAMPLE_MAX));
	for (i = 0; i < s->near.n; i++) {
		w = &s->near.windows[i];
		add_window(b, &s->literals[w->literal], w->at);
	}
	for (i = 0; b->n > BUCKETS && i < b->n; i++)
		weigh_with_all(b, i);
	while (b->n > BUCKETS)
		unite_two(b);
	set_masks(s, b);
	free(b);
}
