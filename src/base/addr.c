#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

_Static_assert(sizeof(struct addr) == 18, "hashed and sent as bytes");

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static int
refuse(void)
{
	errno = EINVAL;
	return -1;
}

/* "0".."255" at *p, without a zero before it; -1: there is none. */
static int
parse_octet(const char **p, const char *end)
{
	unsigned n = 0, digit;
	const char *begin = *p;

	for (; *p < end && (digit = (unsigned)**p - '0') <= 9; ++*p) {
		if (n > 25 || (*p > begin && n == 0))
			return -1;
		n = n * 10 + digit;
	}
	return *p > begin && n <= UINT8_MAX ? (int)n : -1;
}

/* As inet_pton(3) takes it, without a copy: each event has one or two. */
static bool
parse_v4(struct span s, uint8_t b[4])
{
	const char *p = s.p, *end = s.p + s.n;
	int octet;

	for (unsigned i = 0; i < 4; i++) {
		if (i > 0 && (p == end || *p++ != '.'))
			return false;
		octet = parse_octet(&p, end);
		if (octet == -1)
			return false;
		b[i] = (uint8_t)octet;
	}
	return p == end;
}

/* As written: a mapped address stays IPv6. */
static int
parse_plain(struct span s, struct addr *a)
{
	char text[INET6_ADDRSTRLEN];
	struct addr r = { .family = ADDR_V4, .plen = 32 };

	if (s.n > 0 && parse_v4(s, r.b)) {
		*a = r;
		return 0;
	}
	if (s.n == 0 || s.n >= sizeof(text) || span_chr(s, '\0') != SPAN_NONE)
		return refuse();
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	r = (struct addr){ .family = ADDR_V6, .plen = 128 };
	if (inet_pton(AF_INET6, text, r.b) != 1)
		return refuse();
	*a = r;
	return 0;
}

