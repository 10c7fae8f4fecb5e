/* What the files of mail accesses share: engine_event*.c. */
#ifndef GAOL_PROCESS_ENGINE_EVENT_LOCAL_H
#define GAOL_PROCESS_ENGINE_EVENT_LOCAL_H

#include <pthread.h>

#include "access/mail_session.h"
#include "access/user.h"
#include "process/engine_event.h"
#include "store/event_row.h"

struct engine_events {
	struct mail_sessions *sessions;
	struct user_rules rules;
	struct event_rows rows;      /* of the read at hand */
	int64_t next;                /* event's number */
	struct buf user, line, detail;
	struct span log;             /* where the line at hand stands */
	uint64_t seen[EVENT_KINDS];
	pthread_mutex_t lock;        /* of what follows: the thread's, too */
	struct places *places;
	struct wall refreshed;
	struct signins *signins;     /* NULL: none */
	int given_fd;                /* its file, before the configuration */
};

/* --- engine_event_restore.c ------------------------------------------- */
/* Before the first line, from the database: what lines to come belong to. */
void engine_event_restore(struct engine *e);

/* --- engine_event_thread.c -------------------------------------------- */
/* From now on the store's thread asks and tells us of each row. */
void engine_event_thread_start(struct engine *e);
/* Another configuration: its databases of places, its file of sign-ins. */
void engine_event_thread_apply(struct engine_events *ee,
    const struct config *c);

#endif
