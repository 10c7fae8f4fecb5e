/*
 * The parent's end of a role: a process and a link to it, or, in single mode,
 * the role itself in this process behind the same link.
 */
#ifndef GAOL_PROCESS_CHILD_H
#define GAOL_PROCESS_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "process/role.h"
#include "process/wire.h"

struct child;

struct child_events {
	void (*ready)(void *arg);
	/* WIRE_STOPPED of the engine, and nobody had asked for it. */
	void (*stopped)(int status, void *arg);
	/* Its link is gone, and nobody had asked for it; gone() will follow. */
	void (*lost)(struct child *c, void *arg);
	/*
	 * It ended (once). orderly: it was asked to, or said so before, and
	 * exited with 0.
	 */
	void (*gone)(struct child *c, bool orderly, void *arg);
	/* WIRE_REOPEN_LOG, WIRE_RELOAD_START, WIRE_WANT_…, WIRE_SET_… */
	void (*wish)(struct child *c, uint32_t type, const void *body,
	    void *arg);
};

/* Options are copied, their strings borrowed. NULL (logged). */
struct child *child_new(struct event_base *base,
    const struct role_options *options, const struct child_events *events,
    void *arg);
/* Kills what still runs, and waits for that. */
void child_free(struct child *c);

/* fd stays the caller's. A child that is gone gets nothing. */
void child_give(struct child *c, enum wire_gift gift, int fd);
void child_give_log(struct child *c, const struct log_layout *layout, int fd);
void child_stop(struct child *c);
void child_flushlogs(struct child *c);
void child_level(struct child *c, uint32_t level);
void child_target_set(struct child *c, int error);
/* Has it ended? To be asked at SIGCHLD; calls gone(). */
void child_reap(struct child *c);

bool child_ready(const struct child *c);
bool child_gone(const struct child *c);
const char *child_name(const struct child *c);

/* The two ends of a link between children. 0, -1. */
int child_link(int ends[2]);

#endif
