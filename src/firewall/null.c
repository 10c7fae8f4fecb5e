/*
 * The firewall of tests and dry runs: takes everything, blocks nothing, and
 * remembers its elements so that a dump answers as the kernel would.
 */
#include "firewall/firewall_system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <event2/event.h>

#include "base/table.h"
#include "base/xalloc.h"

#define NULL_MAX 1000000   /* elements; then ENFILE, as of a full set */

struct element {
	uint32_t rule;
	struct addr addr;
	int64_t timeout;     /* seconds; -1: none */
	int64_t end;         /* of CLOCK_BOOTTIME */
};

struct null {
	struct firewall fw;
	struct table *elements;
	struct event *dump;
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

static bool
element_eq(const void *entry, const void *key)
{
	const struct element *a = entry, *b = key;

	return a->rule == b->rule && addr_eq(&a->addr, &b->addr);
}

/* Bytes of an address behind an IPv4's four mean nothing. */
static uint64_t
element_hash(const struct element *e)
{
	uint8_t key[sizeof(e->rule) + 2 + sizeof(e->addr.b)] = { 0 };

	memcpy(key, &e->rule, sizeof(e->rule));
	key[4] = e->addr.family;
	key[5] = e->addr.plen;
	memcpy(key + 6, e->addr.b, e->addr.family == ADDR_V4 ? 4 : 16);
	return table_hash(key, sizeof(key));
}

static void
forget_all(struct null *f)
{
	struct element *e;
	size_t at = 0;

	while ((e = table_next(f->elements, &at)) != NULL) {
		table_del(f->elements, element_hash(e), e);
		free(e);
	}
}

static int
apply(struct null *f, const struct firewall_request *r)
{
	struct element key = { .rule = r->rule, .addr = r->addr }, *e;
	uint64_t hash = element_hash(&key);

	if (r->delete) {
		free(table_del(f->elements, hash, &key));
		return 0;
	}
	e = table_find(f->elements, hash, &key);
	if (e == NULL) {
		e = xcalloc(1, sizeof(*e));
		*e = key;
		if (table_add(f->elements, hash, e) == -1) {
			free(e);
			return ENFILE;
		}
	}
	e->timeout = r->seconds < 0 ? -1 : r->seconds;
	e->end = r->seconds < 0 ? INT64_MAX : now() + r->seconds;
	return 0;
}

/* Rules have new numbers; the owner adds its bans anew, as at a start. */
static int
null_define(struct firewall *fw)
{
	forget_all((struct null *)fw);
	return 0;
}

static int
null_commit(struct firewall *fw)
{
	struct null *f = (struct null *)fw;

	for (size_t i = 0; i < fw->queue_n; i++) {
		fw->queue[i].error = apply(f, &fw->queue[i]);
		fw->queue[i].settled = true;
	}
	firewall_settle(fw);
	return 0;
}

static void
on_dump(evutil_socket_t fd, short what, void *arg)
{
	struct null *f = arg;
	struct firewall_element *v = xcalloc(FIREWALL_BATCH_MAX, sizeof(*v));
	const struct firewall_events *events = f->fw.events;
	int64_t t = now();
	struct element *e;
	size_t at = 0, n = 0;

	(void)fd;
	(void)what;
	while ((e = table_next(f->elements, &at)) != NULL) {
		if (e->timeout >= 0 && e->end <= t) {
			free(table_del(f->elements, element_hash(e), e));
			continue;
		}
		v[n++] = (struct firewall_element){ .rule = e->rule,
			.addr = e->addr, .timeout = e->timeout,
			.left = e->timeout < 0 ? -1 : e->end - t,
			.read = { t * CLOCK_SECOND } };
		if (n == FIREWALL_BATCH_MAX) {
			if (events->dumped != NULL)
				events->dumped(v, n, f->fw.arg);
			n = 0;
		}
	}
	if (n > 0 && events->dumped != NULL)
		events->dumped(v, n, f->fw.arg);
	free(v);
	if (events->dumped != NULL)
		events->dumped(NULL, 0, f->fw.arg);
}

static int
null_dump(struct firewall *fw)
{
	event_active(((struct null *)fw)->dump, EV_TIMEOUT, 1);
	return 0;
}

static int
null_remove(struct firewall *fw)
{
	forget_all((struct null *)fw);
	return 0;
}

static void
null_close(struct firewall *fw)
{
	struct null *f = (struct null *)fw;

	if (f->elements != NULL)
		forget_all(f);
	table_free(f->elements);
	if (f->dump != NULL)
		event_free(f->dump);
	firewall_fini(fw);
	free(f);
}

struct firewall *
null_open(struct event_base *base, const struct firewall_events *events,
    void *arg, const char **why)
{
	static const struct firewall_ops ops = {
		.define = null_define,
		.commit = null_commit,
		.dump = null_dump,
		.remove = null_remove,
		.close = null_close,
	};
	struct null *f = xcalloc(1, sizeof(*f));

	f->elements = table_new(NULL_MAX, element_eq);
	f->dump = evtimer_new(base, on_dump, f);
	if (f->dump == NULL ||
	    firewall_init(&f->fw, &ops, base, events, arg) == -1) {
		null_close(&f->fw);
		*why = "no memory for an event";
		errno = ENOMEM;
		return NULL;
	}
	return &f->fw;
}
