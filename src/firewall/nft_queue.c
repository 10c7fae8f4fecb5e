/*
 * Requests become transactions. The order in which they came is kept through
 * every failure: a later "delete" must not be overtaken by a retried "add".
 */
#include "firewall/nftables.h"

#include <errno.h>
#include <string.h>
#include <event2/event.h>

#include "base/log.h"
#include "firewall/nft_element.h"

#define LOGGER "gaol.firewall"

/* From so many requests on nobody listens while they are sent. */
#define QUIET_MIN 100

/* About five seconds; then the requests fail and their owner decides. */
#define STALLS_MAX 9

static struct nft_element_set
set_of(const struct nftables *f, const struct firewall_request *r)
{
	const struct firewall_rule *rule = &f->fw.rules[r->rule];

	return (struct nft_element_set){ nft_want_family(rule->family),
		rule->table, rule->sets[nft_element_kind(&r->addr)] };
}

static void
settle(struct firewall_request *r, int error)
{
	r->settled = true;
	r->error = error;
}

/* The first message of each request is kept, to find it by. */
static void
put_request(struct nftables *f, size_t at)
{
	const struct firewall_request *r = &f->fw.queue[at];
	struct nft_element_set set = set_of(f, r);
	enum nft_element_how how = r->delete ? NFT_ELEMENT_DELETE :
	    f->renews ? NFT_ELEMENT_ADD : NFT_ELEMENT_RENEW;

	f->seqs[at] = nft_batch_count(&f->batch);
	if (set.name != NULL)
		nft_element_put(&f->batch, &set, &r->addr, r->seconds, how);
}

static bool
is_alike(const struct firewall_request *a, const struct firewall_request *b)
{
	return !b->delete && b->rule == a->rule &&
	    nft_element_kind(&b->addr) == nft_element_kind(&a->addr);
}

/*
 * What is added to one set behind each other, as few messages: 0 when these
 * are none. An error of such a message names no request.
 */
static size_t
put_pack(struct nftables *f, size_t at, size_t n)
{
	const struct firewall_request *r = &f->fw.queue[at];
	struct nft_element_set set = set_of(f, r);
	struct nft_element v[FIREWALL_BATCH_MAX];
	size_t k;

	if (!f->renews || r->delete || set.name == NULL)
		return 0;
	for (k = 0; k < n && is_alike(r, &r[k]); k++)
		v[k] = (struct nft_element){ r[k].addr, r[k].seconds };
	nft_element_pack(&f->batch, &set, v, k);
	return k;
}

static void
put_requests(struct nftables *f, size_t at, size_t n, bool packed)
{
	size_t end = at + n, k;

	for (; at < end; at += k) {
		k = packed ? put_pack(f, at, end - at) : 0;
		if (k > 0)
			continue;
		put_request(f, at);
		k = 1;
	}
}

/* --- unheard -------------------------------------------------------------- */

/*
 * Only what surely makes a generation of its own tells by the number of the
 * next one that nobody else made one: to add what is there for ever changes
 * nothing.
 */
static bool
makes_generation(const struct nftables *f, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (f->fw.queue[i].delete || f->fw.queue[i].seconds >= 0)
			return true;
	return false;
}

/* Nobody listens from here on: 0, or -1. */
static int
go_quiet(struct nftables *f, uint32_t *generation)
{
	if (nft_state_generation(&f->link, generation) == -1 ||
	    *generation == 0)
		return -1;
	return nft_watch_leave(&f->watch);
}

/*
 * Is the generation the one that was there, as nobody has changed anything, or
 * the next (never 0), which is ours?
 */
static bool
is_ours(uint32_t now, uint32_t before, bool done)
{
	uint32_t next = before + 1 != 0 ? before + 1 : 1;

	return now == before || (done && now == next);
}

static void
listen_again(struct nftables *f, uint32_t before, bool done)
{
	uint32_t now;

	if (nft_watch_join(&f->watch) == 0 &&
	    nft_state_generation(&f->link, &now) == 0 &&
	    is_ours(now, before, done))
		return;
	nft_watch_missed(&f->watch);
	nftables_check_soon(f);
}

/* n requests from `at` on as one transaction: 0, or errno. */
static int
transact(struct nftables *f, size_t at, size_t n, bool packed)
{
	/* Who else is at work disturbs a second try as well. */
	bool quiet = n >= QUIET_MIN && f->stall_tries == 0 &&
	    makes_generation(f, at, n);
	uint32_t before = 0;
	int error;

	if (quiet && go_quiet(f, &before) == -1)
		quiet = false;
	nft_batch_begin(&f->batch, &f->link, quiet ? before : 0);
	put_requests(f, at, n, packed);
	error = nft_batch_send(&f->batch, &f->link) == 0 ? 0 : errno;
	if (quiet)
		listen_again(f, before, error == 0);
	return error;
}

