#include "access/proxies.h"

#include <stdlib.h>

#include "base/trie.h"
#include "base/xalloc.h"
#include "config/own_nets.h"

struct proxies {
	struct trie *nets;
};

struct proxies *
proxies_new(const char *nets)
{
	struct proxies *p = xcalloc(1, sizeof(*p));
	struct span rest = span_of(nets);
	struct addr net;

	p->nets = trie_new();
	while (rest.n > 0 && own_nets_next(&rest, &net))
		trie_add(p->nets, &net);
	return p;
}

void
proxies_free(struct proxies *p)
{
	if (p == NULL)
		return;
	trie_free(p->nets);
	free(p);
}

bool
proxies_any(const struct proxies *p)
{
	return p != NULL && trie_count(p->nets) > 0;
}

bool
proxies_has(const struct proxies *p, const struct addr *a)
{
	return p != NULL && a->family != ADDR_NONE && trie_covers(p->nets, a);
}

/* Cuts the nearest hop off; false: there is none, or it is no address. */
static bool
nearest(struct span *hops, struct addr *out)
{
	size_t comma = span_find_last(*hops, SPAN(","));
	struct span hop = comma == SPAN_NONE ? *hops :
	    span_skip(*hops, comma + 1);
	size_t name = span_find_last(hop, SPAN(": "));

	*hops = span_sub(*hops, 0, comma == SPAN_NONE ? 0 : comma);
	/* What stands before a header's first hop is another header. */
	if (name != SPAN_NONE)
		hop = span_skip(hop, name + 2);
	hop = span_trim(hop);
	if (hop.n > 2 && hop.p[0] == '[' && hop.p[hop.n - 1] == ']')
		hop = span_sub(hop, 1, hop.n - 2);
	return addr_parse(hop, out) == 0;
}

bool
proxies_client(const struct proxies *p, struct span hops, struct addr *peer,
    struct addr *client)
{
	struct addr hop;

	if (peer->family == ADDR_NONE &&
	    (!nearest(&hops, peer) || hops.n == 0))
		return false;
	if (!proxies_has(p, peer))
		return false;
	while (hops.n > 0 && nearest(&hops, &hop)) {
		if (proxies_has(p, &hop))
			continue;
		*client = hop;
		return true;
	}
	return false;
}
