/* Inside of the room: what the loop's side and the thread share. */
#ifndef GAOL_STORE_PRIVATE_H
#define GAOL_STORE_PRIVATE_H

#include <pthread.h>

#include "store/database.h"
#include "store/queue.h"
#include "store/store.h"

struct event;

struct store {
	/* Set by store_open, then only read. */
	bool off;                 /* "None" */
	int64_t purge_age;
	int64_t maxmatches;
	const struct store_events *events;
	void *arg;
	int wake_fd;              /* thread -> loop */
	struct event *wake;

	struct queue queue;       /* has a lock of its own */
	/*
	 * The loop's until store_start, then the thread's until it is joined;
	 * whoever owns it is the only one to call sqlite.
	 */
	struct database db;
	uint64_t left_out;        /* rows, by store_next_bans() */
	bool lost_file;           /* … has gone; the next is begun anew */
	pthread_t thread;
	bool running;

	/* The thread's, set before it runs. */
	struct store_row_hooks hooks;
	void *hooks_arg;

	/* The loop's. */
	struct store_keep keep;
	bool summing;             /* a step is under way */
	char *error;              /* as last told */
	unsigned file;            /* as last told */
	size_t reading;           /* reads not yet answered */

	/* Under the lock. */
	pthread_mutex_t lock;
	char *state;              /* the thread's view of the error */
	unsigned files;           /* begun anew */
	struct buf notes;         /* lines for the log, one each */
	struct requests reached;  /* barriers and reads, in order */
	struct store_counters counters;
};

/* What an open or a read of the start left behind is told at once. */
void store_settle(struct store *s, const char *error);
/* As it stands in a column: UTF-8, or upstream could not read it. */
char *store_id_text(const struct id *id);

/* False: the queue is full; the request is gone, and counted. */
bool store_push(struct store *s, struct request *r);
/* A read that takes its place in the queue; false: not now, it is gone. */
bool store_push_read(struct store *s, struct read *read);
/* UTF-8; the caller frees it. */
char *store_clean_text(struct span s);
/* The next slice of store_purge_events(). */
void store_purge_on(struct store *s, const struct request *r);
/* The next step of summing, which follows a purge. */
void store_sum_on(struct store *s, const struct request *r);

/* The thread; `arg` is the store. */
void *writer_main(void *arg);
/* Gets a batch onto the disk, or gives it up: then its barriers say EIO. */
void writer_drain(struct store *s, struct requests *batch);
/* Takes over what the database has to say; error NULL: all is well. */
void writer_tell(struct store *s, const char *error);

#endif