/* --- one after the other --------------------------------------------------- */

static int
send_bare_delete(struct nftables *f, const struct firewall_request *r)
{
	struct nft_element_set set = set_of(f, r);

	nft_batch_begin(&f->batch, &f->link, 0);
	nft_element_put(&f->batch, &set, &r->addr, -1,
	    NFT_ELEMENT_DELETE_BARE);
	if (nft_batch_send(&f->batch, &f->link) == 0 || errno == ENOENT)
		return 0;
	return errno;
}

static bool run(struct nftables *f, size_t at, size_t n, bool packed);

/*
 * Some messages were refused. All of their requests are known from one try,
 * so what lies between goes again together, and each of them alone.
 */
static bool
run_pieces(struct nftables *f, size_t at, size_t n)
{
	bool bad[FIREWALL_BATCH_MAX] = { false };
	size_t r = at, end;

	for (size_t i = 0; i < f->batch.errors_n; i++) {
		size_t nth = f->batch.errors[i].seq - f->batch.first - 1;

		while (r + 1 < at + n && f->seqs[r + 1] <= nth)
			r++;
		bad[r - at] = true;
	}
	for (size_t i = 0; i < n; i = end) {
		end = i + 1;
		while (!bad[i] && end < n && !bad[end])
			end++;
		if (!run(f, at + i, end - i, false))
			return false;
	}
	return true;
}

static bool
run_one_failed(struct nftables *f, size_t at, int error)
{
	struct firewall_request *r = &f->fw.queue[at];

	/* A full set refuses even the add before the delete. */
	if (r->delete)
		error = send_bare_delete(f, r);
	if (nftables_transient(error))
		return false;
	settle(r, error);
	return true;
}

static bool
has_transient(const struct nft_batch *b)
{
	for (size_t i = 0; i < b->errors_n; i++)
		if (nftables_transient(b->errors[i].error))
			return true;
	return false;
}

/* What is missing in the kernel is made anew, once in a wake. */
static bool
repair(struct nftables *f, int error)
{
	if (error != ENOENT || f->repaired)
		return false;
	f->repaired = true;
	/* Who did it is known to the watch first. */
	nft_watch_read(&f->watch, &f->want);
	return nftables_heal(f) == 0;
}

/*
 * One transaction of n requests from `at` on, in pieces when it must be.
 * False: the rest has to wait, errno says why.
 */
static bool
run(struct nftables *f, size_t at, size_t n, bool packed)
{
	int error = transact(f, at, n, packed);

	if (error == 0) {
		for (size_t i = 0; i < n; i++)
			settle(&f->fw.queue[at + i], set_of(f,
			    &f->fw.queue[at + i]).name == NULL ?
			    EAFNOSUPPORT : 0);
		nftables_state(f, 0);
		return true;
	}
	if (repair(f, error))
		return run(f, at, n, packed);
	errno = error;
	if (has_transient(&f->batch))
		return false;
	if (f->batch.errors_n > 0 && packed)
		return run(f, at, n, false);
	if (f->batch.errors_n > 0)
		return n == 1 ? run_one_failed(f, at, error) :
		    run_pieces(f, at, n);
	if (error == ENOBUFS || error == EMSGSIZE)
		return n == 1 ? false : run(f, at, n / 2, packed) &&
		    run(f, at + n / 2, n - n / 2, packed);
	if (nftables_transient(error))
		return false;
	for (size_t i = 0; i < n; i++)
		settle(&f->fw.queue[at + i], error);
	nftables_state(f, error);
	return true;
}

static void
stall(struct nftables *f, size_t n, int error)
{
	f->stalled = true;
	if (++f->stall_tries < STALLS_MAX) {
		nftables_after(f->work, f->stall_tries);
		return;
	}
	log_error(LOGGER, "the kernel keeps refusing: %s; given up on %zu "
	    "requests", strerror(error), n);
	for (size_t i = 0; i < n; i++)
		if (!f->fw.queue[i].settled)
			settle(&f->fw.queue[i], error);
	f->stalled = false;
	f->stall_tries = 0;
	if (error == ENOBUFS || error == EMSGSIZE)
		nftables_unknown(f, "the kernel's answers were lost");
	nftables_state(f, error);
}

void
nft_queue_run(struct nftables *f)
{
	size_t n = f->fw.queue_n;

	if (n > FIREWALL_BATCH_MAX)
		n = FIREWALL_BATCH_MAX;
	if (n == 0)
		return;
	f->repaired = false;
	if (run(f, 0, n, true)) {
		f->stalled = false;
		f->stall_tries = 0;
	} else {
		stall(f, n, errno);
	}
	firewall_settle(&f->fw);
	if (f->fw.queue_n > 0 && !f->stalled)
		nftables_after(f->work, 0);
}
