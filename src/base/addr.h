/*
 * An IP address or network in binary. Text exists only at the edges.
 * IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) become IPv4 when parsed.
 */
#ifndef GAOL_BASE_ADDR_H
#define GAOL_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/span.h"

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

struct addr {
	uint8_t family;   /* enum addr_family */
	uint8_t plen;     /* 0..32 or 0..128; the full length is a host */
	uint8_t b[16];    /* network order; an IPv4 address uses b[0..3] */
};

#define ADDR_STRLEN 64   /* longest text, prefix and NUL included */

/*
 * A host address as inet_pton(3) takes it: no octal, no short forms, no zone,
 * no port. 0 or -1 (errno EINVAL, *a untouched).
 */
int addr_parse(struct span s, struct addr *a);
/*
 * Is it as parsing makes them: a family, a length that fits, no host bits, no
 * mapped IPv4? Any bytes may be asked about.
 */
bool addr_is_normal(const struct addr *a);
/*
 * addr, addr/len or addr/netmask (contiguous); host bits are masked away.
 * 0 or -1 (errno EINVAL, *a untouched).
 */
int addr_parse_net(struct span s, struct addr *a);
/* Text into out ("192.0.2.7", "2001:db8::/32"); returns its length. */
size_t addr_format(const struct addr *a, char out[ADDR_STRLEN]);
/* From a socket address; 0, or -1 for a family that is neither. */
int addr_from_sockaddr(const struct sockaddr *sa, struct addr *a);

bool addr_is_host(const struct addr *a);
bool addr_eq(const struct addr *a, const struct addr *b);
int addr_cmp(const struct addr *a, const struct addr *b);
void addr_mask(struct addr *a, unsigned plen);
/* Is `a` (host or network) wholly inside the network `net`? */
bool addr_in(const struct addr *a, const struct addr *net);
bool addr_is_loopback(const struct addr *a);
/*
 * May this be put into a firewall set at all? Refuses the unspecified
 * address, multicast, broadcast, every network that holds one of them, and a
 * prefix of length 0.
 */
bool addr_is_bannable(const struct addr *a);
unsigned addr_bits(const struct addr *a);   /* 32 or 128 */

#endif
