/* The log target: opened by the parent, given to the others. */
#ifndef GAOL_PROCESS_LOGTARGET_H
#define GAOL_PROCESS_LOGTARGET_H

#include "process/probe.h"

/*
 * A descriptor on what the probe named: a regular file (append, made 0640, no
 * symbolic link), a duplicate of stdout or stderr, or a connected syslog
 * socket. -1 (logged).
 */
int logtarget_open(const struct probe_result *probe);
/* Logs there from now on; fd stays the caller's. */
void logtarget_use(const struct probe_result *probe, int fd);
/*
 * A restarted syslog has a new socket under the old name. The descriptor is
 * shared by all our processes, and only the parent may connect it anew.
 */
void logtarget_refresh(const struct probe_result *probe, int fd);

#endif
