/*
 * The pid file, locked as long as the daemon runs: the lock says that there is
 * an instance, the number in it is for people and scripts.
 */
#ifndef GAOL_PROCESS_PIDLOCK_H
#define GAOL_PROCESS_PIDLOCK_H

/*
 * Locks `path`, making the file and its directory (0755) if need be; what is
 * in it stays until pidlock_write(). A descriptor, or -1 (logged; errno
 * EWOULDBLOCK when another instance holds it).
 */
int pidlock_take(const char *path);
int pidlock_write(int fd);
/* Lets go; removes the file unless another number is in it. */
void pidlock_release(int fd, const char *path);

#endif
