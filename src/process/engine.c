#include "process/engine.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_local.h"
#include "process/sandbox.h"
#include "source/journal.h"

#define LOGGER "gaol.engine"
#define RETRY_SECONDS 10
#define PURGE_SECONDS 3600

/* --- timers -------------------------------------------------------------- */

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	uint64_t times;

	(void)what;
	clock_tick();
	if (read(fd, &times, sizeof(times)) == -1 && errno != EAGAIN)
		log_error(LOGGER, "timerfd: %s", strerror(errno));
	engine_jails_run(e);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	clock_tick();
	if (e->firewall_error == 0)
		engine_sync_retry(e);
	if (engine_log_retry(e))
		engine_retry_later(e);
}

void
engine_retry_later(struct engine *e)
{
	struct timeval later = { .tv_sec = RETRY_SECONDS };

	if (!event_pending(e->retry, EV_TIMEOUT, NULL))
		event_add(e->retry, &later);
}

static void
on_purge(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)fd;
	(void)what;
	clock_tick();
	if (e->store != NULL)
		store_purge(e->store, clock_wall());
}

static int
make_events(struct engine *e)
{
	struct timeval hourly = { .tv_sec = PURGE_SECONDS };

	e->timer_fd = timerfd_create(CLOCK_BOOTTIME,
	    TFD_NONBLOCK | TFD_CLOEXEC);
	if (e->timer_fd == -1)
		return -1;
	e->timer = event_new(e->base, e->timer_fd, EV_READ | EV_PERSIST,
	    on_timer, e);
	e->retry = event_new(e->base, -1, 0, on_retry, e);
	e->purge = event_new(e->base, -1, EV_PERSIST, on_purge, e);
	if (e->timer == NULL || e->retry == NULL || e->purge == NULL ||
	    event_add(e->timer, NULL) == -1 ||
	    event_add(e->purge, &hourly) == -1)
		return -1;
	return engine_journal_source_init(e) == -1 ? -1 : engine_log_events(e);
}

/* --- messages of the warden ------------------------------------------------- */

static void
take_own(struct engine *e, const struct addr *v, size_t n)
{
	free(e->own);
	e->own = xcalloc(n + 1, sizeof(*v));
	memcpy(e->own, v, n * sizeof(*v));
	e->own_n = n;
	engine_ignoreip_own(e);
	for (size_t i = 0; i < e->jails_n; i++) {
		if (e->jails[i]->jail == NULL)
			continue;
		jail_own_addresses(e->jails[i]->jail, v, n);
		engine_jail_follow(e->jails[i]);
	}
}

static void
take_state(struct engine *e, const struct wire_fw_state *m)
{
	bool works_again = e->firewall_error != 0 && m->error == 0;

	e->firewall_error = m->error;
	memcpy(e->firewall_text, m->text, sizeof(m->text));
	e->firewall_text[sizeof(e->firewall_text) - 1] = '\0';
	if (works_again && e->reconciled)
		engine_sync_start(e);
}

void
engine_ready(struct engine *e)
{
	struct wire_ready ready = { .type = WIRE_READY };

	e->reconciled = true;
	engine_lifted_end(e);
	ready.pid = (uint32_t)getpid();
	port_send(e->parent, &ready, sizeof(ready), -1);
}

static void
take_removed(struct engine *e, const struct wire_removed *m)
{
	struct request *r = e->stopping;

	if (r == NULL)
		return;
	e->stopping = NULL;
	if (m->error == 0)
		request_reply(r, json_string("stopping"));
	else
		request_fail(r, "OSError", "stopping, but the firewall's "
		    "tables stay: %s", strerror(m->error));
	engine_stop(e, 0);
}

