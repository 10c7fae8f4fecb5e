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

static WIDE size_t
wide(const struct scan *s, struct scan_walk *walk)
{
	struct wide masks[SCAN_WINDOW];
	__m256i found;
	struct span text = walk->text;
	uint32_t hits, far = 0;
	size_t i, next;

	for (i = 0; i < SCAN_WINDOW; i++) {
		masks[i].low = wide_mask(s->low[i]);
		masks[i].high = wide_mask(s->high[i]);
	}
	for (i = 0; i + 32 + SCAN_WINDOW_MAX - 1 <= text.n; i = next) {
		next = i + 32;
		found = _mm256_and_si256(_mm256_and_si256(
		    wide_buckets(&masks[0], text.p + i),
		    wide_buckets(&masks[1], text.p + i + 1)),
		    wide_buckets(&masks[2], text.p + i + 2));
		hits = ~(uint32_t)_mm256_movemask_epi8(
		    _mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
		if (s->far.n > 0)
			far = scan_far(&s->far, walk, i, 32);
		scan_ask(s, walk, i, hits, far);
		if (next < walk->next)
			next = walk->next;
	}
	return i;
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

static NARROW size_t
narrow(const struct scan *s, struct scan_walk *walk)
{
	struct narrow masks[SCAN_WINDOW];
	__m128i found;
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
		found = _mm_and_si128(_mm_and_si128(
		    narrow_buckets(&masks[0], text.p + i),
		    narrow_buckets(&masks[1], text.p + i + 1)),
		    narrow_buckets(&masks[2], text.p + i + 2));
		hits = 0xffff & ~(uint32_t)_mm_movemask_epi8(
		    _mm_cmpeq_epi8(found, _mm_setzero_si128()));
		if (s->far.n > 0)
			far = scan_far(&s->far, walk, i, 16);
		scan_ask(s, walk, i, hits, far);
		if (next < walk->next)
			next = walk->next;
	}
	return i;
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
