#include "store/queue.h"

#include <stdlib.h>
#include <time.h>

#include "base/xalloc.h"
#include "store/event_row.h"

struct request *
request_new(enum request_kind kind, const char *jail)
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->kind = kind;
	r->jail = jail != NULL ? xstrdup(jail) : NULL;
	return r;
}

void
request_free(struct request *r)
{
	if (r == NULL)
		return;
	free(r->jail);
	free(r->text);
	free(r->data);
	if (r->rows != NULL)
		event_rows_fini(r->rows);
	free(r->rows);
	read_free(r->read);
	free(r);
}

bool
request_returns(const struct request *r)
{
	return r->kind == REQUEST_BARRIER || r->kind == REQUEST_READ ||
	    r->kind == REQUEST_PURGE_EVENTS || r->kind == REQUEST_SUM_EVENTS;
}

void
requests_add(struct requests *l, struct request *r)
{
	r->next = NULL;
	if (l->last != NULL)
		l->last->next = r;
	else
		l->first = r;
	l->last = r;
	l->n++;
}

struct request *
requests_shift(struct requests *l)
{
	struct request *r = l->first;

	if (r == NULL)
		return NULL;
	l->first = r->next;
	if (l->first == NULL)
		l->last = NULL;
	l->n--;
	r->next = NULL;
	return r;
}

void
requests_move_reads(struct requests *from, struct requests *to)
{
	struct requests rest = { 0 };
	struct request *r;

	while ((r = requests_shift(from)) != NULL)
		requests_add(r->kind == REQUEST_READ ? to : &rest, r);
	*from = rest;
}

int
queue_init(struct queue *q, size_t max)
{
	pthread_condattr_t attr;
	int rc;

	*q = (struct queue){ .max = max };
	if (pthread_mutex_init(&q->lock, NULL) != 0)
		return -1;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	rc = pthread_cond_init(&q->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (rc != 0) {
		pthread_mutex_destroy(&q->lock);
		return -1;
	}
	return 0;
}

void
queue_fini(struct queue *q)
{
	struct request *r;

	while ((r = requests_shift(&q->waiting)) != NULL)
		request_free(r);
	pthread_cond_destroy(&q->wake);
	pthread_mutex_destroy(&q->lock);
}

bool
queue_push(struct queue *q, struct request *r)
{
	bool room;

	pthread_mutex_lock(&q->lock);
	room = q->count < q->max;
	if (room) {
		requests_add(&q->waiting, r);
		q->count++;
		pthread_cond_signal(&q->wake);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}

struct requests
queue_take(struct queue *q)
{
	struct requests all;

	pthread_mutex_lock(&q->lock);
	while (q->waiting.n == 0 && !q->stop)
		pthread_cond_wait(&q->wake, &q->lock);
	all = q->waiting;
	q->waiting = (struct requests){ 0 };
	pthread_mutex_unlock(&q->lock);
	return all;
}

void
queue_withdraw_reads(struct queue *q, struct requests *out)
{
	pthread_mutex_lock(&q->lock);
	requests_move_reads(&q->waiting, out);
	pthread_mutex_unlock(&q->lock);
}

void
queue_done(struct queue *q, size_t n)
{
	pthread_mutex_lock(&q->lock);
	q->count -= n;
	pthread_mutex_unlock(&q->lock);
}

bool
queue_pause(struct queue *q, unsigned milliseconds)
{
	struct timespec until;
	bool stopped;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&q->lock);
	/* A push signals too: sleep on until the time is over. */
	while (!q->stop &&
	    pthread_cond_timedwait(&q->wake, &q->lock, &until) == 0)
		continue;
	stopped = q->stop;
	pthread_mutex_unlock(&q->lock);
	return stopped;
}

void
queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_broadcast(&q->wake);
	pthread_mutex_unlock(&q->lock);
}

size_t
queue_count(struct queue *q)
{
	size_t n;

	pthread_mutex_lock(&q->lock);
	n = q->count;
	pthread_mutex_unlock(&q->lock);
	return n;
}