static void
warden_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct engine *e = arg;

	clock_tick();
	switch (type) {
	case WIRE_CONFIG:
		engine_config_take(e,
		    ((const struct wire_config *)body)->generation, fd);
		break;
	case WIRE_CONFIG_FAILED:
		engine_config_failed(e, fd);
		break;
	case WIRE_LOG_FD:
	case WIRE_LOG_ERROR:
		engine_log_take(e, body, fd);
		break;
	case WIRE_WATCH_FD:
		engine_log_watch(e, fd);
		break;
	case WIRE_LOG_FOUND:
		engine_log_found(e, body, fd);
		break;
	case WIRE_LOG_ADDED:
		engine_log_added(e, body);
		break;
	case WIRE_JOURNAL_ADDED:
		engine_journal_given_answer(e, body);
		break;
	case WIRE_JOURNAL_WATCH:
		engine_journal_source_watch(e, fd);
		break;
	case WIRE_JOURNAL_FILE:
		engine_journal_source_file(e, body, fd);
		break;
	case WIRE_JOURNAL_END:
		engine_journal_source_end(e, body, (const struct wire_wd *)
		    ((const struct wire_journal *)body + 1), records);
		break;
	case WIRE_IGNORE_FD:
	case WIRE_IGNORE_ERROR:
		engine_ignoreip_take(e, body, fd);
		break;
	case WIRE_OWN_ADDR:
		take_own(e, (const struct addr *)
		    ((const struct wire_own *)body + 1), records);
		break;
	case WIRE_FW_DONE:
		log_gather();
		engine_ask_done(e, (const struct wire_fw_done *)
		    ((const struct wire_fw *)body + 1), records);
		log_gather_end();
		break;
	case WIRE_FW_LOST:
		e->firewall_rebuilt++;
		engine_sync_start(e);
		break;
	case WIRE_FW_STATE:
		take_state(e, body);
		break;
	case WIRE_FW_ELEMENTS:
		engine_sync_elements(e, (const struct wire_fw_element *)
		    ((const struct wire_fw *)body + 1), records);
		break;
	case WIRE_FW_DUMPED:
		engine_sync_end(e);
		break;
	case WIRE_FW_REMOVED:
		take_removed(e, body);
		break;
	case WIRE_SANDBOX:
		memcpy(&e->warden_sandbox, body, sizeof(e->warden_sandbox));
		break;
	}
}

static void
warden_closed(const char *why, void *arg)
{
	struct engine *e = arg;

	log_error(LOGGER, "link to the warden lost: %s", why);
	event_base_loopbreak(e->base);
}

/* --- messages of the parent --------------------------------------------------- */

static void
link_warden(struct engine *e, int fd)
{
	static const struct port_handlers handlers = {
		.message = warden_message,
		.closed = warden_closed,
	};

	if (e->warden != NULL) {
		close(fd);
		return;
	}
	e->warden = port_new(e->base, fd, wire_to_engine, &handlers, e);
}

static void
open_server(struct engine *e, int fd)
{
	const struct server_options options = {
		.fd = fd,
		.commands = engine_commands,
		.read_gid = e->options->socket_gid,
		.ban_gid = e->options->socket_gid,
		.arg = e,
	};

	e->server = server_new(e->base, &options);
	if (e->server == NULL)
		log_fatal(LOGGER, "control socket: %s", strerror(errno));
}

static void
take_gift(struct engine *e, const struct wire_give *m, int fd)
{
	switch (m->gift) {
	case GIFT_PEER:
		link_warden(e, fd);
		break;
	case GIFT_LOG:
		role_log(e->options, &m->layout, fd);
		break;
	case GIFT_SOCKET:
		open_server(e, fd);
		break;
	case GIFT_RUNNER:
		engine_run_link(e, fd);
		break;
	case GIFT_SIGNINS:
		engine_events_signins(e, fd);
		break;
	case GIFT_RESOLVER:
		engine_resolve_link(e, fd);
		break;
	default:
		close(fd);
	}
}

void
engine_stop(struct engine *e, int status)
{
	if (e->ending)
		return;
	e->ending = true;
	engine_restore_end(e);
	engine_sync_stop(e);
	log_info("fail2ban.server", "Shutdown in progress...");
	log_info("fail2ban.server", "Stopping all jails");
	engine_log_save(e);
	engine_log_removed(e);
	engine_run_stop(e, status);
}

void
engine_stopped(struct engine *e, int status)
{
	struct wire_stopped m = {
		.type = WIRE_STOPPED,
		.status = (uint32_t)status,
	};

	for (size_t i = 0; i < e->jails_n; i++) {
		if (e->jails[i]->jail != NULL)
			log_info("fail2ban.jail", "Jail '%s' stopped",
			    e->jails[i]->config->name);
	}
	/* Everything acknowledged is on the disk before we say we are done. */
	store_close(e->store);
	e->store = NULL;
	log_info("fail2ban.server", "Exiting Fail2ban");
	if (e->leaving != NULL)
		request_reply(e->leaving, json_string("stopping"));
	e->leaving = NULL;
	port_send(e->parent, &m, sizeof(m), -1);
	role_end(e->options, e->base, status);
}

