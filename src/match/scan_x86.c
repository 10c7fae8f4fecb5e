/* AVX2 and SSSE3, chosen when the program runs. */
#include "match/scan_local.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))
#define NARROW __attribute__((target("ssse3")))

struct wide { __m256i low, high; };
struct narrow { __m128i low, high; };

static inline WIDE __m256i
wide_buckets(const struct wide *masks, const char *p)
{
	__m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i low = _mm256_and_si256(v, nibble);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);

	return _mm256_and_si256(_mm256_shuffle_epi8(masks->low, low),
	    _mm256_shuffle_epi8(masks->high, high));
}

static inline WIDE __m256i
wide_mask(const uint8_t *table)
{
	return _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)table));
}

/* One bit for each of 32 places: a window of `near` may be there. */
static inline WIDE uint32_t
wide_near(const struct wide masks[SCAN_WINDOW], const char *p)
{
	__m256i found = _mm256_and_si256(_mm256_and_si256(
	    wide_buckets(&masks[0], p), wide_buckets(&masks[1], p + 1)),
	    wide_buckets(&masks[2], p + 2));

	return ~(uint32_t)_mm256_movemask_epi8(
	    _mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

static WIDE void
wide(const struct scan *s, struct scan_walk *walk)
{
	struct wide masks[SCAN_WINDOW];
	char last[32 + SCAN_LAST] = { 0 };
	struct span text = walk->text;
	uint32_t hits, far = 0;
	size_t i, next;

	for (i = 0; i < SCAN_WINDOW; i++) {
		masks[i].low = wide_mask(s->low[i]);
		masks[i].high = wide_mask(s->high[i]);
	}
	for (i = 0; i + 32 + SCAN_WINDOW_MAX - 1 <= text.n; i = next) {
		next = i + 32;
		hits = wide_near(masks, text.p + i);
		if (s->far.n > 0)
			far = scan_far(&s->far, walk, text.p + i, i, 32);
		scan_ask(s, walk, i, hits, far);
		if (next < walk->next)
			next = walk->next;
	}
	memcpy(last, text.p + i, text.n - i);
	scan_last(s, walk, last, i, wide_near(masks, last), 32);
}

static inline NARROW __m128i
narrow_buckets(const struct narrow *masks, const char *p)
{
	__m128i nibble = _mm_set1_epi8(0x0f);
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i low = _mm_and_si128(v, nibble);
	__m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), nibble);

	return _mm_and_si128(_mm_shuffle_epi8(masks->low, low),
	    _mm_shuffle_epi8(masks->high, high));
}

static inline NARROW uint32_t
narrow_near(const struct narrow masks[SCAN_WINDOW], const char *p)
{
	__m128i found = _mm_and_si128(_mm_and_si128(
	    narrow_buckets(&masks[0], p), narrow_buckets(&masks[1], p + 1)),
	    narrow_buckets(&masks[2], p + 2));

	return 0xffff & ~(uint32_t)_mm_movemask_epi8(
	    _mm_cmpeq_epi8(found, _mm_setzero_si128()));
}

static NARROW void
narrow(const struct scan *s, struct scan_walk *walk)
{
	struct narrow masks[SCAN_WINDOW];
	char last[16 + SCAN_LAST] = { 0 };
	struct span text = walk->text;
	uint32_t hits, far = 0;
	size_t i, next;

	for (i = 0; i < SCAN_WINDOW; i++) {
		masks[i].low = _mm_loadu_si128(
		    (const __m128i *)(const void *)s->low[i]);
		masks[i].high = _mm_loadu_si128(
		    (const __m128i *)(const void *)s->high[i]);
	}
	for (i = 0; i + 16 + SCAN_WINDOW_MAX - 1 <= text.n; i = next) {
		next = i + 16;
		hits = narrow_near(masks, text.p + i);
		if (s->far.n > 0)
			far = scan_far(&s->far, walk, text.p + i, i, 16);
		scan_ask(s, walk, i, hits, far);
		if (next < walk->next)
			next = walk->next;
	}
	memcpy(last, text.p + i, text.n - i);
	scan_last(s, walk, last, i, narrow_near(masks, last), 16);
}

scan_vector_fn *
scan_x86(enum scan_kind kind)
{
	if (kind == SCAN_WIDE && __builtin_cpu_supports("avx2"))
		return wide;
	if (kind == SCAN_NARROW && __builtin_cpu_supports("ssse3"))
		return narrow;
	return NULL;
}

#else

scan_vector_fn *
scan_x86(enum scan_kind kind)
{
	(void)kind;
	return NULL;
}

#endif
