/*
 * Between parent.c (who lives, who ends), parent_log.c (what is logged) and
 * parent_spare.c (the children that may be lost).
 */
#ifndef GAOL_PROCESS_PARENT_LOCAL_H
#define GAOL_PROCESS_PARENT_LOCAL_H

#include <event2/util.h>

#include "base/clock.h"
#include "process/child.h"
#include "process/probe.h"

struct event;

/* STARTING -> READY -> STOPPING -> ENDED; who loses a child goes to STOPPING. */
enum state { STARTING, READY, STOPPING, ENDED };

#define SIGNALS 5

/* What may be lost and replaced: one role from ROLE_RUNNER on. */
struct spare {
	struct parent *parent;
	enum role role;
	struct event *retry;          /* NULL: it was never wanted */
	bool wanted;                  /* … again, once this one is gone */
	unsigned lost;                /* times in a row */
	struct boot began;
};

#define SPARES (ROLES - ROLE_RUNNER)

struct parent {
	const struct start *start;
	struct probe_result probe;    /* what is open now */
	/* Of the configuration; `set` may have put others in their place … */
	struct logtarget log_configured;
	uint32_t level_configured;
	/* … until the configuration after this one, if it is not 0. */
	uint32_t target_generation, level_generation;
	struct event_base *base;
	enum state state;
	int status;                   /* of the exit */
	int lock_fd;
	int listen_fd;
	int log_fd;
	struct log_layout log_layout; /* of log_fd */
	bool log_missing;             /* log_fd stands in for the target */
	int signins_error;            /* errno; 0: it is open, or there is none */
	dev_t signins_dev;            /* of what was given to the engine */
	ino_t signins_ino;
	int ready_fd;
	struct child *children[ROLES];   /* of spares NULL while there is none */
	struct spare spares[SPARES];
	struct event *signals[SIGNALS];
	struct event *deadline;       /* of STOPPING */
	struct event *refresh;        /* of a syslog socket */
	struct probe reload;          /* running when reload_event is set */
	struct event *reload_event;
	uint32_t reload_generation;   /* of the last that was asked for */
};

void parent_options(struct role_options *o, const struct parent *p,
    enum role role);
/* The next child to be stopped, or the end. */
void parent_stop_next(struct parent *p);

/* The engine has work for one: from now on there is one. */
void parent_spare_want(struct parent *p, enum role role);
void parent_spare_fini(struct parent *p);

/* The target, or what stands in for it until it can be opened. 0, -1. */
int parent_log_open(struct parent *p);
/* The target once more: it was renamed by log rotation. */
void parent_log_reopen(struct parent *p);
/* fail2ban.conf once more: perhaps it names another target. */
void parent_log_reload(struct parent *p, uint32_t generation);
/*
 * `set loglevel`, `set logtarget`: the engine says what somebody wants, the
 * parent what may be. An engine that was taken over gets into no file but the
 * administrator's own, and cannot make errors of the others go unseen.
 */
void parent_log_set_level(struct parent *p, const struct wire_level *m);
void parent_log_set_target(struct parent *p, const struct wire_target *m);
void parent_log_reload_end(struct parent *p);
/* The file of sign-ins, at the start, at a reload, and after a rotation. */
void parent_signins_open(struct parent *p);
/* … that nobody told us of. */
void parent_signins_refresh(struct parent *p);
/* Timer: a syslog that was restarted. */
void parent_log_refresh(evutil_socket_t fd, short what, void *arg);

#endif
