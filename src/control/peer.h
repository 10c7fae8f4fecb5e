/* Who is at the other end of a UNIX socket, and what that allows. */
#ifndef GAOL_CONTROL_PEER_H
#define GAOL_CONTROL_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "control/command.h"

struct peer {
	int64_t uid, gid;     /* as they were at connect(2) */
	gid_t *groups;        /* supplementary ones; owned */
	size_t groups_n;
};

/* Asks the kernel. 0, or -1 with errno and *out untouched. */
int peer_load(int fd, struct peer *out);
void peer_fini(struct peer *p);

/* The groups that may do something besides root; -1: none. */
struct peer_policy {
	int64_t own_uid;      /* the daemon's effective uid */
	int64_t read_gid;
	int64_t ban_gid;
};

/*
 * Root may everything, and so may the daemon's own user where the daemon does
 * not run as root. Whoever may ban may also read.
 */
bool peer_may(const struct peer *p, enum command_right right,
    const struct peer_policy *policy);

#endif
