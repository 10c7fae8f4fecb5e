/* Between parent.c (who lives, who ends) and parent_log.c (what is logged). */
#ifndef GAOL_PROCESS_PARENT_LOCAL_H
#define GAOL_PROCESS_PARENT_LOCAL_H

#include <event2/util.h>

#include "process/child.h"
#include "process/probe.h"

struct event;

/* STARTING -> READY -> STOPPING -> ENDED; who loses a child goes to STOPPING. */
enum state { STARTING, READY, STOPPING, ENDED };

#define SIGNALS 5

struct parent {
	const struct start *start;
	struct probe_result probe;    /* what is open now */
	struct event_base *base;
	enum state state;
	int status;                   /* of the exit */
	int lock_fd;
	int listen_fd;
	int log_fd;
	int ready_fd;
	struct child *children[ROLES];
	struct event *signals[SIGNALS];
	struct event *deadline;       /* of STOPPING */
	struct event *refresh;        /* of a syslog socket */
	struct probe reload;          /* running when reload_event is set */
	struct event *reload_event;
};

/* The target once more: it was renamed by log rotation. */
void parent_log_reopen(struct parent *p);
/* fail2ban.conf once more: perhaps it names another target. */
void parent_log_reload(struct parent *p);
void parent_log_reload_end(struct parent *p);
/* Timer: a syslog that was restarted. */
void parent_log_refresh(evutil_socket_t fd, short what, void *arg);

#endif
