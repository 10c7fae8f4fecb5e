#include "firewall/ownaddr.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.firewall"

#define READ_SIZE (32 * 1024)
#define OWNADDR_MAX 65536      /* a machine with more is not known so well */
#define SETTLE_MS 50           /* an interface that comes up changes often */
#define RETRY_MS 1000

struct ownaddr {
	/* Both opened at once: later the sandbox has closed that door. */
	struct mnl_socket *ask, *watch;
	struct event *watched;
	struct event *refresh;
	ownaddr_fn *fn;
	void *arg;
	uint32_t seq;
};

struct list {
	struct addr *v;
	size_t n, cap;
};

static void
refresh_in(struct ownaddr *o, long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (!evtimer_pending(o->refresh, NULL))
		evtimer_add(o->refresh, &tv);
}

static void
add_address(struct list *l, uint8_t family, const struct nlattr *a)
{
	struct addr addr = { 0 };
	size_t n = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(a) != n || l->n == OWNADDR_MAX)
		return;
	addr.family = family == AF_INET ? ADDR_V4 : ADDR_V6;
	addr.plen = (uint8_t)(n * 8);
	memcpy(addr.b, mnl_attr_get_payload(a), n);
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = addr;
}

/* On a point-to-point link IFA_ADDRESS is the other end, IFA_LOCAL is ours. */
static int
on_address(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a, *local = NULL, *address = NULL;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*m)) {
		if (mnl_attr_get_type(a) == IFA_LOCAL)
			local = a;
		else if (mnl_attr_get_type(a) == IFA_ADDRESS)
			address = a;
	}
	if (local != NULL || address != NULL)
		add_address(arg, m->ifa_family,
		    local != NULL ? local : address);
	return MNL_CB_OK;
}

/*
 * The kernel makes the answer inside our own calls, so this does not wait. -1
 * with EINTR: the addresses changed meanwhile.
 */
static int
read_addresses(struct ownaddr *o, struct list *l)
{
	char *buf = xcalloc(1, READ_SIZE);
	struct nlmsghdr *h;
	struct rtgenmsg *g;
	ssize_t n;
	int rc = -1, error;

	/* What an answer that was given up left there. */
	while (mnl_socket_recvfrom(o->ask, buf, READ_SIZE) > 0)
		;
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = RTM_GETADDR;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++o->seq;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->rtgen_family = AF_UNSPEC;
	if (mnl_socket_sendto(o->ask, h, h->nlmsg_len) == -1)
		goto out;
	do {
		n = mnl_socket_recvfrom(o->ask, buf, READ_SIZE);
		if (n == -1)
			goto out;
		rc = mnl_cb_run(buf, (size_t)n, o->seq,
		    mnl_socket_get_portid(o->ask), on_address, l);
	} while (rc == MNL_CB_OK);
out:
	error = errno;
	free(buf);
	errno = error;
	return rc == MNL_CB_STOP ? 0 : -1;
}

static void
on_refresh(evutil_socket_t fd, short what, void *arg)
{
	struct ownaddr *o = arg;
	struct list l = { 0 };

	(void)fd;
	(void)what;
	if (read_addresses(o, &l) == 0) {
		o->fn(l.v, l.n, o->arg);
	} else {
		if (errno != EINTR)
			log_warning(LOGGER, "cannot read this machine's "
			    "addresses: %s", strerror(errno));
		refresh_in(o, errno == EINTR ? SETTLE_MS : RETRY_MS);
	}
	free(l.v);
}

/* What changed does not matter, nor that a notice was lost: all is read. */
static void
on_watched(evutil_socket_t fd, short what, void *arg)
{
	struct ownaddr *o = arg;
	char buf[8192];
	bool more = true;

	(void)fd;
	(void)what;
	for (int i = 0; more && i < 64; i++)
		more = mnl_socket_recvfrom(o->watch, buf, sizeof(buf)) >= 0 ||
		    errno == ENOBUFS || errno == ENOSPC;
	refresh_in(o, SETTLE_MS);
}

struct ownaddr *
ownaddr_open(struct event_base *base, ownaddr_fn *fn, void *arg)
{
	struct ownaddr *o = xcalloc(1, sizeof(*o));
	int error;

	o->fn = fn;
	o->arg = arg;
	o->watch = mnl_socket_open2(NETLINK_ROUTE,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	o->ask = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (o->ask == NULL ||
	    mnl_socket_bind(o->ask, 0, MNL_SOCKET_AUTOPID) == -1 ||
	    o->watch == NULL || mnl_socket_bind(o->watch,
		RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
		MNL_SOCKET_AUTOPID) == -1)
		goto fail;
	o->watched = event_new(base, mnl_socket_get_fd(o->watch),
	    EV_READ | EV_PERSIST, on_watched, o);
	o->refresh = evtimer_new(base, on_refresh, o);
	errno = ENOMEM;
	if (o->watched == NULL || o->refresh == NULL ||
	    event_add(o->watched, NULL) == -1)
		goto fail;
	refresh_in(o, 0);
	return o;
fail:
	error = errno;
	ownaddr_close(o);
	errno = error;
	return NULL;
}

void
ownaddr_close(struct ownaddr *o)
{
	if (o == NULL)
		return;
	if (o->watched != NULL)
		event_free(o->watched);
	if (o->refresh != NULL)
		event_free(o->refresh);
	if (o->ask != NULL)
		mnl_socket_close(o->ask);
	if (o->watch != NULL)
		mnl_socket_close(o->watch);
	free(o);
}
