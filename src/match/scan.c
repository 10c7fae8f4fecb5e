#include "match/scan.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/scan_local.h"

#define STRIDE_MAX 6u
#define BITS_MIN 8u
#define BITS_MAX 15u
#define NEAR_TRIED 256u
#define SAMPLE_MAX (64u * 1024)

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Without reading behind the window; copies of known sizes are no calls. */
static inline uint32_t
product(const struct scan_table *t, const char *p)
{
	uint32_t v = 0;

	if (t->bytes == SCAN_WINDOW_MAX)
		memcpy(&v, p, SCAN_WINDOW_MAX);
	else
		memcpy(&v, p, SCAN_WINDOW);
	return scan_product(t, le32toh(v));
}

static inline uint32_t
hash(const struct scan_table *t, const char *p)
{
	return product(t, p) >> t->shift;
}

/* --- making ---------------------------------------------------------------- */

static scan_vector_fn *
vector(enum scan_kind kind)
{
	scan_vector_fn *fn = scan_x86(kind);

	return fn != NULL ? fn : scan_neon(kind);
}

static enum scan_kind
choose(enum scan_kind wanted)
{
	if (wanted == SCAN_PLAIN)
		return SCAN_PLAIN;
	if (wanted != SCAN_NARROW && vector(SCAN_WIDE) != NULL)
		return SCAN_WIDE;
	return vector(SCAN_NARROW) != NULL ? SCAN_NARROW : SCAN_PLAIN;
}

/*
 * Chooses the windows of `near`; up to what length are its literals? Where
 * there are more than NEAR_TRIED only the short ones are worth the time.
 */
static size_t
choose_near(struct scan *s, struct span sample)
{
	size_t most = STRIDE_MAX + SCAN_WINDOW_MAX - 2;

	if (s->kind == SCAN_PLAIN)
		return 0;
	if (s->n <= NEAR_TRIED && scan_near_windows(s, &s->near, LITERAL_MAX,
	    sample))
		return LITERAL_MAX;
	return scan_near_windows(s, &s->near, most, sample) ? most : 0;
}

static void
set_window(struct scan_table *t, size_t bytes, size_t stride)
{
	t->bytes = bytes;
	t->stride = stride;
	t->mask = bytes == SCAN_WINDOW_MAX ? UINT32_MAX : 0xffffff;
}

/*
 * Looking at every stride-th place is enough when each literal has a window
 * at that many places in a row. Where all are long a window is, too: fewer
 * places look like one.
 */
static void
set_stride(const struct scan *s, struct scan_table *t, size_t near)
{
	size_t least = STRIDE_MAX + SCAN_WINDOW_MAX - 1, i;

	for (i = 0; i < s->n; i++)
		if (s->literals[i].n > near && s->literals[i].n < least)
			least = s->literals[i].n;
	if (least == STRIDE_MAX + SCAN_WINDOW_MAX - 1)
		set_window(t, SCAN_WINDOW_MAX, STRIDE_MAX);
	else
		set_window(t, SCAN_WINDOW, least - (SCAN_WINDOW - 1));
}

/*
 * How often the log holds the `n` windows of a text from `at` on, by its
 * sample; where that tells nothing, how likely their letters are.
 */
static uint64_t
commonness(const struct scan_table *t, const uint32_t *seen,
    const char *text, size_t n)
{
	uint64_t times = 0;
	int bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		times += seen[hash(t, text + i)];
		bits += literal_rarity(span_from(text + i, t->bytes));
	}
	return (times << 16) + (0xffff - (uint64_t)bits);
}

/* Where the windows in a row begin that the log holds most rarely. */
static size_t
rarest(const struct scan_table *t, const uint32_t *seen,
    const struct literal *l)
{
	uint64_t best = UINT64_MAX, common;
	size_t n = t->stride, i, at = 0;

	for (i = 0; i + n + t->bytes - 1 <= l->n; i++) {
		common = commonness(t, seen, l->text + i, n);
		if (common < best) {
			best = common;
			at = i;
		}
	}
	return at;
}

