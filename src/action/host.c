#include "action/host.h"

#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/offload.h"
#include "base/xalloc.h"

/* What a thread is asked, and its answer. */
struct work {
	struct host *host;
	struct host_query *query;   /* the loop's; NULL: nobody waits now */
	struct addr addr;           /* ADDR_NONE: our own name */
	char *name;
};

struct host_query {
	struct host_query *next, *prev;
	struct host *host;
	struct addr addr;
	host_done_fn *done;
	void *arg;
	struct work *work;          /* in a thread; else it waits for one */
	struct event *timer;        /* its patience; or its answer is here */
	bool answered;
	char *name;
};

struct answer {
	struct addr addr;
	char *name;
	struct boot until;
};

struct host {
	struct event_base *base;
	struct offload *threads;
	struct host_query *first, *last;
	struct answer answers[HOST_CACHE_MAX];   /* a ring */
	size_t answers_n, answers_at;
};

static socklen_t
to_sockaddr(const struct addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->family == ADDR_V4) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, a->b, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	memcpy(&in6->sin6_addr, a->b, 16);
	return sizeof(*in6);
}

static char *
name_of(const struct addr *a)
{
	struct sockaddr_storage ss;
	char name[NI_MAXHOST];
	socklen_t n = to_sockaddr(a, &ss);

	return getnameinfo((struct sockaddr *)&ss, n, name, sizeof(name), NULL,
	    0, NI_NAMEREQD) == 0 ? strdup(name) : NULL;
}

static char *
own_name(void)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_CANONNAME,
	};
	struct addrinfo *info = NULL;
	char name[MAXHOSTNAMELEN + 1] = "";
	char *result = NULL;

	if (gethostname(name, sizeof(name) - 1) != 0)
		return NULL;
	if (getaddrinfo(name, NULL, &hints, &info) == 0 &&
	    info->ai_canonname != NULL &&
	    strchr(info->ai_canonname, '.') != NULL)
		result = strdup(info->ai_canonname);
	if (info != NULL)
		freeaddrinfo(info);
	return result != NULL ? result : strdup(name);
}

static void
work_do(void *job)
{
	struct work *w = job;

	w->name = w->addr.family == ADDR_NONE ? own_name() :
	    name_of(&w->addr);
}

static void
work_free(void *job)
{
	struct work *w = job;

	free(w->name);
	free(w);
}

static void
unlink_query(struct host_query *q)
{
	struct host *h = q->host;

	*(q->prev != NULL ? &q->prev->next : &h->first) = q->next;
	*(q->next != NULL ? &q->next->prev : &h->last) = q->prev;
}

static void
free_query(struct host_query *q)
{
	unlink_query(q);
	if (q->work != NULL)
		q->work->query = NULL;
	event_free(q->timer);
	free(q->name);
	free(q);
}

static void
finish(struct host_query *q, const char *name)
{
	host_done_fn *done = q->done;
	void *arg = q->arg;
	char *copy = name != NULL ? xstrdup(name) : NULL;

	free_query(q);
	done(copy, arg);
	free(copy);
}

/* Queries that wait get a thread as far as there are some. */
static void
start_waiting(struct host *h)
{
	struct host_query *q;

	for (q = h->first; q != NULL; q = q->next) {
		struct work *w;

		if (q->work != NULL || q->answered)
			continue;
		w = xcalloc(1, sizeof(*w));
		w->host = h;
		w->addr = q->addr;
		w->query = q;
		if (offload_start(h->threads, w) == -1) {
			/* Its patience will end, or one gets free. */
			free(w);
			return;
		}
		q->work = w;
	}
}

static void
remember(struct host *h, const struct addr *a, const char *name)
{
	struct answer *at = &h->answers[h->answers_at];

	if (h->answers_n < HOST_CACHE_MAX)
		h->answers_n++;
	h->answers_at = (h->answers_at + 1) % HOST_CACHE_MAX;
	free(at->name);
	at->addr = *a;
	at->name = name != NULL ? xstrdup(name) : NULL;
	at->until.us = clock_boot().us + HOST_CACHE_SECONDS * CLOCK_SECOND;
}

static const struct answer *
recall(const struct host *h, const struct addr *a)
{
	for (size_t i = 0; i < h->answers_n; i++)
		if (addr_eq(&h->answers[i].addr, a) &&
		    h->answers[i].until.us > clock_boot().us)
			return &h->answers[i];
	return NULL;
}

static void
work_done(void *job)
{
	struct work *w = job;
	struct host *h = w->host;
	struct host_query *q = w->query;

	remember(h, &w->addr, w->name);
	if (q != NULL) {
		q->work = NULL;
		finish(q, w->name);
	}
	work_free(w);
	start_waiting(h);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct host_query *q = arg;

	(void)fd;
	(void)what;
	finish(q, q->name);
}

struct host *
host_new(struct event_base *base)
{
	static const struct offload_kind kind = {
		.work = work_do, .done = work_done, .drop = work_free,
	};
	struct host *h = xcalloc(1, sizeof(*h));

	h->base = base;
	h->threads = offload_new(base, &kind, HOST_THREADS_MAX);
	if (h->threads != NULL)
		return h;
	free(h);
	return NULL;
}

void
host_free(struct host *h)
{
	if (h == NULL)
		return;
	while (h->first != NULL)
		free_query(h->first);
	offload_free(h->threads);
	for (size_t i = 0; i < h->answers_n; i++)
		free(h->answers[i].name);
	free(h);
}

struct host_query *
host_ask(struct host *h, const struct addr *a, host_done_fn *done, void *arg)
{
	const struct timeval patience = { HOST_PATIENCE, 0 };
	const struct timeval now = { 0, 0 };
	struct host_query *q = xcalloc(1, sizeof(*q));
	const struct answer *known;

	q->host = h;
	q->done = done;
	q->arg = arg;
	if (a != NULL)
		q->addr = *a;
	q->timer = event_new(h->base, -1, 0, timer_cb, q);
	if (q->timer == NULL)
		log_fatal("gaol.action", "no memory for a timer");
	q->prev = h->last;
	*(h->last != NULL ? &h->last->next : &h->first) = q;
	h->last = q;
	clock_tick();
	known = recall(h, &q->addr);
	q->answered = known != NULL;
	if (known != NULL && known->name != NULL)
		q->name = xstrdup(known->name);
	event_add(q->timer, known != NULL ? &now : &patience);
	start_waiting(h);
	return q;
}

void
host_cancel(struct host_query *q)
{
	if (q != NULL)
		free_query(q);
}
