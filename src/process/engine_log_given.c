/*
 * Logs that commands add and take away. A log that is not read any more keeps
 * its place in the list, for places are numbers that the warden knows, and
 * how far it was read, in case it comes back.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/command_local.h"
#include "process/engine_unwrap.h"

#define LOGGER "fail2ban.filter"

/* A log that the warden is asked to give a number. */
struct engine_given {
	struct engine_given *next;
	uint32_t cookie;
	struct engine_jail *jail;
	char *path;
	bool from_end;
	struct tail *tail;          /* of before a reload; NULL: it is new */
	struct envelope *envelope;  /* … too */
	struct request *request;    /* who asked; NULL: nobody waits */
	bool dead;                  /* its jail has stopped meanwhile */
};

/* --- who waits ---------------------------------------------------------- */

static void
fail(struct request *r, const char *path, int error)
{
	if (r == NULL)
		return;
	if (error == EPERM)
		request_fail(r, "PermissionError", "%s: no jail of the "
		    "configuration names it; gaol.conf: runtime_logs = true "
		    "allows any", path);
	else if (error == EINVAL)
		request_fail(r, "ValueError", "%s: not the absolute path of "
		    "a regular file", path);
	else if (error == ENOSPC)
		request_fail(r, "Exception", "too many logs were added; "
		    "a reload makes room");
	else
		request_fail(r, error == ENOENT ? "FileNotFoundError" :
		    "OSError", "[Errno %d] %s: '%s'", error, strerror(error),
		    path);
}

void
engine_log_answer(struct engine *e, struct engine_log *log)
{
	struct request *r = log->request;

	log->request = NULL;
	if (r == NULL)
		return;
	if (log->error != 0) {
		fail(r, log->path, log->error);
		engine_log_close(e, log);
		return;
	}
	request_reply(r, command_files_json(e, log->jail));
}

static void
given_free(struct engine_given *g, int error)
{
	fail(g->request, g->path, error);
	tail_free(g->tail);
	envelope_free(g->envelope);
	free(g->path);
	free(g);
}

/* --- one more ----------------------------------------------------------- */

static struct engine_log *
find(struct engine *e, const struct engine_jail *j, const char *path)
{
	for (size_t i = 0; i < e->logs_n; i++)
		if (e->logs[i].jail == j &&
		    strcmp(e->logs[i].path, path) == 0)
			return &e->logs[i];
	return NULL;
}

static void
ask(struct engine *e, const struct engine_given *g)
{
	struct wire_log_add m = {
		.type = WIRE_LOG_ADD, .generation = e->generation,
		.cookie = g->cookie,
	};

	memcpy(m.path, g->path, strlen(g->path));
	port_send(e->warden, &m, sizeof(m), -1);
}

static struct engine_given *
given_new(struct engine_jail *j, const char *path, bool from_end)
{
	struct engine *e = j->engine;
	struct engine_given *g = xcalloc(1, sizeof(*g));

	g->cookie = ++e->given_cookie;
	g->jail = j;
	g->path = xstrdup(path);
	g->from_end = from_end;
	g->next = e->given;
	e->given = g;
	return g;
}

/* Does somebody wait for its number already? */
static bool
is_asked(const struct engine *e, const struct engine_jail *j,
    const char *path)
{
	for (const struct engine_given *g = e->given; g != NULL; g = g->next)
		if (g->jail == j && !g->dead && strcmp(g->path, path) == 0)
			return true;
	return false;
}

void
engine_log_add(struct engine_jail *j, const char *path, bool from_end,
    struct request *r)
{
	struct engine *e = j->engine;
	struct engine_log *log = find(e, j, path);
	struct engine_given *g;

	if (strlen(path) >= WIRE_PATH_MAX) {
		fail(r, path, ENAMETOOLONG);
	} else if ((log != NULL && !log->closed) || is_asked(e, j, path)) {
		log_error(LOGGER, "%s already exists", log_text(span_of(path)));
		request_reply(r, command_files_json(e, j));
	} else if (log != NULL) {
		log->request = r;
		engine_log_reopen(e, log);
	} else {
		g = given_new(j, path, from_end);
		g->request = r;
		ask(e, g);
	}
}

static struct engine_given *
take(struct engine *e, uint32_t cookie)
{
	struct engine_given **at = &e->given, *g;

	while (*at != NULL && (*at)->cookie != cookie)
		at = &(*at)->next;
	g = *at;
	if (g != NULL)
		*at = g->next;
	return g;
}

/* The warden has counted it, even if its jail has stopped meanwhile. */
void
engine_log_added(struct engine *e, const struct wire_log_added *m)
{
	struct engine_given *g = take(e, m->cookie);
	struct engine_log *log;

	if (g == NULL)
		return;
	if (m->error != 0 || m->generation != e->generation ||
	    m->log != e->logs_n) {
		given_free(g, m->error != 0 ? m->error : ESTALE);
		return;
	}
	e->logs = xreallocarray(e->logs, e->logs_n + 1, sizeof(*e->logs));
	log = &e->logs[e->logs_n++];
	*log = (struct engine_log){
		.jail = g->jail, .path = g->path, .tail = g->tail,
		.envelope = g->envelope,
		.given = true, .from_end = g->from_end, .request = g->request,
		.told = g->tail != NULL, .closed = g->dead,
	};
	free(g);
	engine_log_sieve(e, log);
	if (log->tail != NULL)
		engine_unwrap_keep(log);
	if (!log->closed)
		engine_log_reopen(e, log);
}

/* --- one less ----------------------------------------------------------- */

void
engine_log_close(struct engine *e, struct engine_log *log)
{
	const struct wire_log m = {
		.type = WIRE_LOG_CLOSE, .generation = e->generation,
		.log = (uint32_t)(log - e->logs),
	};
	struct request *r = log->request;

	log->closed = true;
	log->told = false;
	log->error = 0;
	log->blind = log->dirty = false;
	log->request = NULL;
	watch_unbind(e->watch, m.log);
	port_send(e->warden, &m, sizeof(m), -1);
	if (r != NULL)
		request_reply(r, command_files_json(e, log->jail));
}

void
engine_log_del(struct engine_jail *j, const char *path)
{
	struct engine_log *log = find(j->engine, j, path);

	if (log == NULL || log->closed)
		return;
	engine_log_save(j->engine);
	engine_log_close(j->engine, log);
	log_info(LOGGER, "Removed logfile: '%s'", path);
}

void
engine_log_close_jail(struct engine_jail *j)
{
	struct engine *e = j->engine;

	for (size_t i = 0; i < e->logs_n; i++)
		if (e->logs[i].jail == j && !e->logs[i].closed)
			engine_log_close(e, &e->logs[i]);
	for (struct engine_given *g = e->given; g != NULL; g = g->next) {
		if (g->jail != j || g->dead)
			continue;
		fail(g->request, g->path, ECANCELED);
		g->request = NULL;
		g->dead = true;
	}
}

/* --- a reload ----------------------------------------------------------- */

void
engine_log_keep(struct engine *e, struct engine_log *log)
{
	struct engine_given *g;

	if (log->tail == NULL || !log->given || log->closed ||
	    !engine_jail_stays(log->jail))
		return;
	g = given_new(log->jail, log->path, log->from_end);
	g->tail = log->tail;
	g->request = log->request;
	g->envelope = log->envelope;
	log->envelope = NULL;
	log->tail = NULL;
	log->request = NULL;
	ask(e, g);
}

void
engine_log_given_fini(struct engine *e)
{
	struct engine_given *g;

	while ((g = e->given) != NULL) {
		e->given = g->next;
		given_free(g, ECANCELED);
	}
}