/* How often each hash comes in the sample. */
static uint32_t *
count_hashes(const struct scan_table *t, struct span sample)
{
	uint32_t *seen = xcalloc((size_t)1 << (32 - t->shift), sizeof(*seen));
	size_t i;

	sample = span_sub(sample, 0, SAMPLE_MAX);
	for (i = 0; i + t->bytes <= sample.n; i++)
		seen[hash(t, sample.p + i)]++;
	return seen;
}

static void
choose_shift(struct scan_table *t, size_t literals)
{
	unsigned bits = BITS_MIN;

	while (bits < BITS_MAX && (1u << bits) < 16 * literals * t->stride)
		bits++;
	t->shift = 32 - bits;
}

/* Of the literals with more than `least` bytes. */
static void
make_windows(const struct scan *s, struct scan_table *t, size_t least,
    struct span sample)
{
	uint32_t *seen = count_hashes(t, sample);
	struct scan_window *w;
	size_t i, k, at;

	t->windows = xcalloc(s->n * t->stride, sizeof(*t->windows));
	for (i = 0; i < s->n; i++) {
		if (s->literals[i].n <= least)
			continue;
		at = rarest(t, seen, &s->literals[i]);
		for (k = 0; k < t->stride; k++) {
			w = &t->windows[t->n++];
			w->literal = (uint16_t)i;
			w->at = (uint8_t)(at + k);
		}
	}
	free(seen);
}

static const char *
window_text(const struct scan *s, const struct scan_window *w)
{
	return s->literals[w->literal].text + w->at;
}

/* Sorts the windows by hash: counts, sums, places. */
static void
make_index(const struct scan *s, struct scan_table *t)
{
	struct scan_window *sorted;
	size_t slots = (size_t)1 << (32 - t->shift), i;
	uint16_t *next;

	t->index = xcalloc(slots + 1, sizeof(*t->index));
	for (i = 0; i < t->n; i++)
		t->index[hash(t, window_text(s, &t->windows[i])) + 1]++;
	for (i = 0; i < slots; i++)
		t->index[i + 1] = (uint16_t)(t->index[i + 1] + t->index[i]);
	next = xcalloc(slots, sizeof(*next));
	memcpy(next, t->index, slots * sizeof(*next));
	sorted = xcalloc(t->n + 1, sizeof(*sorted));
	for (i = 0; i < t->n; i++)
		sorted[next[hash(t, window_text(s, &t->windows[i]))]++] =
		    t->windows[i];
	free(next);
	free(t->windows);
	t->windows = sorted;
}

/* Of `far` only: where windows of `near` are the vectors say. */
static void
make_present(const struct scan *s, struct scan_table *t)
{
	uint32_t h;
	size_t i;

	t->present = xcalloc(((size_t)1 << (32 - t->shift + SCAN_FINE)) / 64,
	    sizeof(*t->present));
	for (i = 0; i < t->n; i++) {
		h = product(t, window_text(s, &t->windows[i])) >>
		    (t->shift - SCAN_FINE);
		t->present[h / 64] |= UINT64_C(1) << (h % 64);
	}
}

static void
make_near(struct scan *s, struct span sample)
{
	choose_shift(&s->near, s->n);
	make_index(s, &s->near);
	scan_near_masks(s, sample);
}

/* What `near` has not: the literals with more than `least` bytes. */
static void
make_far(struct scan *s, size_t least, struct span sample)
{
	set_stride(s, &s->far, least);
	choose_shift(&s->far, s->n);
	make_windows(s, &s->far, least, sample);
	make_index(s, &s->far);
	make_present(s, &s->far);
}

struct scan *
scan_new(const struct literal *v, size_t n, enum scan_kind kind,
    struct span sample)
{
	struct scan *s = xcalloc(1, sizeof(*s));
	size_t near, i;

