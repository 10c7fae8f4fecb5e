/* nftables through netlink: life cycle, objects, and what others do to them. */
#include "firewall/nftables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.firewall"

#define DEFINE_MS 5000       /* the longest that define may wait */
#define DEFINE_STEP_MS 5
#define HEAL_TRIES 8         /* at once; then it waits its turn */
#define DEBOUNCE_MS 10
#define BACKOFF_MAX_MS 5000

bool
nftables_transient(int error)
{
	return error == EINTR || error == EAGAIN || error == EBUSY ||
	    error == ENOMEM || error == ERESTART;
}

/* tries 0: in the next turn of the loop; then 10 ms and ever twice that. */
void
nftables_after(struct event *ev, unsigned tries)
{
	long ms = tries == 0 ? 0 : 10L << (tries < 10 ? tries - 1 : 9);
	struct timeval tv;

	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	tv = (struct timeval){ ms / 1000, ms % 1000 * 1000 };
	evtimer_add(ev, &tv);
}

/* --- telling the owner ------------------------------------------------------ */

static const char *
state_text(int error)
{
	switch (error) {
	case 0:
		return "";
	case EPERM:
	case EACCES:
		return "no right to use nf_tables (CAP_NET_ADMIN), or its "
		    "table has another owner";
	case EOPNOTSUPP:
		return "this kernel lacks a part of nf_tables that is needed";
	}
	return strerror(error);
}

/* The owner may call back, so nothing of f is read after it was told. */
static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
	struct nftables *f = arg;
	const struct firewall_events *e = f->fw.events;
	struct nftables_news news = f->news;
	void *owner = f->fw.arg;

	(void)fd;
	(void)what;
	memset(&f->news, 0, sizeof(f->news));
	if (news.state && f->state != f->told_state) {
		f->told_state = f->state;
		if (e->state != NULL)
			e->state(f->state, state_text(f->state), owner);
	}
	if (news.lost && e->lost != NULL)
		e->lost(news.what, news.pid, news.name, owner);
	if (news.unknown != NULL && e->unknown != NULL)
		e->unknown(news.unknown, owner);
}

void
nftables_state(struct nftables *f, int error)
{
	f->state = error;
	if (f->state == f->told_state)
		return;
	f->news.state = true;
	event_active(f->tell, EV_TIMEOUT, 1);
}

void
nftables_unknown(struct nftables *f, const char *why)
{
	f->news.unknown = why;
	event_active(f->tell, EV_TIMEOUT, 1);
}

static void
tell_lost(struct nftables *f, const char *what)
{
	struct nftables_news *n = &f->news;

	n->lost = true;
	memset(n->what, 0, sizeof(n->what));
	memcpy(n->what, what, strnlen(what, sizeof(n->what) - 1));
	n->pid = f->watch.pid;
	memcpy(n->name, f->watch.name, sizeof(n->name));
	event_active(f->tell, EV_TIMEOUT, 1);
}

/* --- objects ----------------------------------------------------------------- */

static int
sync_objects(struct nftables *f, struct nft_objects_change *change)
{
	if (nft_objects_sync(&f->link, &f->want, &f->old, change) == -1)
		return -1;
	nft_want_fini(&f->old);
	f->broken = false;
	f->sync_tries = 0;
	nftables_state(f, 0);
	return 0;
}

/* Tries again as long as others commit in between; waits ms between. */
static int
sync_patiently(struct nftables *f, struct nft_objects_change *change,
    int tries, long ms)
{
	struct timespec pause = { 0, ms * 1000000 };

	for (int i = 1; sync_objects(f, change) == -1; i++) {
		if (!nftables_transient(errno) || i == tries)
			return -1;
		if (ms > 0)
			nanosleep(&pause, NULL);
	}
	return 0;
}

int
nftables_heal(struct nftables *f)
{
	bool failed_before = f->broken, unknown = f->watch.overrun;
	struct nft_objects_change change;
	int error;

	if (f->watch.away)
		nft_watch_join(&f->watch);
	if (sync_patiently(f, &change, HEAL_TRIES, 0) == -1) {
		error = errno;
		f->broken = true;
		nftables_state(f, error);
		if (f->sync_tries++ == 0)
			log_error(LOGGER, "cannot rebuild the ruleset: %s",
			    strerror(error));
		nftables_after(f->check, f->sync_tries);
		errno = error;
		return -1;
	}
	if (change.missing_n > 0)
		tell_lost(f, change.missing.p);
	else if (f->watch.what[0] != '\0')
		tell_lost(f, f->watch.what);
	else if (failed_before)
		tell_lost(f, "the ruleset");
	if (unknown)
		nftables_unknown(f, "notifications of the kernel were lost");
	nft_watch_forget(&f->watch);
	buf_fini(&change.missing);
	return 0;
}

static void
on_check(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	nftables_heal(arg);
}

void
nftables_check_soon(struct nftables *f)
{
	struct timeval soon = { 0, DEBOUNCE_MS * 1000 };

	if (!evtimer_pending(f->check, NULL))
		evtimer_add(f->check, &soon);
}

