/* NEON of 64-bit ARM, which every such machine has. */
#include "match/scan_local.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

struct masks { uint8x16_t low, high; };

static inline uint8x16_t
buckets(const struct masks *masks, const char *p)
{
	uint8x16_t v = vld1q_u8((const uint8_t *)p);

	return vandq_u8(vqtbl1q_u8(masks->low, vandq_u8(v, vdupq_n_u8(0x0f))),
	    vqtbl1q_u8(masks->high, vshrq_n_u8(v, 4)));
}

/* A bit for each byte that is not zero. */
static inline uint32_t
nonzero(uint8x16_t v)
{
	static const uint8_t bits[16] = { 1, 2, 4, 8, 16, 32, 64, 128,
	    1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t set = vandq_u8(vtstq_u8(v, v), vld1q_u8(bits));

	return (uint32_t)vaddv_u8(vget_low_u8(set)) |
	    (uint32_t)vaddv_u8(vget_high_u8(set)) << 8;
}

/* One bit for each of 16 places: a window of `near` may be there. */
static inline uint32_t
near(const struct masks masks[SCAN_WINDOW], const char *p)
{
	return nonzero(vandq_u8(vandq_u8(buckets(&masks[0], p),
	    buckets(&masks[1], p + 1)), buckets(&masks[2], p + 2)));
}

static void
narrow(const struct scan *s, struct scan_walk *walk)
{
	struct masks masks[SCAN_WINDOW];
	char last[16 + SCAN_LAST] = { 0 };
	struct span text = walk->text;
	uint32_t hits, far = 0;
	size_t i, next;

	for (i = 0; i < SCAN_WINDOW; i++) {
		masks[i].low = vld1q_u8(s->low[i]);
		masks[i].high = vld1q_u8(s->high[i]);
	}
	for (i = 0; i + 16 + SCAN_WINDOW_MAX - 1 <= text.n; i = next) {
		next = i + 16;
		hits = near(masks, text.p + i);
		if (s->far.n > 0)
			far = scan_far(&s->far, walk, text.p + i, i, 16);
		scan_ask(s, walk, i, hits, far);
		if (next < walk->next)
			next = walk->next;
	}
	memcpy(last, text.p + i, text.n - i);
	scan_last(s, walk, last, i, near(masks, last), 16);
}

scan_vector_fn *
scan_neon(enum scan_kind kind)
{
	return kind == SCAN_NARROW ? narrow : NULL;
}

#else

scan_vector_fn *
scan_neon(enum scan_kind kind)
{
	(void)kind;
	return NULL;
}

#endif
