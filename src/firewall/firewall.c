#include "firewall/firewall_system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>

#include "base/xalloc.h"

/* The owner may ask for more from inside, so the list is taken away first. */
static void
on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct firewall *fw = arg;
	struct firewall_done *v = fw->done;
	size_t n = fw->done_n, part;

	(void)fd;
	(void)what;
	fw->done = NULL;
	fw->done_n = 0;
	for (size_t at = 0; at < n; at += part) {
		part = n - at < FIREWALL_BATCH_MAX ? n - at :
		    FIREWALL_BATCH_MAX;
		if (fw->events->done != NULL)
			fw->events->done(v + at, part, fw->arg);
	}
	free(v);
}

int
firewall_init(struct firewall *fw, const struct firewall_ops *ops,
    struct event_base *base, const struct firewall_events *events, void *arg)
{
	fw->ops = ops;
	fw->base = base;
	fw->events = events;
	fw->arg = arg;
	fw->deliver = evtimer_new(base, on_deliver, fw);
	if (fw->deliver == NULL) {
		errno = ENOMEM;
		return -1;
	}
	fw->queue = xcalloc(FIREWALL_QUEUE_MAX, sizeof(*fw->queue));
	return 0;
}

void
firewall_fini(struct firewall *fw)
{
	if (fw->deliver != NULL)
		event_free(fw->deliver);
	fw->deliver = NULL;
	free(fw->queue);
	fw->queue = NULL;
	free(fw->done);
	fw->done = NULL;
}

void
firewall_settle(struct firewall *fw)
{
	size_t n = 0;

	while (n < fw->queue_n && fw->queue[n].settled)
		n++;
	if (n == 0)
		return;
	fw->done = xreallocarray(fw->done, fw->done_n + n, sizeof(*fw->done));
	for (size_t i = 0; i < n; i++)
		fw->done[fw->done_n++] = (struct firewall_done){
			fw->queue[i].cookie, fw->queue[i].error };
	fw->queue_n -= n;
	memmove(fw->queue, fw->queue + n, fw->queue_n * sizeof(*fw->queue));
	event_active(fw->deliver, EV_TIMEOUT, 1);
}

void
firewall_settle_all(struct firewall *fw, int error)
{
	for (size_t i = 0; i < fw->queue_n; i++) {
		fw->queue[i].settled = true;
		fw->queue[i].error = error;
	}
	firewall_settle(fw);
}

struct firewall *
firewall_open(const char *kind, struct event_base *base,
    const struct firewall_events *events, void *arg, const char **why)
{
	if (strcmp(kind, "nftables") == 0)
		return nftables_open(base, events, arg, why);
	if (strcmp(kind, "null") == 0)
		return null_open(base, events, arg, why);
	*why = "no such kind of firewall; accepted: nftables, null";
	errno = EINVAL;
	return NULL;
}

void
firewall_close(struct firewall *fw)
{
	if (fw != NULL)
		fw->ops->close(fw);
}

int
firewall_define(struct firewall *fw, const struct firewall_rule *rules,
    size_t n)
{
	/* The numbers of the rules in the queue mean nothing any more. */
	firewall_settle_all(fw, ESTALE);
	fw->rules = rules;
	fw->rules_n = n;
	return fw->ops->define(fw);
}

static int
enqueue(struct firewall *fw, const struct firewall_request *r)
{
	const struct addr *a = &r->addr;

	if (r->rule >= fw->rules_n ||
	    (a->family != ADDR_V4 && a->family != ADDR_V6) || a->plen == 0 ||
	    a->plen > addr_bits(a)) {
		errno = EINVAL;
		return -1;
	}
	if (fw->queue_n + fw->done_n >= FIREWALL_QUEUE_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	fw->queue[fw->queue_n++] = *r;
	return 0;
}

int
firewall_add(struct firewall *fw, uint32_t rule, const struct addr *addr,
    int64_t seconds, uint64_t cookie)
{
	return enqueue(fw, &(struct firewall_request){ .rule = rule,
	    .addr = *addr, .seconds = seconds, .cookie = cookie });
}

int
firewall_delete(struct firewall *fw, uint32_t rule, const struct addr *addr,
    uint64_t cookie)
{
	return enqueue(fw, &(struct firewall_request){ .rule = rule,
	    .addr = *addr, .delete = true, .cookie = cookie });
}

int
firewall_commit(struct firewall *fw)
{
	return fw->ops->commit(fw);
}

int
firewall_dump(struct firewall *fw)
{
	return fw->ops->dump(fw);
}

int
firewall_remove(struct firewall *fw)
{
	int rc = fw->ops->remove(fw);

	if (rc == 0) {
		firewall_settle_all(fw, ESTALE);
		fw->rules = NULL;
		fw->rules_n = 0;
	}
	return rc;
}
