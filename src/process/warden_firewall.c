/*
 * The firewall's side of the warden: requests of the engine are checked
 * against our own tables, what passes is gathered into one batch a message,
 * answers and events travel back.
 */
#include "process/warden_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "process/never.h"

#define LOGGER "gaol.firewall"

#define QUEUED_MAX 16   /* messages, of 48 KB each */

/* A century; more is a mistake, and overflows somewhere. */
#define SECONDS_MAX (INT64_C(100) * 366 * 24 * 3600)

static void
send_records(struct warden *w, uint32_t type, const void *v, size_t n,
    size_t size)
{
	struct wire_fw head = { .type = type };
	struct buf m = { 0 };

	if (w->engine == NULL)
		return;
	if (w->now != NULL)
		head.generation = w->now->generation;
	while (n > 0) {
		size_t part = n < WIRE_RECORDS_MAX ? n : WIRE_RECORDS_MAX;

		buf_clear(&m);
		buf_add(&m, &head, sizeof(head));
		buf_add(&m, v, part * size);
		port_send(w->engine, m.p, m.n, -1);
		v = (const char *)v + part * size;
		n -= part;
	}
	buf_fini(&m);
}

void
warden_firewall_state(struct warden *w, int error, const char *text)
{
	struct wire_fw_state m = { .type = WIRE_FW_STATE, .error = error };

	w->firewall_error = error;
	if (w->engine == NULL)
		return;
	if (text != NULL)
		memcpy(m.text, text, strnlen(text, sizeof(m.text) - 1));
	port_send(w->engine, &m, sizeof(m), -1);
}

/* --- events of the firewall -------------------------------------------- */

static void
on_done(const struct firewall_done *done, size_t n, void *arg)
{
	struct wire_fw_done *v = calloc(n + 1, sizeof(*v));

	if (v == NULL)
		log_fatal(LOGGER, "out of memory");
	for (size_t i = 0; i < n; i++) {
		v[i].cookie = done[i].cookie;
		v[i].error = done[i].error;
	}
	send_records(arg, WIRE_FW_DONE, v, n, sizeof(*v));
	free(v);
}

static void
on_lost(const char *what, pid_t pid, const char *name, void *arg)
{
	struct warden *w = arg;
	struct wire_fw_lost m = { .type = WIRE_FW_LOST, .pid = (int32_t)pid };

	log_warning(LOGGER, "%s removed by %s (pid %ld); rebuilt", what,
	    name != NULL && *name != '\0' ? log_text(span_of(name)) :
	    "an unknown program", (long)pid);
	if (name != NULL)
		memcpy(m.name, name, strnlen(name, sizeof(m.name) - 1));
	memcpy(m.what, what, strnlen(what, sizeof(m.what) - 1));
	if (w->engine != NULL)
		port_send(w->engine, &m, sizeof(m), -1);
}

static void
on_unknown(const char *why, void *arg)
{
	struct warden *w = arg;
	struct wire_fw_lost m = { .type = WIRE_FW_LOST };

	log_info(LOGGER, "state of the sets unknown (%s): comparing", why);
	memcpy(m.what, why, strnlen(why, sizeof(m.what) - 1));
	if (w->engine != NULL)
		port_send(w->engine, &m, sizeof(m), -1);
}

static void
on_dumped(const struct firewall_element *elements, size_t n, void *arg)
{
	struct warden *w = arg;
	struct wire_plain end = { .type = WIRE_FW_DUMPED };
	struct wire_fw_element *v;

	if (n == 0) {
		if (w->engine != NULL)
			port_send(w->engine, &end, sizeof(end), -1);
		return;
	}
	v = calloc(n, sizeof(*v));
	if (v == NULL)
		log_fatal(LOGGER, "out of memory");
	for (size_t i = 0; i < n; i++) {
		v[i].timeout = elements[i].timeout;
		v[i].end = elements[i].read.us + elements[i].left *
		    CLOCK_SECOND;
		v[i].rule = elements[i].rule;
		v[i].addr = elements[i].addr;
	}
	send_records(w, WIRE_FW_ELEMENTS, v, n, sizeof(*v));
	free(v);
}

/* A million elements are more than may wait for an engine with other work. */
static bool
is_busy(void *arg)
{
	const struct warden *w = arg;

	return w->engine != NULL && port_queued(w->engine) > QUEUED_MAX;
}

