/*
 * Any datagram: the readers of nf_tables' answers and announcements stay
 * inside it, and the intervals found in it come out as prefixes that neither
 * overlap nor go back.
 */
#include "firewall/nft_reply.h"

#include <stdlib.h>
#include <string.h>

#include "firewall/nft_element.h"
#include "firewall/nft_watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
in_bounds(const char *text, const void *p, size_t n)
{
	const char *first = p;

	if (text != NULL)
		require(text >= first && text + strlen(text) < first + n);
}

struct run {
	const void *p;
	size_t n;
	struct nft_element_list list;
};

static int
on_message(const struct nlmsghdr *h, void *arg)
{
	struct run *r = arg;
	struct nft_reply_object o;
	struct nft_reply_rule rule;
	struct nft_reply_gen g;
	int error = -1;

	if (nft_reply_error(h, &error) == 0)
		require(error >= 0 && error <= 4095);
	if (nft_reply_object(h, &o) == 0) {
		in_bounds(o.table, r->p, r->n);
		in_bounds(o.chain, r->p, r->n);
		in_bounds(o.set, r->p, r->n);
	}
	if (nft_reply_rule(h, &rule) == 0) {
		in_bounds(rule.comment, r->p, r->n);
		for (size_t i = 0; i < rule.sets_n; i++)
			in_bounds(rule.sets[i], r->p, r->n);
	}
	if (nft_reply_gen(h, &g) == 0)
		require(memchr(g.name, '\0', sizeof(g.name)) != NULL);
	nft_reply_elements(h, nft_element_gather, &r->list);
	return 0;
}

struct last {
	struct addr addr;
	size_t n;
};

static void
on_prefix(const struct addr *a, const struct nft_reply_element *e, void *arg)
{
	struct last *last = arg;
	struct addr masked = *a;

	require(e->key_len == (a->family == ADDR_V4 ? 4u : 16u));
	require(a->plen <= addr_bits(a));
	addr_mask(&masked, a->plen);
	require(addr_eq(&masked, a));
	last->addr = *a;
	last->n++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct firewall_rule rule = {
		.jail = "j", .action = "a", .table = "f2b-table",
		.chain = "f2b-chain", .family = "inet", .hook = "input",
		.sets = { "addr-set-j", "addr6-set-j", "net-set-j",
		    "net6-set-j" },
		.allports = true,
	};
	struct nft_watch watch = { 0 };
	struct run r = { .n = size };
	struct last last = { 0 };
	struct nft_want want;
	void *copy = malloc(size + (size == 0));

	if (size > 0)
		memcpy(copy, data, size);
	r.p = copy;
	nft_reply_walk(copy, size, on_message, &r);
	nft_element_each(&r.list, false, on_prefix, &last);
	require(last.n <= r.list.n);
	nft_element_each(&r.list, true, on_prefix, &last);
	nft_element_list_fini(&r.list);
	nft_want_make(&want, &rule, 1);
	nft_watch_take(&watch, &want, copy, size);
	require(memchr(watch.what, '\0', sizeof(watch.what)) != NULL);
	nft_want_fini(&want);
	free(copy);
	return 0;
}
