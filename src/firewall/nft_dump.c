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
#define DISTURBED_MS 2

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

/*
 * What the reading brought, to be told: all of it in order, or, of very many
 * hosts, the next of them, as sorting them would be a long turn of its own.
 */
static void
take_some(struct nft_dump *d)
{
	struct telling t = { d, (uint32_t)(d->at / FIREWALL_SETS) };
	struct nft_element_list *all = &d->reading.list, part = *all;
	bool net = nft_want_is_net(d->at % FIREWALL_SETS);

	if (!net && all->n > NFT_READING_LARGE) {
		part.v += d->taken;
		part.n -= d->taken;
		if (part.n > FIREWALL_BATCH_MAX)
			part.n = FIREWALL_BATCH_MAX;
	}
	d->taken += part.n;
	d->n = d->told = 0;
	d->read = all->begun;
	nft_element_each(&part, net, keep, &t);
}

static void
again(struct nftables *f, long ms)
{
	struct timeval tv = { 0, ms * 1000 };

	evtimer_add(f->dump.step, &tv);
}

/* Some of the set at d->at. */
static void
read_some(struct nftables *f)
{
	struct nft_dump *d = &f->dump;
	const struct firewall_rule *r = rule_at(f);
	const struct nft_element_set set = { nft_want_family(r->family),
		r->table, r->sets[d->at % FIREWALL_SETS] };
	int rc = nft_reading_step(&d->reading, &set,
	    d->tries + 1 == TRIES_MAX);

	if (rc == 1) {
		again(f, 0);
		return;
	}
	if (rc == -1 && errno == EINTR) {
		d->tries++;
		again(f, DISTURBED_MS);
		return;
	}
	if (rc == -1 && errno != ENOENT)
		log_warning(LOGGER, "cannot read set %s: %s", set.name,
		    strerror(errno));
	d->tries = 0;
	d->taken = 0;
	d->whole = true;
	again(f, 0);
}

/* The next set. */
static void
go_on(struct nftables *f)
{
	struct nft_dump *d = &f->dump;

	nft_reading_end(&d->reading);
	d->whole = false;
	d->at++;
	again(f, 0);
}

static void
finish(struct nftables *f)
{
	struct nft_dump *d = &f->dump;

	nft_reading_close(&d->reading);
	d->running = false;
	free(d->v);
	d->v = NULL;
	d->n = d->cap = d->told = 0;
	if (f->fw.events->dumped != NULL)
		f->fw.events->dumped(NULL, 0, f->fw.arg);
}

static bool
owner_is_busy(const struct nftables *f)
{
	return f->fw.events->busy != NULL && f->fw.events->busy(f->fw.arg);
}

/* The next piece of what is in v, when the owner can take it. */
static void
tell_some(struct nftables *f)
{
	struct nft_dump *d = &f->dump;
	const struct firewall_element *v = d->v + d->told;
	size_t part = d->n - d->told;

	if (owner_is_busy(f)) {
		again(f, BUSY_MS);
		return;
	}
	if (part > FIREWALL_BATCH_MAX)
		part = FIREWALL_BATCH_MAX;
	d->told += part;
	again(f, 0);
	if (f->fw.events->dumped != NULL)
		f->fw.events->dumped(v, part, f->fw.arg);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct nftables *f = arg;
	struct nft_dump *d = &f->dump;

	(void)fd;
	(void)what;
	if (d->told == d->n && d->whole && d->taken < d->reading.list.n)
		take_some(d);
	if (d->told < d->n) {
		tell_some(f);
		return;
	}
	if (d->whole) {
		go_on(f);
		return;
	}
	while (d->at < f->fw.rules_n * FIREWALL_SETS && !readable(f))
		d->at++;
	if (d->at < f->fw.rules_n * FIREWALL_SETS)
		read_some(f);
	else
		finish(f);
}

/* From the first set on, whatever was under way. */
static void
begin(struct nft_dump *d, size_t at)
{
	nft_reading_close(&d->reading);
	d->whole = false;
	d->at = at;
	d->tries = 0;
	d->n = d->told = d->taken = 0;
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
	begin(&f->dump, 0);
	again(f, 0);
}

void
nft_dump_stop(struct nftables *f)
{
	if (!f->dump.running)
		return;
	/* The end is told from the loop: nothing is left to walk. */
	begin(&f->dump, SIZE_MAX);
	again(f, 0);
}

void
nft_dump_fini(struct nftables *f)
{
	if (f->dump.step != NULL)
		event_free(f->dump.step);
	f->dump.step = NULL;
	nft_reading_close(&f->dump.reading);
	free(f->dump.v);
	f->dump.v = NULL;
}
