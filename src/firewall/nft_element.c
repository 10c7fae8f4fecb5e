#include "firewall/nft_element.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>

#include "base/xalloc.h"

/*
 * Room for one element with its timeouts, and for the names around it. A
 * nested attribute has 16 bits of length, so a message takes no more than
 * PACK_MAX elements.
 */
#define ELEMENT_ROOM 80
#define INTERVAL_ROOM (2 * ELEMENT_ROOM)
#define NAMES_ROOM 600
#define PACK_MAX (60000 / INTERVAL_ROOM)

/* A century: what the kernel's milliseconds and jiffies surely hold. */
#define SECONDS_MAX (INT64_C(100) * 366 * 86400)

bool
nft_element_kernel_renews(void)
{
	struct utsname u;
	unsigned major = 0, minor = 0;

	if (uname(&u) == -1 ||
	    sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 12);
}

enum firewall_set
nft_element_kind(const struct addr *addr)
{
	if (addr_is_host(addr))
		return addr->family == ADDR_V4 ? FIREWALL_HOST4 :
		    FIREWALL_HOST6;
	return addr->family == ADDR_V4 ? FIREWALL_NET4 : FIREWALL_NET6;
}

static size_t
key_len(const struct addr *addr)
{
	return addr->family == ADDR_V4 ? 4 : 16;
}

/* The address behind the network; false when there is none. */
static bool
behind(const struct addr *net, uint8_t key[16])
{
	size_t i = net->plen / 8;
	unsigned carry = net->plen % 8 == 0 ? 0 :
	    1u << (8 - net->plen % 8);

	memcpy(key, net->b, 16);
	if (carry == 0) {
		if (i == 0)
			return false;
		i--;
		carry = 1;
	}
	for (;; i--) {
		carry += key[i];
		key[i] = (uint8_t)carry;
		carry >>= 8;
		if (carry == 0)
			return true;
		if (i == 0)
			return false;
	}
}

static void
put_key(struct nlmsghdr *h, const void *key, size_t n)
{
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);

	mnl_attr_put(h, NFTA_DATA_VALUE, n, key);
	mnl_attr_nest_end(h, nest);
}

static void
put_element(struct nlmsghdr *h, const struct addr *addr, int64_t seconds)
{
	struct nlattr *item = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	uint8_t end[16];

	put_key(h, addr->b, key_len(addr));
	if (seconds >= 0) {
		uint64_t ms;

		/* To the kernel a timeout of 0 means for ever. */
		if (seconds == 0)
			seconds = 1;
		if (seconds > SECONDS_MAX)
			seconds = SECONDS_MAX;
		ms = htobe64((uint64_t)seconds * 1000);
		mnl_attr_put_u64(h, NFTA_SET_ELEM_TIMEOUT, ms);
		/* Without it the same timeout again would change nothing. */
		mnl_attr_put_u64(h, NFTA_SET_ELEM_EXPIRATION, ms);
	}
	mnl_attr_nest_end(h, item);
	if (addr_is_host(addr) || !behind(addr, end))
		return;
	item = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	put_key(h, end, key_len(addr));
	mnl_attr_put_u32(h, NFTA_SET_ELEM_FLAGS,
	    htonl(NFT_SET_ELEM_INTERVAL_END));
	mnl_attr_nest_end(h, item);
}

static struct nlmsghdr *
open_message(struct nft_batch *b, int type, const struct nft_element_set *set,
    size_t room)
{
	struct nlmsghdr *h = nft_batch_open(b, type, set->family,
	    type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, NAMES_ROOM + room);

	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, set->table);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set->name);
	return h;
}

static void
put_message(struct nft_batch *b, int type, const struct nft_element_set *set,
    const struct addr *addr, int64_t seconds)
{
	struct nlmsghdr *h = open_message(b, type, set, INTERVAL_ROOM);
	struct nlattr *list = mnl_attr_nest_start(h,
	    NFTA_SET_ELEM_LIST_ELEMENTS);

	put_element(h, addr, seconds);
	mnl_attr_nest_end(h, list);
	nft_batch_close(b, h);
}

void
nft_element_put(struct nft_batch *b, const struct nft_element_set *set,
    const struct addr *addr, int64_t seconds, enum nft_element_how how)
{
	if (how == NFT_ELEMENT_RENEW || how == NFT_ELEMENT_DELETE)
		put_message(b, NFT_MSG_NEWSETELEM, set, addr, -1);
	if (how != NFT_ELEMENT_ADD)
		put_message(b, NFT_MSG_DELSETELEM, set, addr, -1);
	if (how == NFT_ELEMENT_ADD || how == NFT_ELEMENT_RENEW)
		put_message(b, NFT_MSG_NEWSETELEM, set, addr, seconds);
}