/* As fail2ban says it: a handler of its own class only rolls over. */
static void
flushed(const struct engine *e)
{
	struct span name = engine_target_name(e);

	log_info("fail2ban.server", "%s performed on %s",
	    engine_target_rotates(e) && !span_eq(name, SPAN("SYSOUT")) ?
	    "rollover" : "flush", log_text(name));
}

static void
parent_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct engine *e = arg;

	(void)records;
	clock_tick();
	switch (type) {
	case WIRE_GIVE:
		take_gift(e, body, fd);
		break;
	case WIRE_FLUSHLOGS:
		flushed(e);
		break;
	case WIRE_TARGET_SET:
		engine_target_answer(e, body);
		break;
	case WIRE_STOP:
		engine_stop(e, 0);
		break;
	}
}

static void
parent_closed(const char *why, void *arg)
{
	struct engine *e = arg;

	(void)why;
	event_base_loopbreak(e->base);
}

/* --- life ----------------------------------------------------------------------- */

static void
drop_rights(const struct role_options *options)
{
	const struct sandbox_options own = {
		.uid = options->uid,
		.gid = options->gid,
		.state_dir = options->state_dir,
	};

	journal_prepare();
	sandbox_enter(SANDBOX_ENGINE, &own);
}

struct engine *
engine_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single)
{
	static const struct port_handlers handlers = {
		.message = parent_message,
		.closed = parent_closed,
	};
	struct engine *e = xcalloc(1, sizeof(*e));

	clock_tick();
	e->base = base;
	e->options = options;
	e->started = clock_boot();
	e->timer_fd = -1;
	e->watch_fd = -1;
	e->stream_due = options->async;
	e->dbmaxmatches = e->dbpurgeage = -1;
	e->journals.watch_fd = -1;
	engine_asks_init(e);
	engine_changes_init(e);
	engine_sync_init(e);
	engine_target_init(e);
	e->run = engine_run_new(e);
	e->resolve = engine_resolve_new(e);
	e->names = engine_names_new();
	e->events = engine_events_new();
	e->ignoreip = engine_ignoreip_new(e);
	e->parent = port_new(base, parent_fd, wire_to_child, &handlers, e);
	if (!single)
		drop_rights(options);
	if (make_events(e) == -1) {
		log_error(LOGGER, "cannot make timers: %s", strerror(errno));
		engine_free(e);
		return NULL;
	}
	return e;
}

static void
free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	e->ending = true;
	server_free(e->server);
	if (e->reload != NULL)
		request_fail(e->reload, "Exception", "shutting down");
	e->reload = NULL;
	command_sleep_end(e);
	engine_target_fini(e);
	engine_journal_given_fini(e);
	if (e->leaving != NULL)
		request_reply(e->leaving, json_string("stopping"));
	if (e->stream != NULL)
		request_fail(e->stream, "Exception", "shutting down");
	if (e->stopping != NULL)
		request_reply(e->stopping, json_string("stopping"));
	engine_restore_end(e);
	store_close(e->store);
	engine_sync_fini(e);
	engine_lifted_end(e);
	engine_asks_fini(e);
	engine_changes_fini(e);
	engine_journal_fini(e);
	engine_config_fini(e);
	engine_run_free(e->run);
	command_cymru_end(e);
	engine_names_free(e->names);
	engine_events_free(e->events);
	engine_ignoreip_free(e->ignoreip);
	engine_resolve_free(e->resolve);
	port_free(e->warden);
	port_free(e->parent);
	free_event(e->watch_event);
	free_event(e->work);
	free_event(e->save);
	free_event(e->retry);
	free_event(e->purge);
	free_event(e->refill);
	free_event(e->timer);
	watch_free(e->watch);
	if (e->watch_fd != -1)
		close(e->watch_fd);
	if (e->timer_fd != -1)
		close(e->timer_fd);
	free(e->own);
	free(e);
}
