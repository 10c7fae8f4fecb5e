/*
 * Counting by networks (ipv4_prefix, ipv6_prefix): whoever has a network of
 * addresses to choose from is counted and banned as one. Never a network that
 * holds somebody who is left alone: then the single address counts.
 */
#include "jail/jail_local.h"

#include <stdlib.h>

#include "base/table.h"
#include "base/xalloc.h"
#include "jail/detail.h"
#include "jail/words.h"

/* How many hosts of it are banned. */
struct net {
	struct addr addr;
	size_t hosts;
};

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
	/* By hosts, until their network is banned: then it is its own. */
	if (j->config->prefix_hosts > 0) {
		const struct id id = id_from_addr(&net);

		if (bans_find(&j->bans, &id) == NULL)
			return false;
	}
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

bool
jail_net_touches(const struct jail *j, const struct addr *a)
{
	return a->family != ADDR_NONE && !addr_is_host(a) &&
	    a->plen == prefix_of(j, a) && ignore_touches(j->ignore, a);
}

/* --- hosts into networks ------------------------------------------------- */

static bool
is_of_addr(const void *entry, const void *key)
{
	return addr_eq(&((const struct net *)entry)->addr, key);
}

static uint64_t
hash(const struct addr *a)
{
	const struct id id = id_from_addr(a);

	return id_hash(&id);
}

void
jail_net_fini(struct jail *j)
{
	struct net *n;
	size_t at = 0;

	if (j->nets == NULL)
		return;
	while ((n = table_next(j->nets, &at)) != NULL)
		free(n);
	table_free(j->nets);
	j->nets = NULL;
}

/* Asked at each change of any setting: mostly it is as it was. */
static bool
is_counted(const struct jail *j)
{
	const struct jail_config *c = j->config;

	return (c->prefix_hosts > 0) == (j->nets != NULL) &&
	    (j->nets == NULL || (j->nets_v4 == c->prefix_v4 &&
	    j->nets_v6 == c->prefix_v6));
}

void
jail_net_count(struct jail *j)
{
	const struct ban *ban;

	if (is_counted(j))
		return;
	jail_net_fini(j);
	if (j->config->prefix_hosts <= 0)
		return;
	/* There are never more networks than bans, and those are bounded. */
	j->nets = table_new(0, is_of_addr);
	j->nets_v4 = j->config->prefix_v4;
	j->nets_v6 = j->config->prefix_v6;
	for (ban = j->bans.first; ban != NULL; ban = ban->next)
		jail_net_add(j, ban);
}

void
jail_net_add(struct jail *j, const struct ban *ban)
{
	struct addr net;
	struct net *n;

	if (j->nets == NULL || !network_of(j, &ban->ticket.id, &net))
		return;
	n = table_find(j->nets, hash(&net), &net);
	if (n == NULL) {
		n = xcalloc(1, sizeof(*n));
		n->addr = net;
		(void)table_add(j->nets, hash(&net), n);
	}
	n->hosts++;
}

void
jail_net_del(struct jail *j, const struct ban *ban)
{
	struct addr net;
	struct net *n;

	if (j->nets == NULL || !network_of(j, &ban->ticket.id, &net))
		return;
	n = table_find(j->nets, hash(&net), &net);
	if (n == NULL || --n->hosts > 0)
		return;
	free(table_del(j->nets, hash(&net), &net));
}

void
jail_net_escalate(struct jail *j, const struct id *id, struct wall now)
{
	struct ticket t = { .time = now };
	struct addr net;
	struct net *n;

	if (j->nets == NULL || !network_of(j, id, &net))
		return;
	n = table_find(j->nets, hash(&net), &net);
	t.id = id_from_addr(&net);
	if (n == NULL || (int64_t)n->hosts < j->config->prefix_hosts ||
	    bans_find(&j->bans, &t.id) != NULL)
		return;
	if (ignore_touches(j->ignore, &net)) {
		j->counters.narrow++;
		words_narrow(jail_name(j), id, &net);
		return;
	}
	words_escalate(jail_name(j), &net, n->hosts);
	j->counters.escalated++;
	t.data = detail_format(&t.matches, 0, NULL);
	jail_ban_ticket(j, &t, j->bantime, false, now);
	jail_ticket_clear(&t);
}

void
jail_in_force(struct jail *j, const struct ticket *t)
{
	const struct addr *a = &t->id.addr;
	struct ban *ban, *next;

	if (j->nets == NULL || a->family == ADDR_NONE || addr_is_host(a) ||
	    a->plen != prefix_of(j, a) || table_find(j->nets, hash(a), a) ==
	    NULL)
		return;
	for (ban = j->bans.first; ban != NULL; ban = next) {
		const struct addr *host = &ban->ticket.id.addr;

		next = ban->next;
		if (host->family == a->family && addr_is_host(host) &&
		    addr_in(host, a))
			jail_unban_one(j, ban, UNBAN_BY_HAND);
	}
}
