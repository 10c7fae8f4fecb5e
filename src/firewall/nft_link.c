#include "firewall/nft_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>

#include "base/xalloc.h"

#define ASK_SIZE 4096

int
nft_link_open(struct nft_link *l)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	socklen_t n = sizeof(sa);
	int on = 1;

	memset(l, 0, sizeof(*l));
	l->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_NETFILTER);
	if (l->fd == -1)
		return -1;
	if (bind(l->fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    getsockname(l->fd, (struct sockaddr *)&sa, &n) == -1)
		goto fail;
	/* Errors need not carry the request back: short answers fit. */
	setsockopt(l->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	l->portid = sa.nl_pid;
	l->seq = 1;
	l->in = xmalloc(NFT_LINK_READ);
	return 0;
fail:
	n = (socklen_t)errno;
	close(l->fd);
	l->fd = -1;
	errno = (int)n;
	return -1;
}

void
nft_link_close(struct nft_link *l)
{
	if (l->in != NULL)
		close(l->fd);
	free(l->in);
	memset(l, 0, sizeof(*l));
	l->fd = -1;
}

void
nft_link_room(struct nft_link *l, size_t n)
{
	int want = n > INT32_MAX / 4 ? INT32_MAX / 4 : (int)n, have = 0;
	socklen_t len = sizeof(have);

	/* The kernel doubles what is asked, for its own bookkeeping. */
	if (getsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &have, &len) == 0 &&
	    have / 2 >= want)
		return;
	if (setsockopt(l->fd, SOL_SOCKET, SO_SNDBUFFORCE, &want,
		sizeof(want)) == -1)
		setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
}

ssize_t
nft_link_read(struct nft_link *l)
{
	struct sockaddr_nl from;
	struct iovec iov = { l->in, NFT_LINK_READ };
	struct msghdr m = { .msg_name = &from, .msg_iov = &iov,
	    .msg_iovlen = 1 };
	ssize_t n;

	for (;;) {
		m.msg_namelen = sizeof(from);
		n = recvmsg(l->fd, &m, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		/* Any process may send to a port id; only the kernel is 0. */
		if (m.msg_namelen == sizeof(from) && from.nl_pid != 0)
			continue;
		if ((m.msg_flags & MSG_TRUNC) != 0) {
			errno = ENOBUFS;
			return -1;
		}
		return n;
	}
}

void
nft_link_drain(struct nft_link *l)
{
	while (nft_link_read(l) > 0 || errno == ENOBUFS)
		;
}

/* --- questions ------------------------------------------------------------ */

static int
answer_message(const struct nlmsghdr *h, void *arg)
{
	struct nft_link_answer *a = arg;
	int error = 0;

	if (h->nlmsg_seq != a->seq)
		return 0;
	if ((h->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		a->interrupted = true;
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		a->over = true;
		if (nft_reply_error(h, &error) == -1)
			return -1;
		errno = error;
		return error == 0 ? 0 : -1;
	}
	if (nft_reply_type(h) == -1)
		return 0;
	return a->fn(h, a->arg);
}

static size_t
ask_build(struct nft_link *l, const struct nft_link_ask *ask, char *buf)
{
	int flags = ask->dump ? NLM_F_DUMP : NLM_F_ACK;
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, (uint16_t)ask->type,
	    ask->family, (uint16_t)flags, l->seq);

	/* The table's name has number 1 in every nf_tables message. */
	if (ask->table != NULL)
		mnl_attr_put_strz(h, NFTA_TABLE_NAME, ask->table);
	if (ask->set != NULL)
		mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, ask->set);
	return h->nlmsg_len;
}

int
nft_link_begin(struct nft_link *l, const struct nft_link_ask *ask,
    struct nft_link_answer *a)
{
	char buf[ASK_SIZE] __attribute__((aligned(8)));
	size_t size;

	nft_link_drain(l);
	a->seq = l->seq;
	a->interrupted = a->over = false;
	size = ask_build(l, ask, buf);
	l->seq++;
	a->over = send(l->fd, buf, size, 0) == -1;
	return a->over ? -1 : 0;
}

int
nft_link_next(struct nft_link *l, struct nft_link_answer *a)
{
	ssize_t n = nft_link_read(l);
	int error;

	if (n == -1) {
		a->over = true;
		return -1;
	}
	if (nft_reply_walk(l->in, (size_t)n, answer_message, a) != 0) {
		error = errno;
		a->over = true;
		nft_link_drain(l);
		errno = error;
		return -1;
	}
	if (!a->over || !a->interrupted)
		return 0;
	errno = EINTR;
	return -1;
}

int
nft_link_ask(struct nft_link *l, const struct nft_link_ask *ask,
    nft_reply_fn *fn, void *arg)
{
	struct nft_link_answer a = { .fn = fn, .arg = arg };
	int rc = nft_link_begin(l, ask, &a);

	while (rc == 0 && !a.over)
		rc = nft_link_next(l, &a);
	return rc;
}
