/* Starts a role in a process of its own. */
#ifndef GAOL_PROCESS_SPAWN_H
#define GAOL_PROCESS_SPAWN_H

#include <sys/types.h>

#include "process/role.h"

/*
 * Executes this program anew as a role: `link` on fd 3, standard streams, and
 * no other descriptor; no environment but locale and time zone (the runner:
 * all that is not a service manager's). The caller must be single-threaded.
 * The process, which dies with this one, or -1 (logged). link stays the
 * caller's.
 */
pid_t spawn_role(const struct role_options *options, int link);

/* Two ends of a link between processes. 0, -1. */
int spawn_link(int ends[2]);

#endif
