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
#define BUCKETS 8u
#define SAMPLE_MAX (64u * 1024)

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Of three bytes; the same for both cases of a letter. */
static inline uint32_t
hash_value(uint32_t v, unsigned shift)
{
	return ((v | 0x202020) * UINT32_C(0x9e3779b1)) >> shift;
}

static inline uint32_t
hash(const struct scan *s, const char *p)
{
	return hash_value((uint32_t)(unsigned char)p[0] |
	    (uint32_t)(unsigned char)p[1] << 8 |
	    (uint32_t)(unsigned char)p[2] << 16, s->shift);
}

/* … where a fourth byte may be read, in one go. */
static inline uint32_t
hash_fast(const char *p, unsigned shift)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return hash_value(le32toh(v) & 0xffffff, shift);
}

/* --- making ---------------------------------------------------------------- */

static scan_vector_fn *
vector(enum scan_kind kind)
{
	scan_vector_fn *fn = scan_x86(kind);

	return fn != NULL ? fn : scan_neon(kind);
}

static enum scan_kind
choose(enum scan_kind wanted, size_t n)
{
	if (n > SCAN_TEDDY_MAX || wanted == SCAN_PLAIN)
		return SCAN_PLAIN;
	if (wanted != SCAN_NARROW && vector(SCAN_WIDE) != NULL)
		return SCAN_WIDE;
	return vector(SCAN_NARROW) != NULL ? SCAN_NARROW : SCAN_PLAIN;
}

/*
 * Looking at every stride-th place is enough when each literal has a window
 * at that many places in a row.
 */
static size_t
find_stride(const struct scan *s)
{
	size_t stride = STRIDE_MAX, i;

	for (i = 0; i < s->n; i++)
		if (s->literals[i].n - (SCAN_WINDOW - 1) < stride)
			stride = s->literals[i].n - (SCAN_WINDOW - 1);
	return stride;
}

/*
 * How often the log holds the `n` windows of a text from `at` on, by its
 * sample; where that tells nothing, how likely their letters are.
 */
static uint64_t
commonness(const struct scan *s, const uint32_t *seen, const char *text,
    size_t n)
{
	uint64_t times = 0;
	int bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		times += seen[hash(s, text + i)];
		bits += literal_rarity(span_from(text + i, SCAN_WINDOW));
	}
	return (times << 16) + (0xffff - (uint64_t)bits);
}

/* Where the `n` windows in a row begin that the log holds most rarely. */
static size_t
rarest(const struct scan *s, const uint32_t *seen, const struct literal *l,
    size_t n)
{
	uint64_t best = UINT64_MAX, common;
	size_t i, at = 0;

	for (i = 0; i + n + SCAN_WINDOW - 1 <= l->n; i++) {
		common = commonness(s, seen, l->text + i, n);
		if (common < best) {
			best = common;
			at = i;
		}
	}
	return at;
}

/* How often each hash comes in the sample. */
static uint32_t *
count_hashes(const struct scan *s, struct span sample)
{
	uint32_t *seen = xcalloc((size_t)1 << (32 - s->shift), sizeof(*seen));
	size_t i;

	sample = span_sub(sample, 0, SAMPLE_MAX);
	for (i = 0; i + SCAN_WINDOW <= sample.n; i++)
		seen[hash(s, sample.p + i)]++;
	return seen;
}

static void
choose_shift(struct scan *s)
{
	unsigned bits = BITS_MIN;

	while (bits < BITS_MAX && (1u << bits) < 16 * s->n * s->stride)
		bits++;
	s->shift = 32 - bits;
}

