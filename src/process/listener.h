/* The control socket, bound by the parent and handed to the engine. */
#ifndef GAOL_PROCESS_LISTENER_H
#define GAOL_PROCESS_LISTENER_H

#include <sys/types.h>

/*
 * Binds `path` (0660, root and group gid) and listens. A socket that nobody
 * answers on is removed first; one that answers is a running server. A
 * descriptor, or -1 (logged; errno EADDRINUSE when somebody answers).
 */
int listener_open(const char *path, gid_t gid);
void listener_close(int fd, const char *path);   /* and removes it */

#endif