	assert(n > 0 && n <= SCAN_MAX);
	for (i = 0; i < n; i++)
		assert(v[i].n >= LITERAL_MIN);
	s->literals = xcalloc(n, sizeof(*s->literals));
	memcpy(s->literals, v, n * sizeof(*v));
	s->n = n;
	s->kind = choose(kind);
	set_window(&s->near, SCAN_WINDOW, 1);
	near = choose_near(s, sample);
	if (near == 0)
		s->kind = SCAN_PLAIN;
	else
		make_near(s, sample);
	if (near < LITERAL_MAX)
		make_far(s, near, sample);
	s->vector = vector(s->kind);
	return s;
}

static void
table_fini(struct scan_table *t)
{
	free(t->index);
	free(t->present);
	free(t->windows);
}

void
scan_free(struct scan *s)
{
	if (s == NULL)
		return;
	table_fini(&s->near);
	table_fini(&s->far);
	free(s->literals);
	free(s);
}

size_t
scan_count(const struct scan *s)
{
	return s->n;
}

enum scan_kind
scan_kind(const struct scan *s)
{
	return s->kind;
}

const char *
scan_kind_name(enum scan_kind kind)
{
	switch (kind) {
	case SCAN_WIDE:
		return "AVX2";
	case SCAN_NARROW:
		return scan_x86(SCAN_NARROW) != NULL ? "SSSE3" : "NEON";
	case SCAN_BEST:
	case SCAN_PLAIN:
		break;
	}
	return "plain";
}

/* --- looking ---------------------------------------------------------------- */

static bool
is_at(const struct literal *l, const char *p)
{
	size_t i;

	if (!l->nocase)
		return memcmp(l->text, p, l->n) == 0;
	for (i = 0; i < l->n; i++)
		if (l->text[i] != lower(p[i]))
			return false;
	return true;
}

/* Its ends, which spares most of the calls. */
static inline bool
may_be_at(const struct literal *l, const char *p)
{
	return l->nocase || (l->text[0] == p[0] &&
	    l->text[l->n - 1] == p[l->n - 1]);
}

void
scan_verify(const struct scan *s, const struct scan_table *t,
    struct scan_walk *walk, size_t at)
{
	struct span text = walk->text;
	uint32_t h = hash(t, text.p + at);
	const struct scan_window *w;
	const struct literal *l;
	size_t i, next;

	if (at < walk->next)
		return;
	walk->vain++;
	for (i = t->index[h]; i < t->index[h + 1]; i++) {
		w = &t->windows[i];
		l = &s->literals[w->literal];
		if (at < w->at || at - w->at + l->n > text.n ||
		    !may_be_at(l, text.p + at - w->at) ||
		    !is_at(l, text.p + at - w->at))
			continue;
		walk->vain -= walk->vain > 0;
		next = walk->fn(w->literal, at - w->at, walk->arg);
		if (next > walk->next)
			walk->next = next < text.n ? next : text.n;
	}
}

/* The next stride-th place, from `at` on, with the hash of a window. */
static size_t
next_present(const struct scan_table *t, struct span text, size_t at)
{
	struct scan_table here = *t;    /* nothing that is written aliases it */

	while (at + SCAN_WINDOW_MAX <= text.n &&
	    !scan_is_window(&here, text.p + at))
		at += here.stride;
	return at;
}

/* `far` alone, from the begin to the end. */
static void
plain(const struct scan *s, struct scan_walk *walk)
{
	struct span text = walk->text;
	size_t at = 0;

	for (;;) {
		at = next_present(&s->far, text, at);
		if (at + s->far.bytes > text.n)
			return;
		scan_verify(s, &s->far, walk, at);
		at += s->far.stride;
		if (at < walk->next)
			at = walk->next;
	}
}

size_t
scan_each(const struct scan *s, struct span text, scan_found_fn *fn, void *arg)
{
	struct scan_walk walk = { .text = text, .fn = fn, .arg = arg };

	if (text.n < SCAN_WINDOW)
		return 0;
	if (s->vector == NULL)
		plain(s, &walk);
	else
		s->vector(s, &walk);
	return walk.vain;
}
