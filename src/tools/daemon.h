/* Starting and stopping gaold from outside. */
#ifndef GAOL_TOOLS_DAEMON_H
#define GAOL_TOOLS_DAEMON_H

#include <stdbool.h>

#include "base/buf.h"
#include "tools/target.h"

/* Does a daemon answer "ping"? */
bool daemon_answers(const struct target *t);
/*
 * Starts gaold in the background with `extra` (ended by NULL; may be NULL)
 * behind -c, -s and -p, and waits until it answers. gaold itself says on
 * stderr what is wrong. 0, or -1 with *why.
 */
int daemon_start(const struct target *t, const char *const *extra,
    struct buf *why);
/* The same without coming back: the caller's process becomes gaold. */
int daemon_exec(const struct target *t, const char *const *extra,
    struct buf *why);
/*
 * Asks it to stop, with `flush` also to take its bans out of the firewall, and
 * waits until the socket is closed and the pid file unlocked. 0, or -1 with
 * *why, and with *type and errno as client_request() leaves them when it could
 * not even be asked ("" and 0 when it does not end in time).
 */
int daemon_stop(const struct target *t, bool flush,
    char type[CLIENT_TYPE_MAX], struct buf *why);

#endif
