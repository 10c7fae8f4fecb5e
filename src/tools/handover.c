#include "tools/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/trie.h"
#include "base/xalloc.h"
#include "firewall/bridge.h"
#include "store/peek.h"

static struct trie *
never_of(const struct config *config)
{
	struct trie *never = trie_new();
	struct addr net;

	for (size_t i = 0; i < config->never.n; i++)
		if (addr_parse_net(span_of(config->never.v[i]), &net) == 0)
			trie_add(never, &net);
	return never;
}

static void
take(const char *jail, struct span id, void *arg)
{
	struct handover *h = arg;
	struct addr a;
	size_t i = 0;

	while (i < h->config->jails_n &&
	    strcmp(h->config->jails[i].name, jail) != 0)
		i++;
	if (i == h->config->jails_n)
		return;
	h->bans[i]++;
	h->total++;
	if (addr_parse_net(id, &a) == -1) {
		h->raw++;
		return;
	}
	if (!addr_is_bannable(&a) || addr_is_loopback(&a) ||
	    trie_overlaps(h->never, &a) || trie_covers(h->known, &a))
		return;
	if (h->fresh_n == h->fresh_cap) {
		h->fresh_cap = h->fresh_cap * 2 + 256;
		h->fresh = xreallocarray(h->fresh, h->fresh_cap,
		    sizeof(*h->fresh));
	}
	h->fresh[h->fresh_n++] = a;
}

static int
read_bans(struct handover *h, struct buf *why)
{
	h->fresh_n = h->total = h->raw = 0;
	for (size_t i = 0; i < h->config->jails_n; i++)
		h->bans[i] = 0;
	return peek_bans(h->peek, clock_wall_now(), take, h, why);
}

static void
know_fresh(struct handover *h)
{
	for (size_t i = 0; i < h->fresh_n; i++)
		trie_add(h->known, &h->fresh[i]);
	h->fresh_n = 0;
}

int
handover_open(struct handover *h, const struct config *config,
    const char *dbfile, struct buf *why)
{
	*h = (struct handover){ .config = config };
	h->never = never_of(config);
	h->known = trie_new();
	h->bans = xcalloc(config->jails_n + 1, sizeof(*h->bans));
	h->peek = peek_open(dbfile, why);
	return h->peek == NULL ? -1 : read_bans(h, why);
}

int
handover_protect(struct handover *h, struct buf *why)
{
	/* Seen before it is read: what comes in between is read again. */
	peek_changed(h->peek);
	if (read_bans(h, why) == -1)
		return -1;
	h->bridge = bridge_open(h->fresh, h->fresh_n);
	if (h->bridge == NULL) {
		buf_addf(why, "nf_tables refuses the bridge: %s",
		    strerror(errno));
		return -1;
	}
	know_fresh(h);
	return 0;
}

void
handover_follow(void *arg)
{
	struct handover *h = arg;

	if (!peek_changed(h->peek))
		return;
	buf_clear(&h->error);
	if (read_bans(h, &h->error) == -1)
		return;
	for (size_t i = 0; i < h->fresh_n; i++) {
		if (bridge_add(h->bridge, &h->fresh[i]) == -1)
			buf_addf(&h->error, "nf_tables: %s", strerror(errno));
	}
	h->late += h->fresh_n;
	know_fresh(h);
}

int
handover_settle(struct handover *h, struct buf *why)
{
	handover_follow(h);
	peek_close(h->peek);
	h->peek = NULL;
	if (h->error.n == 0)
		return 0;
	buf_add_span(why, buf_span(&h->error));
	return -1;
}

int
handover_release(struct handover *h, struct buf *why)
{
	if (h->bridge == NULL)
		return 0;
	if (bridge_remove(h->bridge) == -1) {
		buf_addf(why, "table inet " BRIDGE_TABLE " stays: %s",
		    strerror(errno));
		return -1;
	}
	bridge_close(h->bridge);
	h->bridge = NULL;
	return 0;
}

void
handover_fini(struct handover *h)
{
	bridge_close(h->bridge);
	peek_close(h->peek);
	trie_free(h->never);
	trie_free(h->known);
	free(h->fresh);
	free(h->bans);
	buf_fini(&h->error);
	*h = (struct handover){ 0 };
}
