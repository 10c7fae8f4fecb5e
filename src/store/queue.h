/*
 * What the loop asks of the store's thread: a bounded queue of requests, each
 * owning its text. Requests stay counted until queue_done(), so a disk that
 * does not take them fills the queue and not the memory.
 */
#ifndef GAOL_STORE_QUEUE_H
#define GAOL_STORE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/position.h"
#include "store/event_sum.h"
#include "store/read.h"

enum request_kind {
	REQUEST_ADD_JAIL,
	REQUEST_DISABLE_JAIL,
	REQUEST_BAN,
	REQUEST_UNBAN,
	REQUEST_UNBAN_ALL,
	REQUEST_POSITION,
	REQUEST_JOURNAL,
	REQUEST_PURGE,
	REQUEST_EVENTS,
	REQUEST_PURGE_EVENTS,
	REQUEST_SUM_EVENTS,
	REQUEST_BARRIER,
	REQUEST_READ,
};

struct request {
	struct request *next;
	enum request_kind kind;
	char *jail;
	char *text;               /* an id or a path, UTF-8 */
	int64_t time;             /* of the ban; of the purge; of the journal's
	                             last entry, microseconds */
	int64_t bantime;          /* -1 permanent */
	unsigned bancount;
	char *data;               /* JSON */
	struct tail_position position;
	void (*fn)(int error, void *arg);   /* of a barrier */
	void *arg;
	struct read *read;        /* of a read */
	struct event_rows *rows;  /* of mail accesses, with their place */
	bool in_journal;          /* … which is the journal's */
	struct store_keep keep;   /* of a purge of them */
	bool more;                /* … which is not done yet */
	struct event_sum_run run; /* of summing them; `more`, too */
	struct store_sum_counters sums;   /* … how far it is */
	int error;                /* of one that came back */
};

/* Is it answered? The others are done and forgotten. */
bool request_returns(const struct request *r);

struct request *request_new(enum request_kind kind, const char *jail);
void request_free(struct request *r);   /* NULL is a no-op */

/* A list that is added to at its end. */
struct requests {
	struct request *first;
	struct request *last;
	size_t n;
};

void requests_add(struct requests *l, struct request *r);
struct request *requests_shift(struct requests *l);   /* NULL: empty */
/* Moves the reads of one list to the end of another. */
void requests_move_reads(struct requests *from, struct requests *to);

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct requests waiting;
	size_t count;             /* waiting, and taken but not done */
	size_t max;
	bool stop;
};

int queue_init(struct queue *q, size_t max);
void queue_fini(struct queue *q);    /* frees what still waits */
/* False when full; the request stays the caller's then. */
bool queue_push(struct queue *q, struct request *r);
/* All that waits, at once; blocks until there is something or stop. */
struct requests queue_take(struct queue *q);
/* Moves the reads that wait to the end of `out`; they stay counted. */
void queue_withdraw_reads(struct queue *q, struct requests *out);
/* n requests that were taken are finished. */
void queue_done(struct queue *q, size_t n);
/* Waits, unless it is or gets stopped; returns whether it is stopped. */
bool queue_pause(struct queue *q, unsigned milliseconds);
void queue_stop(struct queue *q);
size_t queue_count(struct queue *q);

#endif
