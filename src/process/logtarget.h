/* The log target: opened by the parent, given to the others. */
#ifndef GAOL_PROCESS_LOGTARGET_H
#define GAOL_PROCESS_LOGTARGET_H

#include "process/probe.h"

/*
 * A descriptor on what the probe named: a regular file (append, made 0640, no
 * symbolic link), a duplicate of stdout or stderr, or a connected socket of
 * syslog or the journal. -1: logtarget_why().
 */
int logtarget_open(const struct probe_result *probe);
/* A regular file, as above. -1: logtarget_why(). */
int logtarget_open_file(const char *path);
const char *logtarget_name(const struct probe_result *probe);
/* What the failed logtarget_open() met; the errno it left must still be. */
const char *logtarget_why(void);
/*
 * What records go to while the target cannot be opened: stderr, or, where
 * nobody would see that, syslog. *what names it.
 */
int logtarget_stand_in(const struct probe_result *probe, bool background,
    struct log_layout *layout, const char **what);
/*
 * A restarted syslog has a new socket under the old name. The descriptor is
 * shared by all our processes, and only the parent may connect it anew.
 */
void logtarget_refresh(const struct probe_result *probe, int fd);

#endif
