#include "process/parent_local.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_format.h"
#include "process/logtarget.h"
#include "process/notify.h"

#define LOGGER "gaol.parent"

static void
complain(struct parent *p, const char *meanwhile)
{
	log_error(LOGGER, "cannot open the log target '%s': %s; %s is used "
	    "until that works", logtarget_name(&p->probe.log), logtarget_why(),
	    meanwhile);
}

/* A file that no file of ours names is opened where gaol.conf allows it. */
static int
open_target(const struct parent *p, const struct logtarget *target)
{
	if (target->kind == LOGTARGET_FILE &&
	    strcmp(target->file, p->log_configured.file) != 0)
		return logtarget_open_in(target, p->probe.log_dir);
	return logtarget_open(target);
}

/* A format that was configured stays; -v is the next to say. */
static void
take_layout(struct parent *p)
{
	struct log_layout *l = &p->log_layout;

	*l = p->probe.log.layout;
	if (l->format[0] == '\0')
		log_format_verbose(l->format, p->start->verbosity, l->date,
		    l->padding);
}

int
parent_log_open(struct parent *p)
{
	const char *what;
	int error;

	p->log_configured = p->probe.log;
	p->level_configured = p->probe.log_level;
	take_layout(p);
	p->log_fd = logtarget_open(&p->probe.log);
	if (p->log_fd != -1)
		return 0;
	error = errno;
	p->log_fd = logtarget_stand_in(&p->probe.log, !p->start->foreground,
	    &p->log_layout, &what);
	errno = error;
	complain(p, p->log_fd != -1 ? what : "nothing");
	p->log_missing = p->log_fd != -1;
	return p->log_missing ? 0 : -1;
}

static void
use(struct parent *p, int fd)
{
	take_layout(p);
	log_set_target(fd, &p->log_layout);
	for (int i = 0; i < ROLES; i++)
		if (p->children[i] != NULL)
			child_give_log(p->children[i], &p->log_layout, fd);
	close(p->log_fd);
	p->log_fd = fd;
}

/* The old target stays while the new one cannot be opened. */
static void
renew_log(struct parent *p)
{
	int fd = open_target(p, &p->probe.log);

	if (fd == -1) {
		complain(p, "the old one");
		p->log_missing = true;
		return;
	}
	use(p, fd);
	p->log_missing = false;
}

/* There is nothing to open again of the standard streams. */
void
parent_log_reopen(struct parent *p)
{
	if (p->probe.log.kind != LOGTARGET_STDOUT &&
	    p->probe.log.kind != LOGTARGET_STDERR)
		renew_log(p);
}

void
parent_log_refresh(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;
	int again;

	(void)fd;
	(void)what;
	parent_signins_refresh(p);
	if (!p->log_missing) {
		logtarget_refresh(&p->probe.log, p->log_fd);
		return;
	}
	again = open_target(p, &p->probe.log);
	if (again == -1)
		return;
	p->log_missing = false;
	use(p, again);
	log_notice(LOGGER, "the log target '%s' works",
	    logtarget_name(&p->probe.log));
}

/* --- the level ---------------------------------------------------------- */

/* The engine has its own by now. */
static void
use_level(struct parent *p, uint32_t level)
{
	p->probe.log_level = level;
	if (p->start->single)
		return;
	log_set_level((enum log_level)level);
	for (int i = 0; i < ROLES; i++)
		if (p->children[i] != NULL && i != ROLE_ENGINE)
			child_level(p->children[i], level);
}

void
parent_log_set_level(struct parent *p, const struct wire_level *m)
{
	uint32_t quietest = p->level_configured > LEVEL_ERROR ?
	    p->level_configured : LEVEL_ERROR;

	if (m->level < 1 || m->level > LEVEL_CRITICAL)
		return;
	p->level_generation = m->generation;
	use_level(p, m->level < quietest ? m->level : quietest);
}

/* --- the target --------------------------------------------------------- */