static void
on_watched(evutil_socket_t fd, short what, void *arg)
{
	struct nftables *f = arg;

	(void)fd;
	(void)what;
	nft_watch_read(&f->watch, &f->want);
	if (f->watch.changed)
		nftables_check_soon(f);
}

/* The oldest list of what may still be there is the one to keep. */
static void
retire(struct nftables *f)
{
	if (f->old.tables_n == 0)
		f->old = f->want;
	else
		nft_want_fini(&f->want);
	memset(&f->want, 0, sizeof(f->want));
}

static int
nftables_define(struct firewall *fw)
{
	struct nftables *f = (struct nftables *)fw;
	struct nft_objects_change change;
	int error;

	nft_dump_stop(f);
	f->stalled = false;
	f->stall_tries = 0;
	retire(f);
	nft_want_make(&f->want, fw->rules, fw->rules_n);
	if (sync_patiently(f, &change, DEFINE_MS / DEFINE_STEP_MS,
		DEFINE_STEP_MS) == -1) {
		error = errno;
		f->broken = true;
		nftables_state(f, error);
		nftables_after(f->check, ++f->sync_tries);
		errno = error;
		return -1;
	}
	buf_fini(&change.missing);
	return 0;
}

static int
nftables_remove(struct firewall *fw)
{
	struct nftables *f = (struct nftables *)fw;
	struct nft_objects_change change;

	nft_dump_stop(f);
	retire(f);
	evtimer_del(f->check);
	if (sync_patiently(f, &change, DEFINE_MS / DEFINE_STEP_MS,
		DEFINE_STEP_MS) == -1)
		return -1;
	buf_fini(&change.missing);
	nft_watch_forget(&f->watch);
	return 0;
}

/* --- requests ------------------------------------------------------------------ */

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct nftables *f = arg;

	(void)fd;
	(void)what;
	f->stalled = false;
	nft_queue_run(f);
}

static int
nftables_commit(struct firewall *fw)
{
	struct nftables *f = (struct nftables *)fw;

	if (!f->stalled)
		nft_queue_run(f);
	return 0;
}

static int
nftables_dump(struct firewall *fw)
{
	nft_dump_start((struct nftables *)fw);
	return 0;
}

/* --- life ------------------------------------------------------------------------ */

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static void
nftables_close(struct firewall *fw)
{
	struct nftables *f = (struct nftables *)fw;

	free_event(&f->watched);
	free_event(&f->check);
	free_event(&f->work);
	free_event(&f->tell);
	nft_dump_fini(f);
	nft_watch_close(&f->watch);
	nft_link_close(&f->link);
	nft_batch_fini(&f->batch);
	nft_want_fini(&f->want);
	nft_want_fini(&f->old);
	free(f->seqs);
	firewall_fini(fw);
	free(f);
}

/*
 * Reading the ruleset needs the same right as changing it, and loads the
 * kernel's module when it is not there yet.
 */
static int
probe(struct nftables *f, const char **why)
{
	uint32_t generation;

	if (nft_state_generation(&f->link, &generation) == 0)
		return 0;
	if (errno == EPERM || errno == EACCES)
		*why = "no right to use nf_tables (CAP_NET_ADMIN)";
	else
		*why = "no nf_tables in this kernel";
	return -1;
}

static int
open_events(struct nftables *f)
{
	struct event_base *base = f->fw.base;

	f->watched = event_new(base, f->watch.link.fd, EV_READ | EV_PERSIST,
	    on_watched, f);
	f->check = evtimer_new(base, on_check, f);
	f->work = evtimer_new(base, on_work, f);
	f->tell = evtimer_new(base, on_tell, f);
	if (f->watched == NULL || f->check == NULL || f->work == NULL ||
	    f->tell == NULL || nft_dump_init(f) == -1 ||
	    event_add(f->watched, NULL) == -1) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

struct firewall *
nftables_open(struct event_base *base, const struct firewall_events *events,
    void *arg, const char **why)
{
	static const struct firewall_ops ops = {
		.define = nftables_define,
		.commit = nftables_commit,
		.dump = nftables_dump,
		.remove = nftables_remove,
		.close = nftables_close,
	};
	struct nftables *f = xcalloc(1, sizeof(*f));
	int error;

	f->link.fd = f->watch.link.fd = -1;
	f->renews = nft_element_kernel_renews();
	f->seqs = xcalloc(FIREWALL_QUEUE_MAX, sizeof(*f->seqs));
	*why = "no netlink socket";
	if (firewall_init(&f->fw, &ops, base, events, arg) == -1 ||
	    nft_link_open(&f->link) == -1)
		goto fail;
	if (probe(f, why) == -1)
		goto fail;
	*why = "no notifications of nf_tables";
	if (nft_watch_open(&f->watch, f->link.portid) == -1 ||
	    open_events(f) == -1)
		goto fail;
	return &f->fw;
fail:
	error = errno;
	nftables_close(&f->fw);
	errno = error;
	return NULL;
}