static void
unmap(struct addr *a)
{
	if (a->family != ADDR_V6 || a->plen < 96 ||
	    memcmp(a->b, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(a->b, a->b + 12, 4);
	memset(a->b + 4, 0, 12);
	a->family = ADDR_V4;
	a->plen = (uint8_t)(a->plen - 96);
}

bool
addr_is_normal(const struct addr *a)
{
	struct addr normal = *a;

	if ((a->family != ADDR_V4 && a->family != ADDR_V6) ||
	    a->plen > addr_bits(a))
		return false;
	/* As if it were a host, else there is nothing to mask. */
	normal.plen = (uint8_t)addr_bits(a);
	addr_mask(&normal, a->plen);
	if (a->family == ADDR_V4)
		memset(normal.b + 4, 0, sizeof(normal.b) - 4);
	normal.plen = a->plen;
	unmap(&normal);
	return addr_eq(&normal, a);
}

int
addr_parse(struct span s, struct addr *a)
{
	if (parse_plain(s, a) == -1)
		return -1;
	unmap(a);
	return 0;
}

/* Prefix length of a contiguous netmask, or -1. */
static int
mask_length(const struct addr *mask)
{
	unsigned bits = addr_bits(mask), n = 0;
	struct addr copy = *mask;

	while (n < bits && (mask->b[n / 8] & (0x80 >> n % 8)) != 0)
		n++;
	addr_mask(&copy, n);
	return memcmp(copy.b, mask->b, sizeof(copy.b)) == 0 ? (int)n : -1;
}

/* "24" or "255.255.255.0" behind the slash of an address like `a`; or -1. */
static int
parse_length(struct span s, const struct addr *a)
{
	struct addr mask;
	int64_t n;

	if (s.n <= 3)
		return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9' &&
		    number_parse(s, 0, addr_bits(a), &n) == 0 ? (int)n : -1;
	if (parse_plain(s, &mask) == -1 || mask.family != a->family)
		return -1;
	return mask_length(&mask);
}

int
addr_parse_net(struct span s, struct addr *a)
{
	size_t slash = span_chr(s, '/');
	struct addr r;
	int plen;

	if (slash == SPAN_NONE)
		return addr_parse(s, a);
	if (parse_plain(span_sub(s, 0, slash), &r) == -1)
		return -1;
	plen = parse_length(span_skip(s, slash + 1), &r);
	if (plen == -1)
		return refuse();
	addr_mask(&r, (unsigned)plen);
	unmap(&r);
	*a = r;
	return 0;
}

static char *
put_byte(char *out, unsigned byte)
{
	if (byte >= 100)
		*out++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*out++ = (char)('0' + byte / 10 % 10);
	*out++ = (char)('0' + byte % 10);
	return out;
}

/* inet_ntop(3) goes through sprintf: ten times as long, for every ban. */
static size_t
format_v4(const struct addr *a, char *out)
{
	char *at = out;

	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = put_byte(at, a->b[i]);
	}
	*at = '\0';
	return (size_t)(at - out);
}

static size_t
format_v6(const struct addr *a, char *out)
{
	inet_ntop(AF_INET6, a->b, out, ADDR_STRLEN);
	return strlen(out);
}

size_t
addr_format(const struct addr *a, char out[ADDR_STRLEN])
{
	size_t n;

	out[0] = '\0';
	if (a->family == ADDR_NONE)
		return 0;
	n = a->family == ADDR_V4 ? format_v4(a, out) : format_v6(a, out);
	if (!addr_is_host(a))
		n += (size_t)snprintf(out + n, ADDR_STRLEN - n, "/%u", a->plen);
	return n;
}

int
addr_from_sockaddr(const struct sockaddr *sa, struct addr *a)
{
	struct addr r = { 0 };

	if (sa->sa_family == AF_INET) {
		r.family = ADDR_V4;
		memcpy(r.b, &((const struct sockaddr_in *)(const void *)sa)->
		    sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		r.family = ADDR_V6;
		memcpy(r.b, &((const struct sockaddr_in6 *)(const void *)sa)->
		    sin6_addr, 16);
	} else {
		errno = EAFNOSUPPORT;
		return -1;
	}
	r.plen = (uint8_t)addr_bits(&r);
	unmap(&r);
	*a = r;
	return 0;
}

unsigned
addr_bits(const struct addr *a)
{
	return a->family == ADDR_V4 ? 32 : 128;
}

bool
addr_is_host(const struct addr *a)
{
	return a->family != ADDR_NONE && a->plen == addr_bits(a);
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) == 0;
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	int c;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	c = memcmp(a->b, b->b, sizeof(a->b));
	if (c != 0)
		return c;
	return (a->plen > b->plen) - (a->plen < b->plen);
}

void
addr_mask(struct addr *a, unsigned plen)
{
	unsigned at = plen / 8;

	if (plen >= a->plen)
		return;
	a->plen = (uint8_t)plen;
	a->b[at] &= (uint8_t)(0xff00 >> plen % 8);
	memset(a->b + at + 1, 0, sizeof(a->b) - at - 1);
}

static bool
same_bits(const struct addr *a, const struct addr *b, unsigned n)
{
	unsigned whole = n / 8, mask = 0xff00u >> n % 8;

	return memcmp(a->b, b->b, whole) == 0 && (n % 8 == 0 ||
	    ((a->b[whole] ^ b->b[whole]) & mask & 0xff) == 0);
}

bool
addr_in(const struct addr *a, const struct addr *net)
{
	return a->family != ADDR_NONE && a->family == net->family &&
	    a->plen >= net->plen && same_bits(a, net, net->plen);
}

static bool
overlaps(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	    same_bits(a, b, a->plen < b->plen ? a->plen : b->plen);
}

bool
addr_is_loopback(const struct addr *a)
{
	static const struct addr v4 = { ADDR_V4, 8, { 127 } };
	static const struct addr v6 = { ADDR_V6, 128, { [15] = 1 } };

	return addr_in(a, &v4) || addr_in(a, &v6);
}

bool
addr_is_bannable(const struct addr *a)
{
	static const struct addr never[] = {
		{ ADDR_V4, 32, { 0 } },
		{ ADDR_V4, 4, { 224 } },
		{ ADDR_V4, 32, { 255, 255, 255, 255 } },
		{ ADDR_V6, 128, { 0 } },
		{ ADDR_V6, 8, { 0xff } },
	};
	size_t i;

	if (a->family == ADDR_NONE || a->plen == 0)
		return false;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (overlaps(a, &never[i]))
			return false;
	return true;
}
