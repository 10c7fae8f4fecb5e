/*
 * Patterns of log files are looked at again now and then: a file that is made
 * later joins its jail without a reload.
 */
#include "process/warden_local.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/logpath.h"
#include "process/sheet.h"

#define LOGGER "gaol.warden"
#define LOOK_SECONDS 5

static int
tell(struct warden *w, uint32_t jail, const char *path)
{
	const struct wire_found m = {
		.type = WIRE_LOG_FOUND,
		.generation = w->now->generation,
		.log = (uint32_t)w->now->plan.logs_n - 1,
		.jail = jail,
	};
	int fd = sheet_new(span_of(path)), rc = -1;

	if (fd != -1)
		rc = port_send(w->engine, &m, sizeof(m), fd);
	if (rc == -1)
		log_error(LOGGER, "%s: the engine cannot be told of it: %s",
		    path, strerror(errno));
	if (fd != -1)
		close(fd);
	return rc;
}

/* Both sides count the same logs, so what was not told is not known. */
static void
forget_from(struct warden *w, struct jail_config *jail, size_t i)
{
	w->now->plan.logs_n--;
	while (jail->logs_n > i)
		free(jail->logs[--jail->logs_n].path);
}

static void
look(struct warden *w, uint32_t number)
{
	struct jail_config *jail = &w->now->config->jails[number];
	size_t before = jail->logs_n;

	logpath_again(jail);
	for (size_t i = before; i < jail->logs_n; i++) {
		const struct log_path *log = &jail->logs[i];

		if (!plan_add_log(&w->now->plan, number, log->path, log->tail))
			continue;
		if (tell(w, number, log->path) == -1) {
			forget_from(w, jail, i);
			return;
		}
	}
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct warden *w = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; w->engine != NULL && i < w->now->config->jails_n;
	    i++) {
		if (w->now->config->jails[i].error == NULL)
			look(w, (uint32_t)i);
	}
}

int
warden_glob_start(struct warden *w)
{
	const struct timeval often = { .tv_sec = LOOK_SECONDS };
	bool any = false;

	for (size_t i = 0; i < w->now->config->jails_n; i++)
		any = any || w->now->config->jails[i].globs_n > 0;
	if (w->look == NULL)
		w->look = event_new(w->base, -1, EV_PERSIST, on_look, w);
	if (w->look == NULL)
		return -1;
	return any ? event_add(w->look, &often) : event_del(w->look);
}
