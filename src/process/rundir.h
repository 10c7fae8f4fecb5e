/* The directories that a start makes itself. */
#ifndef GAOL_PROCESS_RUNDIR_H
#define GAOL_PROCESS_RUNDIR_H

#include <sys/types.h>

/* Makes the directory of the file `path` (0755), one level. 0, -1 (logged). */
int rundir_make(const char *path);

/*
 * Makes the state directory (0700) and hands it with the database `name`, its
 * -wal, -shm and -journal to uid:gid. A directory that holds other things too
 * is not given away: it stays as it is, with a warning, and the store will
 * say what it cannot do. uid 0: only makes it. 0, -1 (logged).
 */
int rundir_state(const char *dir, const char *name, uid_t uid, gid_t gid);

#endif
