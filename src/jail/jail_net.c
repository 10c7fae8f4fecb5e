/*
 * Counting by networks (ipv4_prefix, ipv6_prefix): whoever has a network of
 * addresses to choose from is counted and banned as one. Never a network that
 * holds somebody who is left alone: then the single address counts.
 */
#include "jail/jail_local.h"

#include "jail/words.h"

static unsigned
prefix_of(const struct jail *j, const struct addr *a)
{
	return a->family == ADDR_V4 ? j->config->prefix_v4 :
	    j->config->prefix_v6;
}

/* False: it is counted as it is. */
static bool
network_of(const struct jail *j, const struct id *id, struct addr *net)
{
	unsigned prefix;

	if (id->addr.family == ADDR_NONE || !addr_is_host(&id->addr))
		return false;
	prefix = prefix_of(j, &id->addr);
	/* 0: a configuration that was not read from files says nothing. */
	if (prefix == 0 || prefix >= addr_bits(&id->addr))
		return false;
	*net = id->addr;
	addr_mask(net, prefix);
	return addr_is_bannable(net);
}

bool
jail_widen(struct jail *j, const struct failure *f, struct failure *wide,
    char host[ADDR_STRLEN])
{
	struct addr net;

	if (!network_of(j, &f->id, &net))
		return false;
	if (ignore_touches(j->ignore, &net)) {
		j->counters.narrow++;
		words_narrow(jail_name(j), &f->id, &net);
		return false;
	}
	*wide = *f;
	wide->id = id_from_addr(&net);
	/* Who it was, for <F-HOST> and for whoever reads the database. */
	if (f->groups_n < FAILURE_GROUPS_MAX)
		wide->groups[wide->groups_n++] = (struct failure_group){
			SPAN("host"), span_from(host,
			addr_format(&f->id.addr, host)) };
	return true;
}

void
jail_unban_touching(struct jail *j)
{
	const struct jail_config *c = j->config;
	struct ban *ban, *next;

	if ((c->prefix_v4 == 0 || c->prefix_v4 == 32) &&
	    (c->prefix_v6 == 0 || c->prefix_v6 == 128))
		return;
	for (ban = j->bans.first; ban != NULL; ban = next) {
		const struct addr *a = &ban->ticket.id.addr;

		next = ban->next;
		if (a->family != ADDR_NONE && !addr_is_host(a) &&
		    a->plen == prefix_of(j, a) &&
		    ignore_touches(j->ignore, a))
			jail_unban_one(j, ban, UNBAN_BY_HAND);
	}
}
