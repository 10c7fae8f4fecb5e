/*
 * Calls that block, made in threads: a few at a time, each with a job of the
 * caller's that nobody else touches meanwhile.
 */
#ifndef GAOL_BASE_OFFLOAD_H
#define GAOL_BASE_OFFLOAD_H

#include <stddef.h>

struct event_base;
struct offload;

struct offload_kind {
	void (*work)(void *job);   /* in a thread */
	void (*done)(void *job);   /* in the loop, which owns the job again */
	/* In the thread, in place of done: nobody waits any more. */
	void (*drop)(void *job);
};

/* Every job is of `kind`, which must outlive the threads. NULL (errno). */
struct offload *offload_new(struct event_base *base,
    const struct offload_kind *kind, unsigned threads_max);
/* Does not wait for the threads at work. NULL is a no-op. */
void offload_free(struct offload *o);
/* 0, or -1: EAGAIN (all threads are at work, or there is none to be had). */
int offload_start(struct offload *o, void *job);
unsigned offload_running(const struct offload *o);

#endif
