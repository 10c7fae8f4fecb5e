#include "process/never.h"

#include <errno.h>

#define PREFIX_MIN_V4 8
#define PREFIX_MIN_V6 16

static void
add(struct trie *never, const char *text)
{
	struct addr net;

	/* Names and file: entries are the engine's: literal ones only. */
	if (addr_parse_net(span_of(text), &net) == 0)
		trie_add(never, &net);
}

struct trie *
never_new(const struct config *config, const struct addr *own, size_t n)
{
	struct trie *never = trie_new();

	add(never, "127.0.0.0/8");
	add(never, "::1");
	for (size_t i = 0; i < n; i++)
		trie_add(never, &own[i]);
	for (size_t i = 0; config != NULL && i < config->never.n; i++)
		add(never, config->never.v[i]);
	return never;
}

int
never_too_wide(const struct own_config *own, const struct jail_config *jail,
    const struct addr *a)
{
	int64_t least = a->family == ADDR_V4 ? own->widest_v4 :
	    own->widest_v6;
	int64_t counted = a->family == ADDR_V4 ? jail->prefix_v4 :
	    jail->prefix_v6;

	/* 0: a jail without any, as one that commands made. */
	if (counted > 0 && counted < least)
		least = counted;
	return a->plen < least ? ERANGE : 0;
}

int
never_refuses(const struct trie *never, const struct addr *a)
{
	if (!addr_is_normal(a) || !addr_is_bannable(a))
		return EINVAL;
	if (a->plen < (a->family == ADDR_V4 ? PREFIX_MIN_V4 : PREFIX_MIN_V6))
		return ERANGE;
	return trie_overlaps(never, a) ? EACCES : 0;
}
