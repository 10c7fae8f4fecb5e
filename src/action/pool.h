/*
 * All commands that run at one time: how many may, whose turn it is, and whom
 * the process that has just ended belonged to. One in a process: it reaps.
 */
#ifndef GAOL_ACTION_POOL_H
#define GAOL_ACTION_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct pool;

#define POOL_RUNNING_MAX 16

struct pool_options {
	unsigned running_max;   /* 0: POOL_RUNNING_MAX */
	/*
	 * Every child of this process is the pool's, those too that fall to
	 * it from a command that forked twice (the pool makes the process
	 * their subreaper). False: only what it started is waited for.
	 */
	bool adopt;
};

/* Handles SIGCHLD on the base. NULL (errno). */
struct pool *pool_new(struct event_base *base,
    const struct pool_options *options);
/*
 * Kills what still runs, with its tree, and forgets it: no callback is called
 * any more. After everything that uses the pool. NULL is a no-op.
 */
void pool_free(struct pool *p);
struct event_base *pool_base(const struct pool *p);
size_t pool_running(const struct pool *p);
size_t pool_waiting(const struct pool *p);

#endif
