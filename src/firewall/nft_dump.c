#include "firewall/nftables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.firewall"

/*
 * After so many disturbed readings one is taken as it is: what it misses the
 * owner adds again, which changes nothing.
 */
#define TRIES_MAX 10
#define BUSY_MS 2

static const struct firewall_rule *
rule_at(const struct nftables *f)
{
	return &f->fw.rules[f->dump.at / FIREWALL_SETS];
}

/* Is the set at d->at there, and what this rule takes it for? */
static bool
readable(const struct nftables *f)
{
	const struct firewall_rule *r = rule_at(f);
	enum firewall_set kind = f->dump.at % FIREWALL_SETS;
	const struct nft_want_table *t = nft_want_table(&f->want,
	    nft_want_family(r->family), r->table);
	const struct nft_want_set *s = t != NULL && r->sets[kind] != NULL ?
	    nft_want_set(t, r->sets[kind]) : NULL;

	return s != NULL && s->kind == kind;
}

struct telling {
	struct nft_dump *dump;
	uint32_t rule;
};

static void
keep(const struct addr *addr, const struct nft_reply_element *e, void *arg)
{
	struct telling *t = arg;
	struct nft_dump *d = t->dump;

	if (d->n == d->cap) {
		d->cap = d->cap * 2 + 64;
		d->v = xreallocarray(d->v, d->cap, sizeof(*d->v));
	}
	d->v[d->n++] = (struct firewall_element){
		.rule = t->rule,
		.addr = *addr,
		.timeout = e->timeout < 0 ? -1 : (e->timeout + 999) / 1000,
		.left = e->left < 0 ? -1 : (e->left + 999) / 1000,
		.read = d->read,
	};
}

/* Reads the set at d->at. False: disturbed, once more. */
static bool
read_set(struct nftables *f)
{
	struct nft_dump *d = &f->dump;
	const struct firewall_rule *r = rule_at(f);
	enum firewall_set kind = d->at % FIREWALL_SETS;
	struct nft_element_set set = { nft_want_family(r->family), r->table,
		r->sets[kind] };
	struct telling t = { d, (uint32_t)(d->at / FIREWALL_SETS) };
	struct nft_element_list list = { 0 };
	int rc = nft_state_elements(&f->link, &set, &list);

	if (rc == -1 && errno == EINTR && ++d->tries < TRIES_MAX) {
		nft_element_list_fini(&list);
		return false;
	}
	if (rc == -1 && errno != EINTR && errno != ENOENT)
		log_warning(LOGGER, "cannot read set %s: %s", r->sets[kind],
		    strerror(errno));
	d->tries = 0;
	d->n = d->told = 0;
	d->read = list.begun;
	nft_element_each(&list, nft_want_is_net(kind), keep, &t);
	nft_element_list_fini(&list);
	return true;
}

static void
again(struct nftables *f, long ms)
{
	struct timeval tv = { 0, ms * 1000 };

	evtimer_add(f->dump.step, &tv);
}

static void
finish(struct nftables *f)
{
	f->dump.running = false;
	free(f->dump.v);
	f->dump.v = NULL;
	f->dump.n = f->dump.cap = f->dump.told = 0;
	if (f->fw.events->dumped != NULL)
		f->fw.events->dumped(NULL, 0, f->fw.arg);
}

static bool
owner_is_busy(const struct nftables *f)
{
	return f->fw.events->busy != NULL && f->fw.events->busy(f->fw.arg);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct nftables *f = arg;
	struct nft_dump *d = &f->dump;
	size_t part = d->n - d->told;

	(void)fd;
	(void)what;
	if (part > 0 && owner_is_busy(f)) {
		again(f, BUSY_MS);
		return;
	}
	if (part > 0) {
		const struct firewall_element *v = d->v + d->told;

		if (part > FIREWALL_BATCH_MAX)
			part = FIREWALL_BATCH_MAX;
		d->told += part;
		again(f, 0);
		if (f->fw.events->dumped != NULL)
			f->fw.events->dumped(v, part, f->fw.arg);
		return;
	}
	while (d->at < f->fw.rules_n * FIREWALL_SETS && !readable(f))
		d->at++;
	if (d->at >= f->fw.rules_n * FIREWALL_SETS) {
		finish(f);
		return;
	}
	if (!read_set(f)) {
		again(f, 2);
		return;
	}
	d->at++;
	again(f, 0);
}

int
nft_dump_init(struct nftables *f)
{
	f->dump.step = evtimer_new(f->fw.base, on_step, f);
	if (f->dump.step != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

void
nft_dump_start(struct nftables *f)
{
	f->dump.running = true;
	f->dump.at = 0;
	f->dump.tries = 0;
	f->dump.n = f->dump.told = 0;
	again(f, 0);
}

void
nft_dump_stop(struct nftables *f)
{
	if (!f->dump.running)
		return;
	/* The end is told from the loop: nothing is left to walk. */
	f->dump.n = f->dump.told = 0;
	f->dump.at = SIZE_MAX;
	again(f, 0);
}

void
nft_dump_fini(struct nftables *f)
{
	if (f->dump.step != NULL)
		event_free(f->dump.step);
	f->dump.step = NULL;
	free(f->dump.v);
	f->dump.v = NULL;
}
