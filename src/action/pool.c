#include "action/pool.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "action/command_local.h"
#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.action"
#define END_POLLS 100           /* of 10 ms: what SIGKILL takes at most */
#define ORPHANS_PER_WAKE 256

struct list {
	struct command *first, *last;
	size_t n;
};

struct pool {
	struct event_base *base;
	struct pool_options options;
	struct event *child;      /* SIGCHLD */
	struct event *turn;       /* there may be room for the next */
	struct list waiting;      /* in order */
	struct list running;
	uint64_t number;
};

static void
list_add(struct list *l, struct command *c)
{
	c->next = NULL;
	c->prev = l->last;
	*(l->last != NULL ? &l->last->next : &l->first) = c;
	l->last = c;
	l->n++;
}

static void
list_remove(struct list *l, struct command *c)
{
	*(c->prev != NULL ? &c->prev->next : &l->first) = c->next;
	*(c->next != NULL ? &c->next->prev : &l->last) = c->prev;
	c->next = c->prev = NULL;
	l->n--;
}

void
pool_add(struct pool *p, struct command *c)
{
	list_add(&p->waiting, c);
	event_active(p->turn, 0, 0);
}

void
pool_remove(struct pool *p, struct command *c)
{
	list_remove(c->state == COMMAND_WAITING ? &p->waiting : &p->running,
	    c);
	event_active(p->turn, 0, 0);
}

static void
turn_cb(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;

	(void)fd;
	(void)what;
	while (p->waiting.first != NULL &&
	    p->running.n < p->options.running_max) {
		struct command *c = p->waiting.first;

		list_remove(&p->waiting, c);
		if (command_spawn(c) == 0)
			list_add(&p->running, c);
		else
			command_finish(c);
	}
}

/* One whose process has ended, or NULL. */
static struct command *
find_ended(struct pool *p, int *status)
{
	for (struct command *c = p->running.first; c != NULL; c = c->next)
		if (command_reapable(c) &&
		    waitpid(c->pid, status, WNOHANG) == c->pid)
			return c;
	return NULL;
}

static bool
is_running(const struct pool *p, pid_t pid)
{
	for (struct command *c = p->running.first; c != NULL; c = c->next)
		if (c->pid == pid)
			return true;
	return false;
}

/* Those who fell to us when their parents died. */
static void
reap_orphans(struct pool *p)
{
	for (int i = 0; i < ORPHANS_PER_WAKE; i++) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == 0)
			return;
		/*
		 * One of the running: its number is still in use. Others may
		 * be behind it; they are found when it is gone.
		 */
		if (is_running(p, info.si_pid))
			return;
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

void
pool_reap(struct pool *p)
{
	struct command *c;
	int status;

	while ((c = find_ended(p, &status)) != NULL) {
		pool_remove(p, c);
		command_exited(c, status);
	}
	if (p->options.adopt)
		reap_orphans(p);
}

static void
child_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pool_reap(arg);
}

struct pool *
pool_new(struct event_base *base, const struct pool_options *options)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->base = base;
	p->options = *options;
	if (p->options.running_max == 0)
		p->options.running_max = POOL_RUNNING_MAX;
	p->child = evsignal_new(base, SIGCHLD, child_cb, p);
	p->turn = event_new(base, -1, 0, turn_cb, p);
	if (p->child == NULL || p->turn == NULL ||
	    event_add(p->child, NULL) != 0)
		goto fail;
	if (p->options.adopt &&
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		log_warning(LOGGER, "cannot adopt what commands leave "
		    "behind: %m");
	return p;
fail:
	pool_free(p);
	errno = ENOMEM;
	return NULL;
}

/* Gives those that were killed the time to be so. */
static void
end_running(struct pool *p)
{
	const struct timespec pause = { 0, 10000000 };
	struct command *c;
	int status;

	for (c = p->running.first; c != NULL; c = c->next) {
		c->done = NULL;
		command_kill(c);
	}
	for (int i = 0; i < END_POLLS && p->running.n > 0; i++) {
		while ((c = find_ended(p, &status)) != NULL) {
			list_remove(&p->running, c);
			command_free(c);
		}
		if (p->running.n > 0)
			nanosleep(&pause, NULL);
	}
}

void
pool_free(struct pool *p)
{
	struct command *c;

	if (p == NULL)
		return;
	while ((c = p->waiting.first) != NULL) {
		list_remove(&p->waiting, c);
		command_free(c);
	}
	end_running(p);
	while ((c = p->running.first) != NULL) {
		list_remove(&p->running, c);
		command_free(c);
	}
	if (p->child != NULL)
		event_free(p->child);
	if (p->turn != NULL)
		event_free(p->turn);
	free(p);
}

struct event_base *
pool_base(const struct pool *p)
{
	return p->base;
}

size_t
pool_running(const struct pool *p)
{
	return p->running.n;
}

size_t
pool_waiting(const struct pool *p)
{
	return p->waiting.n;
}

uint64_t
pool_number(struct pool *p)
{
	return ++p->number;
}
