/*
 * The logs: asked of the warden by number, read when inotify says so, each
 * complete line through its jail's filter. Positions go to the store a second
 * after something was read, and with each stop.
 */
#include "process/engine_local.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_event.h"
#include "process/engine_unwrap.h"
#include "process/sheet.h"

#define LOGGER "fail2ban.filter"
#define STORE_PAUSE_US 20000

static void
ask_open(struct engine *e, uint32_t number)
{
	struct wire_log m = {
		.type = WIRE_LOG_OPEN,
		.generation = e->generation,
		.log = number,
		.wd_file = -1,
		.wd_dir = -1,
	};

	port_send(e->warden, &m, sizeof(m), -1);
}

void
engine_log_open_all(struct engine *e)
{
	for (size_t i = 0; i < e->logs_n; i++)
		if (!e->logs[i].closed)
			ask_open(e, (uint32_t)i);
}

void
engine_log_reopen(struct engine *e, struct engine_log *log)
{
	log->closed = false;
	if (log->tail == NULL)
		engine_log_start(e, log, log->from_end);
	ask_open(e, (uint32_t)(log - e->logs));
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* --- lines -------------------------------------------------------------- */

static void
on_failure(const struct failure *f, void *arg)
{
	struct engine_log *log = arg;

	engine_jail_failure(log->jail, f);
}

static bool
on_line(struct span line, bool live, void *arg)
{
	enum filter_time mode = live ? FILTER_LIVE : FILTER_RESTORING;
	struct engine_log *log = arg;

	log->live = live;
	if (log->envelope != NULL) {
		engine_unwrap_line(log, line, mode, on_failure);
		return true;
	}
	filter_line(log->jail->filter, line, mode, on_failure, log);
	if (log->events != NULL)
		engine_event_line(log->jail->engine, log->events, line,
		    span_of(log->path));
	return true;
}

static void
on_block(struct span block, uint64_t serial, void *arg)
{
	struct engine_log *log = arg;

	if (log->envelope != NULL)
		envelope_block(log->envelope);
	if (block.n == 0) {
		filter_sieve(log->jail->filter, NULL);
		if (log->jail->events != NULL)
			engine_event_sieve(log->jail->events, NULL);
		return;
	}
	sieve_block(log->sieve, block, serial);
	filter_sieve(log->jail->filter, log->sieve);
	if (log->events != NULL)
		engine_event_sieve(log->events, log->sieve);
}

/* Most lines end here, many at once; those that neither filter must see. */
static size_t
on_skip(struct span rest, bool live, uint64_t *lines, void *arg)
{
	struct engine_log *log = arg;
	size_t n;

	if (log->envelope != NULL)
		rest.n = envelope_whole(log->envelope, rest);
	if (rest.n > 0 && log->events != NULL)
		rest.n = engine_event_skip(log->events, rest);
	n = rest.n == 0 ? 0 : filter_skip(log->jail->filter, rest,
	    live ? FILTER_LIVE : FILTER_RESTORING, lines);
	if (log->envelope != NULL && n > 0)
		engine_unwrap_passed(log, span_sub(rest, 0, n));
	return n;
}

/* Their first parts may have been read before a restart. */
static bool
on_before(struct span line, void *arg)
{
	struct engine_log *log = arg;

	if (log->envelope != NULL)
		envelope_before(log->envelope, line);
	return true;
}

static void
save_later(struct engine *e)
{
	struct timeval second = { .tv_sec = 1 };

	if (!event_pending(e->save, EV_TIMEOUT, NULL))
		event_add(e->save, &second);
}

/* One budget's worth; true: there is more. */
static bool
read_log(struct engine *e, struct engine_log *log)
{
	uint64_t before = clock_cpu_ns();
	int rc;

	log->events = engine_event_filter_of_log(e, log);
	/* A burst has as many failures found to tell of. */
	log_gather();
	rc = tail_read(log->tail, TAIL_BUDGET, on_line, log);
	log_gather_end();
	/* What was written while nobody looked may take all there is. */
	if (log->live)
		filter_spent(log->jail->filter, clock_cpu_ns() - before,
		    clock_boot());
	log->moved = true;
	if (log->events != NULL)
		engine_event_log_read(e, log);
	save_later(e);
	if (rc == -1) {
		log->error = errno;
		log_error(LOGGER, "%s: cannot read: %s", log->path,
		    strerror(errno));
		engine_retry_later(e);
	}
	return rc == 1;
}

static void
work(evutil_socket_t fd, short what, void *arg)
{
	struct timeval again = { 0 };
	struct engine *e = arg;
	bool more = false;

	(void)fd;
	(void)what;
	clock_tick();
	if (e->ending)
		return;
	for (size_t i = 0; i < e->logs_n; i++) {
		struct engine_log *log = &e->logs[i];

		if (!log->dirty || log->closed ||
		    !engine_jail_reads(log->jail) ||
		    !tail_attached(log->tail))
			continue;
		/* Old lines can wait until the store has the ones before. */
		if (!log->live && log->jail->events != NULL &&
		    engine_event_full(e)) {
			again.tv_usec = STORE_PAUSE_US;
			more = true;
			continue;
		}
		log->dirty = read_log(e, log);
		more = more || log->dirty;
	}
	if (engine_journal_work(e))
		more = true;
	engine_jails_run(e);
	/* Through the loop, so that clients and answers get their turn. */
	if (more)
		event_add(e->work, &again);
}

static void
touch(struct engine *e, struct engine_log *log)
{
	log->dirty = true;
	event_active(e->work, EV_TIMEOUT, 0);
}

/* --- a log begins ------------------------------------------------------- */

void
engine_log_sieve(struct engine *e, struct engine_log *log)
{
	for (size_t i = 0; i < e->logs_n; i++) {
		if (e->logs[i].sieve == NULL ||
		    strcmp(e->logs[i].path, log->path) != 0)
			continue;
		log->sieve = sieve_share(e->logs[i].sieve);
		break;
	}
	if (log->sieve == NULL)
		log->sieve = sieve_new(SCAN_BEST);
	if (log->jail->filter != NULL)
		filter_join(log->jail->filter, log->sieve);
	if (log->jail->events != NULL)
		engine_event_join(log->jail->events, log->sieve);
}

void
engine_log_start(struct engine *e, struct engine_log *log, bool tail)
{
	struct tail_position stored;
	struct tail_options options = {
		.path = log->path,
		.line_max = envelope_line_max(log->jail->config->envelope,
		    (size_t)e->config->own.line_max),
		.from_end = tail,
		.block = on_block,
		.skip = on_skip,
		.before = log->jail->config->envelope != ENVELOPE_NONE ?
		    on_before : NULL,
	};

	/* At a reload the store's thread runs: new logs begin anew. */
	if (e->store != NULL && !e->reconciled && store_load_position(e->store,
		log->jail->config->name, log->path, &stored))
		options.stored = &stored;
	log->tail = tail_new(&options);
	engine_unwrap_start(log);
}

/* By addlogpath, before the pattern met it. */
static bool
already_read(const struct engine *e, const struct engine_jail *j,
    const char *path)
{
	for (size_t i = 0; i + 1 < e->logs_n; i++)
		if (e->logs[i].jail == j && !e->logs[i].closed &&
		    strcmp(e->logs[i].path, path) == 0)
			return true;
	return false;
}

void
engine_log_found(struct engine *e, const struct wire_found *m, int fd)
{
	struct buf path = { 0 };
	struct engine_log *log;
	struct engine_jail *j;
	int rc = sheet_read_most(fd, PATH_MAX, &path);

	close(fd);
	if (rc == -1 || m->generation != e->generation ||
	    m->log != e->logs_n || m->jail >= e->config->jails_n)
		goto out;
	j = engine_jail_find(e, e->config->jails[m->jail].name);
	if (j == NULL)
		goto out;
	e->logs = xreallocarray(e->logs, e->logs_n + 1, sizeof(*e->logs));
	log = &e->logs[e->logs_n++];
	*log = (struct engine_log){ .jail = j, .path = buf_take(&path) };
	engine_log_sieve(e, log);
	log->closed = j->jail == NULL || already_read(e, j, log->path);
	if (log->closed)
		goto out;
	engine_log_start(e, log, false);
	/* It is new, so all of it is. */
	tail_missing(log->tail);
	ask_open(e, m->log);
out:
	buf_fini(&path);
}

/* --- opening ------------------------------------------------------------ */

static void
log_added(const struct engine_log *log)
{
	struct tail_position pos;

	tail_position(log->tail, &pos);
	log_info(LOGGER, "Added logfile: '%s' (pos = %lld, hash = %s)",
	    log->path, (long long)pos.offset, pos.hash);
}

void
engine_log_removed(const struct engine *e)
{
	for (size_t i = 0; i < e->logs_n; i++) {
		if (tail_attached(e->logs[i].tail))
			log_info(LOGGER, "Removed logfile: '%s'",
			    e->logs[i].path);
	}
}

static void
take_fd(struct engine *e, struct engine_log *log, int fd)
{
	uint64_t rotations = tail_counters(log->tail)->rotations;
	bool first = !log->told;

	if (tail_attach(log->tail, fd) == -1) {
		log->error = errno;
		log_error(LOGGER, "%s: %s", log->path, strerror(errno));
		return;
	}
	log->error = 0;
	log->told = true;
	if (first)
		log_added(log);
	else if (tail_counters(log->tail)->rotations != rotations)
		log_info(LOGGER, "Log rotation detected for %s", log->path);
	touch(e, log);
}

static void
take_error(struct engine *e, struct engine_log *log, int error)
{
	if (error == ENOENT)
		tail_missing(log->tail);
	if (log->error != error) {
		log->error = error;
		if (error == ENOENT)
			log_warning(LOGGER, "%s: does not exist yet; "
			    "waiting for it", log->path);
		else
			log_error(LOGGER, "%s: cannot be opened: %s",
			    log->path, strerror(error));
	}
	engine_retry_later(e);
}

void
engine_log_take(struct engine *e, const struct wire_log *m, int fd)
{
	struct engine_log *log;

	if (m->generation != e->generation || m->log >= e->logs_n ||
	    e->logs[m->log].closed) {
		if (fd != -1)
			close(fd);
		return;
	}
	log = &e->logs[m->log];
	log->tried = true;
	log->blind = fd != -1 ? m->wd_file == -1 : m->wd_dir == -1;
	/* True: its name changed between the warden's look and now. */
	if (watch_bind(e->watch, m->log, m->wd_file, m->wd_dir,
		base_name(log->path)))
		ask_open(e, m->log);
	if (fd != -1)
		take_fd(e, log, fd);
	else
		take_error(e, log, m->error);
	if (log->blind)
		engine_retry_later(e);
	engine_log_answer(e, log);
}

bool
engine_log_retry(struct engine *e)
{
	bool any = false;

	for (size_t i = 0; i < e->logs_n; i++) {
		if (e->logs[i].closed ||
		    (e->logs[i].error == 0 && !e->logs[i].blind))
			continue;
		ask_open(e, (uint32_t)i);
		/* A directory we watch tells of the rest by itself. */
		any = any || e->logs[i].blind || e->logs[i].error != ENOENT;
	}
	return any;
}

/* --- inotify ------------------------------------------------------------ */

static void
on_watch(enum watch_what what, uint32_t number, void *arg)
{
	struct engine *e = arg;

	if (what == WATCH_OVERFLOW) {
		log_warning(LOGGER, "inotify lost events: looking at every log");
		engine_log_open_all(e);
		for (size_t i = 0; i < e->logs_n; i++)
			if (!e->logs[i].closed)
				touch(e, &e->logs[i]);
		return;
	}
	if (number >= e->logs_n || e->logs[number].closed)
		return;
	if (what == WATCH_REPLACED)
		ask_open(e, number);
	touch(e, &e->logs[number]);
}

static void
on_inotify(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;

	(void)what;
	clock_tick();
	if (watch_dispatch(e->watch, fd, on_watch, e) == -1)
		log_error(LOGGER, "inotify: %s", strerror(errno));
}

void
engine_log_watch(struct engine *e, int fd)
{
	if (e->watch_event != NULL) {
		close(fd);
		return;
	}
	e->watch_fd = fd;
	e->watch_event = event_new(e->base, fd, EV_READ | EV_PERSIST,
	    on_inotify, e);
	if (e->watch_event == NULL || event_add(e->watch_event, NULL) == -1)
		log_fatal("gaol.engine", "out of memory");
}

/* --- positions ---------------------------------------------------------- */

void
engine_log_save(struct engine *e)
{
	engine_journal_save(e);
	for (size_t i = 0; e->store != NULL && i < e->logs_n; i++) {
		struct engine_log *log = &e->logs[i];
		struct tail_position pos;

		if (!log->moved || log->tail == NULL)
			continue;
		log->moved = false;
		tail_position(log->tail, &pos);
		if (pos.hash[0] != '\0')
			store_position(e->store, log->jail->config->name,
			    log->path, &pos);
	}
}

static void
save(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	engine_log_save(arg);
	if (engine_event_tick(arg))
		save_later(arg);
}

int
engine_log_events(struct engine *e)
{
	e->work = event_new(e->base, -1, 0, work, e);
	e->save = event_new(e->base, -1, 0, save, e);
	e->watch = watch_new();
	return e->work == NULL || e->save == NULL || e->watch == NULL ? -1 : 0;
}

void
engine_log_fini(struct engine_log *log)
{
	if (log->request != NULL)
		request_fail(log->request, "Exception", "%s is not read any "
		    "more", log->path);
	tail_free(log->tail);
	sieve_free(log->sieve);
	envelope_free(log->envelope);
	free(log->path);
}
