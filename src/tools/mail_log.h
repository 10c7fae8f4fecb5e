/*
 * Mail accesses read straight from log files: each line through the filter's
 * eventregexes, each event through its session, its address looked up.
 */
#ifndef GAOL_TOOLS_MAIL_LOG_H
#define GAOL_TOOLS_MAIL_LOG_H

#include "access/mail_session.h"
#include "tools/mail_call.h"

struct mail_log_calls {
	/* Each line that tells of nothing. May be NULL. */
	void (*missed)(struct span line, void *arg);
	/* Each event of the call's, in the order of the lines. May be NULL. */
	void (*event)(const struct access_event *e, void *arg);
	/* Each session, as it ends or at the end of the logs. May be NULL. */
	void (*session)(const struct mail_session *s, void *arg);
};

/*
 * Reads all logs of the call; one after the other, so of two logs of one
 * server name the older first. 0, or -1: an error was printed.
 */
int mail_log_read(struct mail_call *call, const struct mail_log_calls *calls,
    void *arg);

#endif
