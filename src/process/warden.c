#include "process/warden.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "config/dump.h"
#include "process/sandbox.h"
#include "process/sheet.h"
#include "process/warden_local.h"
#include "source/journal.h"

#define LOGGER "gaol.warden"

static void
log_report(const struct report *report)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		const struct problem *p = &report->v[i];

		buf_clear(&line);
		report_format(p, &line);
		if (p->level == PROBLEM_ERROR)
			log_error(LOGGER, "%s", log_text(buf_span(&line)));
		else
			log_warning(LOGGER, "%s", log_text(buf_span(&line)));
	}
	buf_fini(&line);
}

/* Sends `text` as a sheet beside a wire_config message. */
static int
send_sheet(struct warden *w, uint32_t type, uint32_t generation,
    struct span text)
{
	struct wire_config m = { .type = type, .generation = generation };
	int fd = sheet_new(text);
	int rc;

	if (fd == -1) {
		log_error(LOGGER, "cannot hand over the configuration: %s",
		    strerror(errno));
		return -1;
	}
	rc = port_send(w->engine, &m, sizeof(m), fd);
	close(fd);
	return rc;
}

/* The sheet stays open: a reload of one jail needs the others as they are. */
static int
send_plan(struct warden *w, struct warden_plan *p)
{
	struct wire_config m = { .type = WIRE_CONFIG,
		.generation = p->generation };
	struct buf text = { 0 };

	dump_write(p->config, DUMP_ENGINE, &text);
	p->sheet = sheet_new(buf_span(&text));
	buf_fini(&text);
	if (p->sheet == -1) {
		log_error(LOGGER, "cannot hand over the configuration: %s",
		    strerror(errno));
		return -1;
	}
	return port_send(w->engine, &m, sizeof(m), p->sheet);
}

static int
send_failed(struct warden *w, const struct report *report)
{
	struct buf text = { 0 };
	int rc;

	for (size_t i = 0; i < report->n; i++) {
		report_format(&report->v[i], &text);
		buf_addc(&text, '\n');
	}
	rc = send_sheet(w, WIRE_CONFIG_FAILED, w->generation, buf_span(&text));
	buf_fini(&text);
	return rc;
}

/* --- requests of the engine ------------------------------------------- */

/* It finds its link closed, and ends for that. */
static void
drop_engine(struct warden *w, const char *why)
{
	log_error(LOGGER, "link to the engine closed: %s", why);
	port_free(w->engine);
	w->engine = NULL;
}

static void
reload(struct warden *w, const struct wire_reload *ask)
{
	struct report report = { 0 };
	const char *jail = ask->jail[0] != '\0' ? ask->jail : NULL;

	if (w->next != NULL) {
		drop_engine(w, "a reload before the answer to the last one");
		return;
	}
	if (memchr(ask->jail, '\0', sizeof(ask->jail)) == NULL) {
		drop_engine(w, "a jail's name without end");
		return;
	}
	w->next = warden_plan_load(w->options, w->now, jail, &report);
	log_report(&report);
	if (w->next != NULL) {
		w->next->generation = ++w->generation;
		if (send_plan(w, w->next) == 0)
			goto out;
		report_add(&report, PROBLEM_ERROR, NULL, NULL, 0,
		    "the configuration could not be handed over");
		warden_plan_free(w->next);
		w->next = NULL;
	}
	if (send_failed(w, &report) == -1)
		drop_engine(w, "it cannot be told of a failed reload");
out:
	report_fini(&report);
}

static void
adopt(struct warden *w, uint32_t generation)
{
	const struct wire_config again = { .type = WIRE_RELOAD_START,
		.generation = generation };
	struct warden_plan *old = w->now;

	if (w->next == NULL || w->next->generation != generation)
		return;
	for (size_t i = 0; old != NULL && i < old->plan.logs_n; i++)
		watcher_forget(w->watcher, (uint32_t)i);
	warden_journal_forget(w);
	w->now = w->next;
	w->next = NULL;
	warden_never_update(w);
	/* The firewall borrows the rules: define first, then free the old. */
	warden_firewall_define(w);
	/* Log target and level may have changed with the rest. */
	if (old != NULL)
		port_send(w->parent, &again, sizeof(again), -1);
	warden_plan_free(old);
	warden_plan_shrink(w->now);
	warden_ignore_start(w);
	if (warden_glob_start(w) == -1)
		log_error(LOGGER, "patterns of logs are not looked at again: "
		    "no timer");
}

