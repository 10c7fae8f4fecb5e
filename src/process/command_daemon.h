/* `get` and `set` of the daemon's own settings. */
#ifndef GAOL_PROCESS_COMMAND_DAEMON_H
#define GAOL_PROCESS_COMMAND_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

struct engine;
struct request;

/* False: the first word is none of them; else the request was answered. */
bool command_daemon_get(struct engine *e, struct request *r, size_t argc,
    const char *const *argv);
bool command_daemon_set(struct engine *e, struct request *r, size_t argc,
    const char *const *argv);

#endif
