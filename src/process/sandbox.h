/*
 * What a role gives up before it reads its first foreign byte: uid and
 * capabilities (sandbox.c), the file system (sandbox_landlock.c), system calls
 * (sandbox_seccomp.c). A failed drop of rights is fatal for the caller; a
 * kernel without Landlock or seccomp is not: it is warned about and reported.
 */
#ifndef GAOL_PROCESS_SANDBOX_H
#define GAOL_PROCESS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sandbox_role { SANDBOX_WARDEN, SANDBOX_ENGINE, SANDBOX_RESOLVER };

/* What is in force in this process; for `status`. */
struct sandbox_report {
	uid_t uid;
	bool dropped;            /* sandbox_drop() succeeded */
	int landlock;            /* ABI version enforced, 0: none */
	bool seccomp;
};

struct sandbox_options {
	uid_t uid;
	gid_t gid;
	const char *state_dir;   /* engine: the one it may write; or NULL */
};

/*
 * Everything below in the right order, with the warnings logged. What must
 * stay open has to be open already, except what the filters allow (see the
 * tables). On a failed drop it ends the process with a message.
 */
void sandbox_enter(enum sandbox_role role,
    const struct sandbox_options *options);

/*
 * Becomes uid:gid without supplementary groups, keeping exactly the named
 * capabilities (CAP_…; permitted and effective), with an empty bounding,
 * inheritable and ambient set, no_new_privs and not dumpable, and verifies
 * each of them. uid 0 is refused. 0, or -1 with errno; then the process is in
 * an unknown state and must end.
 */
int sandbox_drop(uid_t uid, gid_t gid, const int *caps, size_t n);

/*
 * Landlock. 0, or -1 with errno (ENOSYS, EOPNOTSUPP: this kernel has none).
 * The engine: reads and writes below state_dir (NULL: nowhere), reads time
 * zone files. The warden: reads everywhere, writes and executes nowhere.
 * Neither connects or binds TCP, nor signals anything outside itself. The
 * resolver: reads what a look-up of names reads, connects to TCP port 53.
 */
int sandbox_landlock_engine(const char *state_dir);
int sandbox_landlock_warden(void);
int sandbox_landlock_resolver(void);

/*
 * The role's list of system calls, for all threads. With GAOL_SECCOMP=trap in
 * the environment a forbidden call names its number on stderr before the
 * process dies. 0, or -1 with errno.
 */
int sandbox_seccomp(enum sandbox_role role);

void sandbox_get_report(struct sandbox_report *out);

#endif