static void
refuse(struct warden *w, uint32_t generation)
{
	if (w->next == NULL || w->next->generation != generation)
		return;
	warden_plan_free(w->next);
	w->next = NULL;
}

static void
add_log(struct warden *w, const struct wire_log_add *ask)
{
	const char *why;

	if (warden_log_add(w, ask, &why) == -1)
		drop_engine(w, why);
}

static void
add_journal(struct warden *w, const struct wire_journal_add *ask)
{
	const char *why;

	if (warden_journal_add(w, ask, &why) == -1)
		drop_engine(w, why);
}

static void
engine_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct warden *w = arg;

	(void)fd;   /* no message of the engine carries one */
	switch (type) {
	case WIRE_LOG_OPEN:
		warden_log_open(w, body);
		break;
	case WIRE_LOG_ADD:
		add_log(w, body);
		break;
	case WIRE_LOG_CLOSE:
		warden_log_close(w, body);
		break;
	case WIRE_JOURNAL_ADD:
		add_journal(w, body);
		break;
	case WIRE_JOURNAL_OPEN:
		warden_journal_open(w, body);
		break;
	case WIRE_FW_ADD:
	case WIRE_FW_DELETE:
		warden_firewall_request(w, type, body, records);
		break;
	case WIRE_FW_DUMP:
		warden_firewall_dump(w);
		break;
	case WIRE_FW_REMOVE:
		warden_firewall_remove(w);
		break;
	case WIRE_RELOAD:
		reload(w, body);
		break;
	case WIRE_CONFIG_OK:
		adopt(w, ((const struct wire_config *)body)->generation);
		break;
	case WIRE_CONFIG_BAD:
		refuse(w, ((const struct wire_config *)body)->generation);
		break;
	}
}

static void
engine_closed(const char *why, void *arg)
{
	struct warden *w = arg;

	if (why != port_peer_gone) {
		drop_engine(w, why);
		return;
	}
	/* It ended; the parent judges that. */
	port_free(w->engine);
	w->engine = NULL;
}

/* --- messages of the parent ------------------------------------------- */

static void
own_addresses(const struct addr *v, size_t n, void *arg)
{
	struct warden *w = arg;
	struct buf m = { 0 };
	struct wire_own head = { .type = WIRE_OWN_ADDR };

	free(w->own);
	w->own = xcalloc(n + 1, sizeof(*v));
	if (n > 0)   /* else v may be NULL */
		memcpy(w->own, v, n * sizeof(*v));
	w->own_n = n;
	warden_never_update(w);
	if (n == 0 || w->engine == NULL)
		return;
	buf_add(&m, &head, sizeof(head));
	buf_add(&m, v, (n < WIRE_RECORDS_MAX ? n : WIRE_RECORDS_MAX) *
	    sizeof(*v));
	port_send(w->engine, m.p, m.n, -1);
	buf_fini(&m);
}

static void
send_sandbox(struct warden *w)
{
	struct wire_sandbox m = { .type = WIRE_SANDBOX };
	struct sandbox_report r;

	sandbox_get_report(&r);
	m.uid = (uint32_t)r.uid;
	m.landlock = r.landlock;
	m.seccomp = r.seccomp;
	m.dropped = r.dropped;
	port_send(w->engine, &m, sizeof(m), -1);
}

