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

static size_t
narrow(const struct scan *s, struct scan_walk *walk)
{
	struct masks masks[SCAN_WINDOW];
	struct span text = walk->text;
	uint32_t hits, far = 0;
	size_t i, next;

	for (i = 0; i < SCAN_WINDOW; i++) {
		masks[i].low = vld1q_u8(s->low[i]);
		masks[i].high = vld1q_u8(s->high[i]);
	}
	for (i = 0; i + 16 + SCAN_WINDOW_MAX - 1 <= text.n; i = next) {
		next = i + 16;
		hits = nonzero(vandq_u8(vandq_u8(
		    buckets(&masks[0], text.p + i),
		    buckets(&masks[1], text.p + i + 1)),
		    buckets(&masks[2], text.p + i + 2)));
		if (s->far.n > 0)
			far = scan_far(&s->far, walk, i, 16);
		scan_ask(s, walk, i, hits, far);
		if (next < walk->next)
			next = walk->next;
	}
	return i;
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