void
nft_element_pack(struct nft_batch *b, const struct nft_element_set *set,
    const struct nft_element *v, size_t n)
{
	while (n > 0) {
		size_t part = n < PACK_MAX ? n : PACK_MAX;
		struct nlmsghdr *h = open_message(b, NFT_MSG_NEWSETELEM, set,
		    part * INTERVAL_ROOM);
		struct nlattr *list = mnl_attr_nest_start(h,
		    NFTA_SET_ELEM_LIST_ELEMENTS);

		for (size_t i = 0; i < part; i++)
			put_element(h, &v[i].addr, v[i].seconds);
		mnl_attr_nest_end(h, list);
		nft_batch_close(b, h);
		v += part;
		n -= part;
	}
}

/* --- from the kernel ------------------------------------------------------ */

void
nft_element_gather(const struct nft_reply_element *e, void *list)
{
	struct nft_element_list *l = list;
	int64_t left = e->left >= 0 ? e->left + l->late : -1;

	if (l->n == NFT_ELEMENT_MAX) {
		l->dropped++;
		return;
	}
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 64;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n] = *e;
	/* The kernel counts in ticks of its own: not more than it was given. */
	l->v[l->n++].left = left < e->timeout ? left : e->timeout;
}

void
nft_element_list_fini(struct nft_element_list *l)
{
	free(l->v);
	memset(l, 0, sizeof(*l));
}

static struct addr
addr_of(const uint8_t *key, size_t n)
{
	struct addr a = { .family = n == 4 ? ADDR_V4 : ADDR_V6,
		.plen = (uint8_t)(n * 8) };

	memcpy(a.b, key, n);
	return a;
}

/* By address; where one interval ends and the next starts, the end first. */
static int
by_key(const void *a, const void *b)
{
	const struct nft_reply_element *x = a, *y = b;
	int rc;

	if (x->key_len != y->key_len)
		return x->key_len < y->key_len ? -1 : 1;
	rc = memcmp(x->key, y->key, x->key_len);
	return rc != 0 ? rc : (int)y->end - (int)x->end;
}

void
nft_element_list_sort(struct nft_element_list *l)
{
	size_t n = 0;

	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_key);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || by_key(&l->v[n - 1], &l->v[i]) != 0)
			l->v[n++] = l->v[i];
	l->n = n;
}

void
nft_element_list_join(struct nft_element_list *l,
    const struct nft_element_list *more)
{
	size_t room = l->n + more->n, i = l->n, j = more->n, at = room;

	if (room == 0)
		return;
	l->v = xreallocarray(l->v, room, sizeof(*l->v));
	l->cap = room;
	/* From the end, where the room is; of equal ones the list's own. */
	while (j > 0) {
		int rc = i > 0 ? by_key(&l->v[i - 1], &more->v[j - 1]) : -1;

		if (rc >= 0)
			l->v[--at] = l->v[--i];
		else
			l->v[--at] = more->v[j - 1];
		j -= rc <= 0;
	}
	memmove(l->v + i, l->v + at, (room - at) * sizeof(*l->v));
	l->n = i + room - at;
	l->dropped += more->dropped;
}

static bool
bit_set(const uint8_t *key, unsigned bit)
{
	return (key[bit / 8] & (0x80 >> bit % 8)) != 0;
}

/* Does the prefix at `key` reach beyond `end` (NULL: the last address)? */
static bool
reaches_beyond(const struct addr *a, const uint8_t *end, size_t n)
{
	uint8_t next[16];

	if (end == NULL)
		return false;
	return !behind(a, next) || memcmp(next, end, n) > 0;
}

/* Cuts [start, end) into the fewest prefixes. */
static void
each_prefix(const struct nft_reply_element *e, const uint8_t *end,
    nft_element_fn *fn, void *arg)
{
	size_t n = e->key_len;
	struct addr a = addr_of(e->key, n);
	uint8_t next[16];

	for (;;) {
		a.plen = (uint8_t)(n * 8);
		while (a.plen > 0 && !bit_set(a.b, a.plen - 1u)) {
			a.plen--;
			if (reaches_beyond(&a, end, n)) {
				a.plen++;
				break;
			}
		}
		fn(&a, e, arg);
		if (!behind(&a, next))
			return;
		if (end != NULL && memcmp(next, end, n) >= 0)
			return;
		memcpy(a.b, next, n);
	}
}

void
nft_element_each(struct nft_element_list *l, bool interval,
    nft_element_fn *fn, void *arg)
{
	nft_element_list_sort(l);
	for (size_t i = 0; i < l->n; i++) {
		const struct nft_reply_element *e = &l->v[i], *end = e + 1;
		struct addr a = addr_of(e->key, e->key_len);

		if (e->end)
			continue;
		if (!interval) {
			fn(&a, e, arg);
			continue;
		}
		if (i + 1 < l->n && end->key_len != e->key_len)
			end = NULL;
		each_prefix(e, i + 1 < l->n && end != NULL ? end->key : NULL,
		    fn, arg);
	}
}
