#include "control/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/xalloc.h"

/* The kernel's own bound on supplementary groups (NGROUPS_MAX). */
#define GROUPS_MAX 65536

/*
 * Supplementary groups, or none where the kernel (before 4.13) cannot tell:
 * then only the primary group counts, which gives less, never more.
 */
static int
load_groups(int fd, struct peer *p)
{
#ifdef SO_PEERGROUPS
	socklen_t len = 0;
	gid_t *groups;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0)
		return 0;
	if (errno == ENOPROTOOPT)
		return 0;
	if (errno != ERANGE || len > GROUPS_MAX * sizeof(gid_t))
		return -1;
	groups = xcalloc(len / sizeof(gid_t), sizeof(gid_t));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1) {
		free(groups);
		return -1;
	}
	p->groups = groups;
	p->groups_n = len / sizeof(gid_t);
#else
	(void)fd;
	(void)p;
#endif
	return 0;
}

int
peer_load(int fd, struct peer *out)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct peer p = { 0 };

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return -1;
	p.uid = cred.uid;
	p.gid = cred.gid;
	if (load_groups(fd, &p) == -1)
		return -1;
	*out = p;
	return 0;
}

void
peer_fini(struct peer *p)
{
	free(p->groups);
	*p = (struct peer){ .uid = -1, .gid = -1 };
}

static bool
is_member(const struct peer *p, int64_t gid)
{
	if (gid < 0)
		return false;
	if (p->gid == gid)
		return true;
	for (size_t i = 0; i < p->groups_n; i++)
		if (p->groups[i] == gid)
			return true;
	return false;
}

bool
peer_may(const struct peer *p, enum command_right right,
    const struct peer_policy *policy)
{
	if (p->uid == 0)
		return true;
	if (policy->own_uid > 0 && p->uid == policy->own_uid)
		return true;
	switch (right) {
	case RIGHT_READ:
		return is_member(p, policy->read_gid) ||
		    is_member(p, policy->ban_gid);
	case RIGHT_BAN:
		return is_member(p, policy->ban_gid);
	case RIGHT_CONFIGURE:
		break;
	}
	return false;
}
