#include "firewall/nft_watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#define ROOM (4 * 1024 * 1024)   /* a flushed set of 10,000 takes 1 MB */
#define DATAGRAMS 256            /* of one wake */

/*
 * Transactions are told in datagrams of one origin, so its first header
 * stands for all of it. Loads are in network order, the field is not.
 */
static int
ignore_port(int fd, uint32_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program));
}

static int
set_away(struct nft_watch *w, bool away)
{
	int group = NFNLGRP_NFTABLES;

	if (setsockopt(w->link.fd, SOL_NETLINK, away ?
		NETLINK_DROP_MEMBERSHIP : NETLINK_ADD_MEMBERSHIP, &group,
		sizeof(group)) == -1)
		return -1;
	w->away = away;
	return 0;
}

int
nft_watch_leave(struct nft_watch *w)
{
	return set_away(w, true);
}

int
nft_watch_join(struct nft_watch *w)
{
	return set_away(w, false);
}

void
nft_watch_missed(struct nft_watch *w)
{
	w->overrun = w->changed = true;
}

int
nft_watch_open(struct nft_watch *w, uint32_t own)
{
	int room = ROOM, error;

	memset(w, 0, sizeof(*w));
	if (nft_link_open(&w->link) == -1)
		return -1;
	if (setsockopt(w->link.fd, SOL_SOCKET, SO_RCVBUFFORCE, &room,
		sizeof(room)) == -1)
		setsockopt(w->link.fd, SOL_SOCKET, SO_RCVBUF, &room,
		    sizeof(room));
	if (ignore_port(w->link.fd, own) == -1 || nft_watch_join(w) == -1)
		goto fail;
	return 0;
fail:
	error = errno;
	nft_link_close(&w->link);
	errno = error;
	return -1;
}

void
nft_watch_close(struct nft_watch *w)
{
	nft_link_close(&w->link);
}

/* Is it about something of ours, and which words say what? */
static bool
concerns(const struct nft_want_table *t, int type,
    const struct nft_reply_object *o, char what[NFT_WATCH_WHAT])
{
	switch (type) {
	case NFT_MSG_NEWTABLE:   /* flags: it may sleep now */
	case NFT_MSG_DELTABLE:
		snprintf(what, NFT_WATCH_WHAT, "table %s %s",
		    nft_want_family_name(t->family), t->name);
		return true;
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
		if (o->chain == NULL || nft_want_chain(t, o->chain) == NULL)
			return false;
		snprintf(what, NFT_WATCH_WHAT, "%s %s",
		    type == NFT_MSG_DELCHAIN ? "chain" : "rule of chain",
		    o->chain);
		return true;
	case NFT_MSG_DELSET:
	case NFT_MSG_DELSETELEM:
		if (o->set == NULL || nft_want_set(t, o->set) == NULL)
			return false;
		snprintf(what, NFT_WATCH_WHAT, "%s %s",
		    type == NFT_MSG_DELSET ? "set" : "elements of", o->set);
		return true;
	}
	return false;
}

struct taking {
	struct nft_watch *watch;
	const struct nft_want *want;
};

static void
generation(struct nft_watch *w, const struct nlmsghdr *h)
{
	struct nft_reply_gen g;

	if (!w->touched || nft_reply_gen(h, &g) == -1)
		return;
	w->touched = false;
	if (w->changed)
		return;          /* the first one is named */
	w->changed = true;
	memcpy(w->what, w->touching, sizeof(w->what));
	w->pid = g.pid;
	memcpy(w->name, g.name, sizeof(w->name));
}

static int
take_message(const struct nlmsghdr *h, void *arg)
{
	struct taking *t = arg;
	int type = nft_reply_type(h);
	const struct nft_want_table *table;
	struct nft_reply_object o;

	if (type == NFT_MSG_NEWGEN) {
		generation(t->watch, h);
		return 0;
	}
	if (nft_reply_object(h, &o) == -1 || o.table == NULL)
		return 0;
	table = nft_want_table(t->want, o.family, o.table);
	if (table != NULL && concerns(table, type, &o, t->watch->touching))
		t->watch->touched = true;
	return 0;
}

void
nft_watch_take(struct nft_watch *w, const struct nft_want *want,
    const void *p, size_t n)
{
	struct taking t = { w, want };

	nft_reply_walk(p, n, take_message, &t);
}

void
nft_watch_read(struct nft_watch *w, const struct nft_want *want)
{
	ssize_t n;

	for (int i = 0; i < DATAGRAMS; i++) {
		n = nft_link_read(&w->link);
		if (n == -1 && errno == ENOBUFS) {
			nft_watch_missed(w);
			continue;
		}
		if (n == -1)
			return;
		nft_watch_take(w, want, w->link.in, (size_t)n);
	}
}

void
nft_watch_forget(struct nft_watch *w)
{
	w->changed = w->overrun = false;
	w->what[0] = w->name[0] = '\0';
	w->pid = 0;
}
