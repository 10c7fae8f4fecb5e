#include "firewall/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>

#include "base/xalloc.h"

#define HEAD_ROOM 64        /* of a message without attributes */

static char *
reserve(struct nft_batch *b, size_t n)
{
	if (b->cap - b->n < n) {
		b->cap = (b->n + n) * 2;
		b->p = xreallocarray(b->p, b->cap, 1);
	}
	return b->p + b->n;
}

void
nft_batch_begin(struct nft_batch *b, const struct nft_link *l, uint32_t genid)
{
	struct nlmsghdr *h;

	b->n = b->last = b->errors_n = 0;
	b->first = l->seq;
	b->next = l->seq + 1;
	h = nftnl_batch_begin(reserve(b, HEAD_ROOM), b->first);
	if (genid != 0)
		mnl_attr_put_u32(h, NFNL_BATCH_GENID, htonl(genid));
	b->n += MNL_ALIGN(h->nlmsg_len);
}

struct nlmsghdr *
nft_batch_open(struct nft_batch *b, int type, uint8_t family, uint16_t flags,
    size_t room)
{
	return nftnl_nlmsg_build_hdr(reserve(b, HEAD_ROOM + room),
	    (uint16_t)type, family, flags, b->next++);
}

void
nft_batch_close(struct nft_batch *b, const struct nlmsghdr *h)
{
	b->last = b->n;
	b->n += MNL_ALIGN(h->nlmsg_len);
}

size_t
nft_batch_count(const struct nft_batch *b)
{
	return b->next - b->first - 1;
}

/* --- answers -------------------------------------------------------------- */

struct gather {
	struct nft_batch *b;
	bool acked;
	int whole;       /* an error that belongs to no message */
};

static void
add_error(struct nft_batch *b, uint32_t seq, int error)
{
	if (b->errors_n == b->errors_cap) {
		b->errors_cap = b->errors_cap * 2 + 16;
		b->errors = xreallocarray(b->errors, b->errors_cap,
		    sizeof(*b->errors));
	}
	b->errors[b->errors_n++] = (struct nft_batch_error){ seq, error };
}

static int
gather_message(const struct nlmsghdr *h, void *arg)
{
	struct gather *g = arg;
	uint32_t at = h->nlmsg_seq - g->b->first;
	int error;

	if (h->nlmsg_type != NLMSG_ERROR ||
	    at > g->b->next - g->b->first)
		return 0;
	if (nft_reply_error(h, &error) == -1)
		return -1;
	if (error == 0) {
		g->acked |= h->nlmsg_seq + 1 == g->b->next;
		return 0;
	}
	/*
	 * "begin" and "end" stand for the whole. A right that is missing is
	 * told at the first message, but is no message's fault.
	 */
	if (at == 0 || h->nlmsg_seq == g->b->next || error == EPERM) {
		g->whole = error;
		return 0;
	}
	/* At most one a message; the kernel keeps their order. */
	if (g->b->errors_n == 0 ||
	    g->b->errors[g->b->errors_n - 1].seq - g->b->first < at)
		add_error(g->b, h->nlmsg_seq, error);
	return 0;
}

static int
gather_all(struct nft_batch *b, struct nft_link *l)
{
	struct gather g = { .b = b };
	bool lost = false;
	ssize_t n;

	for (;;) {
		n = nft_link_read(l);
		if (n == -1 && errno == ENOBUFS) {
			lost = true;
			continue;
		}
		if (n == -1)
			break;
		if (nft_reply_walk(l->in, (size_t)n, gather_message, &g) != 0)
			lost = true;
	}
	if (g.whole != 0) {
		b->errors_n = 0;
		errno = g.whole;
		return -1;
	}
	if (b->errors_n > 0) {
		errno = b->errors[0].error;
		return -1;
	}
	if (g.acked && !lost)
		return 0;
	errno = ENOBUFS;
	return -1;
}

int
nft_batch_send(struct nft_batch *b, struct nft_link *l)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(b->p + b->last);
	struct nlmsghdr *end;
	ssize_t n;

	if (nft_batch_count(b) == 0)
		return 0;
	/* Asked for more, the answers would not fit the receive buffer. */
	last->nlmsg_flags |= NLM_F_ACK;
	end = nftnl_batch_end(reserve(b, HEAD_ROOM), b->next);
	b->n += MNL_ALIGN(end->nlmsg_len);
	l->seq = b->next + 1;
	nft_link_drain(l);
	nft_link_room(l, b->n);
	do
		n = send(l->fd, b->p, b->n, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	return gather_all(b, l);
}

void
nft_batch_fini(struct nft_batch *b)
{
	free(b->p);
	free(b->errors);
	memset(b, 0, sizeof(*b));
}