static void
on_state(int error, const char *text, void *arg)
{
	if (error != 0)
		log_error(LOGGER, "%s", text);
	else
		log_notice(LOGGER, "works again");
	warden_firewall_state(arg, error, text);
}

/* --- requests ----------------------------------------------------------- */

void
warden_firewall_open(struct warden *w)
{
	static const struct firewall_events events = {
		.done = on_done,
		.lost = on_lost,
		.unknown = on_unknown,
		.dumped = on_dumped,
		.busy = is_busy,
		.state = on_state,
	};

	w->firewall = firewall_open(w->next->config->own.firewall, w->base,
	    &events, w, &w->firewall_why);
	if (w->firewall != NULL)
		return;
	w->firewall_error = errno != 0 ? errno : EIO;
	log_error(LOGGER, "no firewall: %s (%s); addresses are counted and "
	    "recorded, none is blocked", w->firewall_why,
	    strerror(w->firewall_error));
}

void
warden_firewall_define(struct warden *w)
{
	if (w->firewall == NULL)
		return;
	if (firewall_define(w->firewall, w->now->rules,
		w->now->plan.rules_n) == 0) {
		warden_firewall_state(w, 0, "");
		return;
	}
	log_error(LOGGER, "cannot set up the firewall's tables: %s",
	    strerror(errno));
	warden_firewall_state(w, errno, "tables could not be set up");
}

/* errno of our own rules: what they refuse is never done. */
static int
check_record(const struct warden *w, uint32_t type,
    const struct wire_fw_record *r)
{
	const struct addr *a = &r->addr;
	int error;

	if (r->rule >= w->now->plan.rules_n || !addr_is_normal(a))
		return EINVAL;
	if (type == WIRE_FW_DELETE)
		return 0;
	error = never_refuses(w->never, a);
	return error != 0 ? error : never_too_wide(&w->now->config->own,
	    &w->now->config->jails[w->now->plan.rules[r->rule].jail], a);
}

static int
queue_record(struct warden *w, uint32_t type, const struct wire_fw_record *r)
{
	int64_t seconds = r->seconds < SECONDS_MAX ? r->seconds : SECONDS_MAX;
	int rc;

	if (w->firewall == NULL)
		return w->firewall_error;
	if (type == WIRE_FW_ADD)
		rc = firewall_add(w->firewall, r->rule, &r->addr, seconds,
		    r->cookie);
	else
		rc = firewall_delete(w->firewall, r->rule, &r->addr,
		    r->cookie);
	return rc == 0 ? 0 : errno;
}

void
warden_firewall_request(struct warden *w, uint32_t type,
    const struct wire_fw *head, size_t records)
{
	const struct wire_fw_record *r =
	    (const struct wire_fw_record *)(head + 1);
	bool stale = w->now == NULL || head->generation != w->now->generation;
	struct wire_fw_done failed[WIRE_RECORDS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < records; i++) {
		int refusal = stale ? 0 : check_record(w, type, &r[i]);
		int error = stale ? ESTALE : refusal;

		if (error == 0)
			error = queue_record(w, type, &r[i]);
		if (error != 0)
			failed[n++] = (struct wire_fw_done){ r[i].cookie,
				error, refusal != 0 };
	}
	/* A refusal names itself to whoever asked. */
	send_records(w, WIRE_FW_DONE, failed, n, sizeof(failed[0]));
	if (w->firewall != NULL && firewall_commit(w->firewall) == -1)
		log_error(LOGGER, "cannot send: %s", strerror(errno));
}

void
warden_firewall_dump(struct warden *w)
{
	if (w->firewall == NULL || firewall_dump(w->firewall) == -1)
		on_dumped(NULL, 0, w);
}

void
warden_firewall_remove(struct warden *w)
{
	struct wire_removed m = { .type = WIRE_FW_REMOVED };

	if (w->firewall != NULL && firewall_remove(w->firewall) == -1) {
		m.error = errno;
		log_error(LOGGER, "cannot remove the tables: %s",
		    strerror(errno));
	}
	port_send(w->engine, &m, sizeof(m), -1);
}

void
warden_never_update(struct warden *w)
{
	trie_free(w->never);
	w->never = never_new(w->now != NULL ? w->now->config : NULL, w->own,
	    w->own_n);
}
