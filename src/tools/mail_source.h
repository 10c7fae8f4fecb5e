/*
 * Where the mail verbs have their events from: the daemon's database, or log
 * files (--from-log), by the same calls.
 */
#ifndef GAOL_TOOLS_MAIL_SOURCE_H
#define GAOL_TOOLS_MAIL_SOURCE_H

#include <jansson.h>

#include "tools/mail_log.h"

/*
 * As mail_log_read(); the daemon's come in order of time. Of a daemon that has
 * both asked, sessions come behind the events.
 */
int mail_source_read(struct mail_call *call,
    const struct mail_log_calls *calls, void *arg);
/*
 * One request to the call's daemon; NULL: an error was printed. unknown, which
 * the caller makes false, may be NULL: an older daemon has no such command;
 * then nothing was printed.
 */
json_t *mail_source_ask(const struct mail_call *call, size_t argc,
    const char *const *argv, bool *unknown);

#endif