static bool
may_have(const struct parent *p, const struct logtarget *target)
{
	return strcmp(target->syslog_socket,
	    p->log_configured.syslog_socket) == 0 ||
	    logtarget_is_syslog(target->syslog_socket);
}

/* Only the socket is another, and it is not what is logged to. */
static bool
same_sink(const struct logtarget *a, const struct logtarget *b)
{
	return a->kind == b->kind && a->kind != LOGTARGET_SYSLOG &&
	    strcmp(a->file, b->file) == 0 &&
	    memcmp(&a->layout, &b->layout, sizeof(a->layout)) == 0;
}

/* 0 or errno. The old target stays while there is no new one. */
static int
change_target(struct parent *p, const struct logtarget *target)
{
	int fd;

	if (!logtarget_valid(target))
		return EINVAL;
	if (!may_have(p, target))
		return EPERM;
	if (same_sink(target, &p->probe.log) && !p->log_missing) {
		p->probe.log = *target;
		return 0;
	}
	fd = open_target(p, target);
	if (fd == -1)
		return errno != 0 ? errno : EIO;
	p->probe.log = *target;
	use(p, fd);
	p->log_missing = false;
	return 0;
}

void
parent_log_set_target(struct parent *p, const struct wire_target *m)
{
	int error = change_target(p, &m->target);

	if (error == 0)
		p->target_generation = m->generation;
	child_target_set(p->children[ROLE_ENGINE], error);
}

/* --- a reload ----------------------------------------------------------- */

static bool
is_newer(uint32_t generation, const struct parent *p)
{
	return generation >= p->reload_generation;
}

static void
adopt_level(struct parent *p, const struct probe_result *next)
{
	p->level_configured = next->log_level;
	if (!is_newer(p->level_generation, p))
		use_level(p, next->log_level);
}

static void
adopt_target(struct parent *p, const struct probe_result *next)
{
	struct probe_result *now = &p->probe;

	p->log_configured = next->log;
	memcpy(now->log_dir, next->log_dir, sizeof(now->log_dir));
	if (is_newer(p->target_generation, p) ||
	    memcmp(&next->log, &now->log, sizeof(now->log)) == 0)
		return;
	now->log = next->log;
	renew_log(p);
}

static void
adopt(struct parent *p, const struct probe_result *next)
{
	struct probe_result *now = &p->probe;

	if (strcmp(next->socket, now->socket) != 0 ||
	    strcmp(next->pidfile, now->pidfile) != 0 ||
	    strcmp(next->state_dir, now->state_dir) != 0 ||
	    next->engine_uid != now->engine_uid ||
	    next->warden_uid != now->warden_uid ||
	    next->resolver_uid != now->resolver_uid)
		log_warning(LOGGER, "socket, pidfile, the directory of dbfile "
		    "and users change with a restart only");
	memcpy(now->signins_file, next->signins_file,
	    sizeof(now->signins_file));
	parent_signins_open(p);
	adopt_level(p, next);
	adopt_target(p, next);
}

void
parent_log_reload_end(struct parent *p)
{
	if (p->reload_event == NULL)
		return;
	event_free(p->reload_event);
	p->reload_event = NULL;
	probe_end(&p->reload);
}

static void
on_reload(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;
	int rc = probe_more(&p->reload);

	(void)fd;
	(void)what;
	if (rc == 0)
		return;
	if (rc == 1)
		adopt(p, &p->reload.result);
	parent_log_reload_end(p);
	notify_ready("running");
}

void
parent_log_reload(struct parent *p, uint32_t generation)
{
	p->reload_generation = generation;
	/* One at a time; the running one reads what is there now, too. */
	if (p->reload_event != NULL || p->state != READY)
		return;
	if (probe_begin(&p->reload, p->start) == -1)
		return;
	notify_reloading();
	p->reload_event = event_new(p->base, p->reload.fd,
	    EV_READ | EV_PERSIST, on_reload, p);
	if (p->reload_event == NULL || event_add(p->reload_event, NULL) == -1)
		log_fatal(LOGGER, "no event for a reload");
}