static void
make_windows(struct scan *s, struct span sample)
{
	uint32_t *seen = count_hashes(s, sample);
	struct scan_window *w;
	size_t i, k, at;

	s->windows = xcalloc(s->n * s->stride, sizeof(*s->windows));
	for (i = 0; i < s->n; i++) {
		at = rarest(s, seen, &s->literals[i], s->stride);
		for (k = 0; k < s->stride; k++) {
			w = &s->windows[s->windows_n++];
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
make_index(struct scan *s)
{
	struct scan_window *sorted;
	size_t slots = (size_t)1 << (32 - s->shift), i;
	uint16_t *next;

	s->index = xcalloc(slots + 1, sizeof(*s->index));
	for (i = 0; i < s->windows_n; i++)
		s->index[hash(s, window_text(s, &s->windows[i])) + 1]++;
	for (i = 0; i < slots; i++)
		s->index[i + 1] = (uint16_t)(s->index[i + 1] + s->index[i]);
	s->present = xcalloc(slots / 64, sizeof(*s->present));
	for (i = 0; i < slots; i++)
		if (s->index[i] != s->index[i + 1])
			s->present[i / 64] |= UINT64_C(1) << (i % 64);
	next = xcalloc(slots, sizeof(*next));
	memcpy(next, s->index, slots * sizeof(*next));
	sorted = xcalloc(s->windows_n, sizeof(*sorted));
	for (i = 0; i < s->windows_n; i++)
		sorted[next[hash(s, window_text(s, &s->windows[i]))]++] =
		    s->windows[i];
	free(next);
	free(s->windows);
	s->windows = sorted;
}

static void
mark(struct scan *s, size_t place, char c, unsigned bucket)
{
	unsigned char u = (unsigned char)c;

	s->low[place][u & 15] |= (uint8_t)(1u << bucket);
	s->high[place][u >> 4] |= (uint8_t)(1u << bucket);
}

static char
other_case(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/*
 * Windows that are alike share a bucket: the more bytes it takes at a place,
 * the more texts fit that are none of its windows.
 */
static unsigned
bucket_of(const struct scan *s, const char *text)
{
	size_t before = 0, i;

	for (i = 0; i < s->windows_n; i++)
		before += memcmp(window_text(s, &s->windows[i]), text,
		    SCAN_WINDOW) < 0;
	return (unsigned)(before * BUCKETS / s->windows_n);
}

static void
make_masks(struct scan *s)
{
	const struct scan_window *w;
	const char *text;
	unsigned bucket;
	size_t i, k;

	for (i = 0; i < s->windows_n; i++) {
		w = &s->windows[i];
		text = window_text(s, w);
		bucket = bucket_of(s, text);
		for (k = 0; k < SCAN_WINDOW; k++) {
			mark(s, k, text[k], bucket);
			if (s->literals[w->literal].nocase)
				mark(s, k, other_case(text[k]), bucket);
		}
	}
}

struct scan *
scan_new(const struct literal *v, size_t n, enum scan_kind kind,
    struct span sample)
{
	struct scan *s = xcalloc(1, sizeof(*s));
	size_t i;

	assert(n > 0 && n <= SCAN_MAX);
	for (i = 0; i < n; i++)
		assert(v[i].n >= LITERAL_MIN);
	s->kind = choose(kind, n);
	s->vector = vector(s->kind);
	s->literals = xcalloc(n, sizeof(*s->literals));
	memcpy(s->literals, v, n * sizeof(*v));
	s->n = n;
	s->stride = s->kind == SCAN_PLAIN ? find_stride(s) : 1;
	choose_shift(s);
	make_windows(s, sample);
	make_index(s);
	if (s->vector != NULL)
		make_masks(s);
	return s;
}

void
scan_free(struct scan *s)
{
	if (s == NULL)
		return;
	free(s->index);
	free(s->present);
	free(s->windows);
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

void
scan_verify(const struct scan *s, struct scan_walk *walk, size_t at)
{
	struct span text = walk->text;
	uint32_t h = hash(s, text.p + at);
	const struct scan_window *w;
	const struct literal *l;
	size_t i, next;

	if (at < walk->next)
		return;
	walk->vain++;
	for (i = s->index[h]; i < s->index[h + 1]; i++) {
		w = &s->windows[i];
		l = &s->literals[w->literal];
		if (at < w->at || at - w->at + l->n > text.n ||
		    !is_at(l, text.p + at - w->at))
			continue;
		walk->vain -= walk->vain > 0;
		next = walk->fn(w->literal, at - w->at, walk->arg);
		if (next > walk->next)
			walk->next = next < text.n ? next : text.n;
	}
}

static inline bool
is_present(const uint64_t *present, uint32_t h)
{
	return (present[h / 64] >> (h % 64)) & 1;
}

/* The next stride-th place, from `at` on, with the hash of a window. */
static size_t
next_present(const struct scan *s, struct span text, size_t at)
{
	const uint64_t *present = s->present;
	size_t stride = s->stride;
	unsigned shift = s->shift;

	while (at + SCAN_WINDOW < text.n &&
	    !is_present(present, hash_fast(text.p + at, shift)))
		at += stride;
	return at;
}

/* Every stride-th place from `at` on. */
static void
plain(const struct scan *s, struct scan_walk *walk, size_t at)
{
	struct span text = walk->text;

	for (;;) {
		at = next_present(s, text, at);
		if (at + SCAN_WINDOW > text.n)
			return;
		scan_verify(s, walk, at);
		at += s->stride;
		if (at < walk->next)
			at = walk->next;
	}
}

size_t
scan_each(const struct scan *s, struct span text, scan_found_fn *fn, void *arg)
{
	struct scan_walk walk = { .text = text, .fn = fn, .arg = arg };

	plain(s, &walk, s->vector != NULL ? s->vector(s, &walk) : 0);
	return walk.vain;
}
