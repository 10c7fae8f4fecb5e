/*
 * Logs are opened by their number in the plan. One more gets a number when a
 * jail of the configuration names it, or when gaol.conf, as the warden read
 * it, lets the control socket name any: the engine cannot choose what is read.
 */
#include "process/warden_local.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define LOGGER "gaol.warden"
#define ADDED_MAX 1000   /* until a reload */

/* Only a log that a jail names, by its number. */
static bool
is_log(const struct warden *w, const struct wire_log *ask)
{
	return w->now != NULL && ask->generation == w->now->generation &&
	    ask->log < w->now->plan.logs_n;
}

void
warden_log_open(struct warden *w, const struct wire_log *ask)
{
	struct wire_log answer = *ask;
	int fd;

	if (!is_log(w, ask))
		return;
	fd = watcher_open(w->watcher, ask->log,
	    w->now->plan.logs[ask->log].path);
	answer.error = fd == -1 ? errno : 0;
	answer.type = fd == -1 ? WIRE_LOG_ERROR : WIRE_LOG_FD;
	answer.wd_file = watcher_wd_file(w->watcher, ask->log);
	answer.wd_dir = watcher_wd_dir(w->watcher, ask->log);
	port_send(w->engine, &answer, sizeof(answer), fd);
	if (fd != -1)
		close(fd);
}

void
warden_log_close(struct warden *w, const struct wire_log *ask)
{
	if (is_log(w, ask))
		watcher_forget(w->watcher, ask->log);
}

/* --- one more -------------------------------------------------------- */

/* "/a/../b" means another file than what it looks like. */
static bool
is_plain(struct span path)
{
	struct span part;

	if (path.n == 0 || path.p[0] != '/' || path.p[path.n - 1] == '/')
		return false;
	path = span_skip(path, 1);
	while (span_cut(&path, '/', &part))
		if (part.n == 0 || span_eq(part, SPAN(".")) ||
		    span_eq(part, SPAN("..")))
			return false;
	return true;
}

static bool
is_named_by(const struct jail_config *jail, const char *path)
{
	for (size_t i = 0; i < jail->logs_n; i++)
		if (strcmp(jail->logs[i].path, path) == 0)
			return true;
	if (strings_has(&jail->logs_missing, path))
		return true;
	for (size_t i = 0; i < jail->globs_n; i++)
		if (fnmatch(jail->globs[i].path, path,
			FNM_PATHNAME | FNM_PERIOD) == 0)
			return true;
	return false;
}

static bool
is_named(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->jails_n; i++)
		if (c->jails[i].error == NULL &&
		    is_named_by(&c->jails[i], path))
			return true;
	return false;
}

/* 0 or errno. */
static int
judge(const struct warden_plan *p, const char *path)
{
	if (!is_plain(span_of(path)))
		return EINVAL;
	if (!p->config->own.runtime_logs && !is_named(p->config, path))
		return EPERM;
	return p->added.n < ADDED_MAX ? 0 : ENOSPC;
}

int
warden_log_add(struct warden *w, const struct wire_log_add *ask,
    const char **why)
{
	struct wire_log_added answer = {
		.type = WIRE_LOG_ADDED, .cookie = ask->cookie,
		.generation = ask->generation,
	};
	struct warden_plan *p = w->now;

	if (memchr(ask->path, '\0', sizeof(ask->path)) == NULL) {
		*why = "a path without end";
		return -1;
	}
	if (p == NULL || ask->generation != p->generation)
		answer.error = ESTALE;
	else
		answer.error = judge(p, ask->path);
	if (answer.error == EPERM)
		log_warning(LOGGER, "%s: not read: no jail names it, and "
		    "gaol.conf has no runtime_logs = true",
		    log_text(span_of(ask->path)));
	if (answer.error == 0) {
		strings_add(&p->added, span_of(ask->path));
		answer.log = plan_append_log(&p->plan,
		    p->added.v[p->added.n - 1]);
	}
	port_send(w->engine, &answer, sizeof(answer), -1);
	return 0;
}
