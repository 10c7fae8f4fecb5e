#include "match/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/scan_local.h"

#define STRIDE_MAX 6u
#define BITS_MIN 8u
#define BITS_MAX 15u
#define BUCKETS 8u

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Of three bytes; the same for both cases of a letter. */
static inline uint32_t
hash(const struct scan *s, const char *p)
{
	uint32_t v = (uint32_t)(unsigned char)p[0] |
	    (uint32_t)(unsigned char)p[1] << 8 |
	    (uint32_t)(unsigned char)p[2] << 16;

	return ((v | 0x202020) * UINT32_C(0x9e3779b1)) >> s->shift;
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

static uint8_t
rarest(const struct literal *l)
{
	int best = -1, bits;
	uint8_t i, at = 0;

	for (i = 0; i + SCAN_WINDOW <= l->n; i++) {
		bits = literal_rarity(span_from(l->text + i, SCAN_WINDOW));
		if (bits > best) {
			best = bits;
			at = i;
		}
	}
	return at;
}

static void
make_windows(struct scan *s)
{
	size_t per = s->kind == SCAN_PLAIN ? s->stride : 1, i, k;
	struct scan_window *w;

	s->windows = xcalloc(s->n * per, sizeof(*s->windows));
	for (i = 0; i < s->n; i++) {
		for (k = 0; k < per; k++) {
			w = &s->windows[s->windows_n++];
			w->literal = (uint16_t)i;
			w->at = s->kind == SCAN_PLAIN ? (uint8_t)k :
			    rarest(&s->literals[i]);
		}
	}
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
	unsigned bits = BITS_MIN;
	size_t slots, i;
	uint16_t *next;

	while (bits < BITS_MAX && (1u << bits) < 16 * s->windows_n)
		bits++;
	s->shift = 32 - bits;
	slots = (size_t)1 << bits;
	s->index = xcalloc(slots + 1, sizeof(*s->index));
	for (i = 0; i < s->windows_n; i++)
		s->index[hash(s, window_text(s, &s->windows[i])) + 1]++;
	for (i = 0; i < slots; i++)
		s->index[i + 1] = (uint16_t)(s->index[i + 1] + s->index[i]);
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
scan_new(const struct literal *v, size_t n, enum scan_kind kind)
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
	make_windows(s);
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
	for (i = s->index[h]; i < s->index[h + 1]; i++) {
		w = &s->windows[i];
		l = &s->literals[w->literal];
		if (at < w->at || at - w->at + l->n > text.n ||
		    !is_at(l, text.p + at - w->at))
			continue;
		next = walk->fn(w->literal, at - w->at, walk->arg);
		if (next > walk->next)
			walk->next = next < text.n ? next : text.n;
	}
}

/* Every stride-th place from `at` on. */
static void
plain(const struct scan *s, struct scan_walk *walk, size_t at)
{
	struct span text = walk->text;
	uint32_t h;

	while (at + SCAN_WINDOW <= text.n) {
		h = hash(s, text.p + at);
		if (s->index[h] != s->index[h + 1])
			scan_verify(s, walk, at);
		at += s->stride;
		if (at < walk->next)
			at = walk->next;
	}
}

void
scan_each(const struct scan *s, struct span text, scan_found_fn *fn, void *arg)
{
	struct scan_walk walk = { text, fn, arg, 0 };

	plain(s, &walk, s->vector != NULL ? s->vector(s, &walk) : 0);
}
