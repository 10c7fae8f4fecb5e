#include "base/offload.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

#define STACK (256u * 1024)

struct task {
	struct task *next;
	struct mailbox *mailbox;
	void *job;
};

/*
 * Where threads leave what is done. It outlives the loop's side if a thread is
 * still at work then.
 */
struct mailbox {
	pthread_mutex_t lock;
	const struct offload_kind *kind;
	unsigned users;
	int fd;               /* eventfd; -1: nobody reads any more */
	struct task *done;
};

struct offload {
	struct mailbox *mailbox;
	struct event *mail;
	unsigned running, max;
};

static void
mailbox_leave(struct mailbox *m)
{
	bool last;

	pthread_mutex_lock(&m->lock);
	last = --m->users == 0;
	pthread_mutex_unlock(&m->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static void *
thread_main(void *arg)
{
	struct task *t = arg;
	struct mailbox *m = t->mailbox;
	const uint64_t one = 1;

	m->kind->work(t->job);
	pthread_mutex_lock(&m->lock);
	if (m->fd == -1) {
		m->kind->drop(t->job);
		free(t);
	} else {
		t->next = m->done;
		m->done = t;
		/* Cannot fail: the counter is far from its end. */
		if (write(m->fd, &one, sizeof(one)) != sizeof(one))
			abort();
	}
	pthread_mutex_unlock(&m->lock);
	mailbox_leave(m);
	return NULL;
}

static int
thread_start(struct task *t)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	error = pthread_create(&thread, &attr, thread_main, t);
	pthread_attr_destroy(&attr);
	return error;
}

int
offload_start(struct offload *o, void *job)
{
	struct mailbox *m = o->mailbox;
	struct task *t;

	if (o->running >= o->max)
		goto busy;
	t = xcalloc(1, sizeof(*t));
	t->mailbox = m;
	t->job = job;
	pthread_mutex_lock(&m->lock);
	m->users++;
	pthread_mutex_unlock(&m->lock);
	if (thread_start(t) == 0) {
		o->running++;
		return 0;
	}
	mailbox_leave(m);
	free(t);
busy:
	errno = EAGAIN;
	return -1;
}

static struct task *
take_done(struct mailbox *m)
{
	struct task *done;

	pthread_mutex_lock(&m->lock);
	done = m->done;
	m->done = NULL;
	pthread_mutex_unlock(&m->lock);
	return done;
}

static void
on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct offload *o = arg;
	struct task *t, *next;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		return;
	clock_tick();
	for (t = take_done(o->mailbox); t != NULL; t = next) {
		void *job = t->job;

		next = t->next;
		free(t);
		o->running--;
		o->mailbox->kind->done(job);
	}
}

struct offload *
offload_new(struct event_base *base, const struct offload_kind *kind,
    unsigned threads_max)
{
	struct offload *o = xcalloc(1, sizeof(*o));
	struct mailbox *m = xcalloc(1, sizeof(*m));

	o->mailbox = m;
	o->max = threads_max;
	m->kind = kind;
	m->users = 1;
	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->fd == -1)
		goto fail;
	if (pthread_mutex_init(&m->lock, NULL) != 0)
		goto fail_fd;
	o->mail = event_new(base, m->fd, EV_READ | EV_PERSIST, on_mail, o);
	if (o->mail != NULL && event_add(o->mail, NULL) == 0)
		return o;
	if (o->mail != NULL)
		event_free(o->mail);
	pthread_mutex_destroy(&m->lock);
	errno = ENOMEM;
fail_fd:
	close(m->fd);
fail:
	free(m);
	free(o);
	return NULL;
}

void
offload_free(struct offload *o)
{
	struct mailbox *m;
	struct task *t, *next;

	if (o == NULL)
		return;
	m = o->mailbox;
	event_free(o->mail);
	pthread_mutex_lock(&m->lock);
	close(m->fd);
	m->fd = -1;
	t = m->done;
	m->done = NULL;
	pthread_mutex_unlock(&m->lock);
	for (; t != NULL; t = next) {
		next = t->next;
		m->kind->drop(t->job);
		free(t);
	}
	mailbox_leave(m);
	free(o);
}

unsigned
offload_running(const struct offload *o)
{
	return o->running;
}
