#include "base/siphash.h"

#include <endian.h>
#include <string.h>

/*
 * SipHash-2-4 (Aumasson, Bernstein 2012). Our own copy, because no
 * library that is here has it but libcrypto, and that only behind EVP_MAC:
 * allocations and a provider look-up for each hash.
 */
struct sip {
	uint64_t a, b, c, d;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
mix(struct sip *v)
{
	v->a += v->b;
	v->c += v->d;
	v->b = rotate(v->b, 13) ^ v->a;
	v->d = rotate(v->d, 16) ^ v->c;
	v->a = rotate(v->a, 32);
	v->c += v->b;
	v->a += v->d;
	v->b = rotate(v->b, 17) ^ v->c;
	v->d = rotate(v->d, 21) ^ v->a;
	v->c = rotate(v->c, 32);
}

static inline void
absorb(struct sip *v, uint64_t word)
{
	v->d ^= word;
	mix(v);
	mix(v);
	v->a ^= word;
}

/* Little endian, as the reference does. */
static uint64_t
load8(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

/* n bytes, fewer than 8. */
static uint64_t
load(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | p[n];
	return word;
}

uint64_t
siphash(const uint64_t key[2], const void *data, size_t n)
{
	struct sip v = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	size_t left;

	for (left = n; left >= 8; left -= 8, p += 8)
		absorb(&v, load8(p));
	absorb(&v, (uint64_t)n << 56 | load(p, left));
	v.c ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		mix(&v);
	return v.a ^ v.b ^ v.c ^ v.d;
}