static void
link_engine(struct warden *w, int fd)
{
	static const struct port_handlers handlers = {
		.message = engine_message,
		.closed = engine_closed,
	};
	struct wire_plain watch = { .type = WIRE_WATCH_FD };
	struct wire_plain journal = { .type = WIRE_JOURNAL_WATCH };

	if (w->engine != NULL) {
		close(fd);
		return;
	}
	w->engine = port_new(w->base, fd, wire_to_warden, &handlers, w);
	port_send(w->engine, &watch, sizeof(watch), watcher_fd(w->watcher));
	port_send(w->engine, &journal, sizeof(journal), w->journal_fd);
	w->ownaddr = ownaddr_open(w->base, own_addresses, w);
	if (w->ownaddr == NULL)
		log_warning(LOGGER, "own addresses are not known: %s; "
		    "ignoreself covers loopback only", strerror(errno));
	send_sandbox(w);
	if (w->firewall == NULL)
		warden_firewall_state(w, w->firewall_error, w->firewall_why);
	if (send_plan(w, w->next) == -1)
		drop_engine(w, "it cannot be given its configuration");
}

static void
take_gift(struct warden *w, const struct wire_give *m, int fd)
{
	switch (m->gift) {
	case GIFT_PEER:
		link_engine(w, fd);
		break;
	case GIFT_LOG:
		role_log(w->options, &m->layout, fd);
		break;
	default:
		close(fd);
	}
}

static void
stop(struct warden *w)
{
	struct wire_stopped m = { .type = WIRE_STOPPED };

	port_send(w->parent, &m, sizeof(m), -1);
	role_end(w->options, w->base, 0);
}

static void
parent_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct warden *w = arg;

	(void)records;
	switch (type) {
	case WIRE_GIVE:
		take_gift(w, body, fd);
		break;
	case WIRE_STOP:
		stop(w);
		break;
	case WIRE_LEVEL:
		log_set_level((enum log_level)
		    ((const struct wire_level *)body)->level);
		break;
	}
}

static void
parent_closed(const char *why, void *arg)
{
	struct warden *w = arg;

	(void)why;
	event_base_loopbreak(w->base);
}

/* --- life -------------------------------------------------------------- */

static void
drop_rights(const struct role_options *options)
{
	const struct sandbox_options own = {
		.uid = options->uid,
		.gid = options->gid,
	};

	sandbox_enter(SANDBOX_WARDEN, &own);
}

static int
load_first(struct warden *w)
{
	struct report report = { 0 };

	w->next = warden_plan_load(w->options, NULL, NULL, &report);
	log_report(&report);
	report_fini(&report);
	if (w->next == NULL) {
		log_error(LOGGER, "no configuration to run with in %s",
		    w->options->dir != NULL ? w->options->dir :
		    config_default_dir());
		return -1;
	}
	w->next->generation = ++w->generation;
	return 0;
}

struct warden *
warden_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single)
{
	static const struct port_handlers handlers = {
		.message = parent_message,
		.closed = parent_closed,
	};
	struct wire_ready ready = { .type = WIRE_READY };
	struct warden *w = xcalloc(1, sizeof(*w));

	w->base = base;
	w->options = options;
	w->journal_fd = -1;
	w->parent = port_new(base, parent_fd, wire_to_child, &handlers, w);
	if (!single)
		drop_rights(options);
	w->watcher = watcher_new();
	w->journal_fd = journal_watch_open();
	if (w->watcher == NULL || w->journal_fd == -1) {
		log_error(LOGGER, "inotify: %s", strerror(errno));
		goto fail;
	}
	if (load_first(w) == -1)
		goto fail;
	warden_firewall_open(w);
	ready.pid = (uint32_t)getpid();
	port_send(w->parent, &ready, sizeof(ready), -1);
	return w;
fail:
	warden_free(w);
	return NULL;
}

void
warden_free(struct warden *w)
{
	if (w == NULL)
		return;
	ownaddr_close(w->ownaddr);
	firewall_close(w->firewall);
	port_free(w->engine);
	port_free(w->parent);
	watcher_free(w->watcher);
	if (w->journal_fd != -1)
		close(w->journal_fd);
	free(w->journal_wds);
	if (w->look != NULL)
		event_free(w->look);
	warden_ignore_fini(w);
	warden_plan_free(w->now);
	warden_plan_free(w->next);
	trie_free(w->never);
	free(w->own);
	free(w);
}
