/*
 * A role: what one process of gaold is when it is started with --role=NAME and
 * a link to the parent on fd 3. role_main() makes the event base, calls
 * warden_new(), engine_new(), runner_new() or resolver_new() and dispatches;
 * all but the runner call sandbox_enter() when they hold what they need (not
 * when `single`).
 */
#ifndef GAOL_PROCESS_ROLE_H
#define GAOL_PROCESS_ROLE_H

#include <stdbool.h>
#include <sys/types.h>

struct event_base;
struct log_layout;

enum role { ROLE_WARDEN, ROLE_ENGINE, ROLE_RUNNER, ROLE_RESOLVER };
#define ROLES 4

#define ROLE_FD 3

/*
 * Text is borrowed: from argv, or from the parent's start (single). NULL means
 * that the command line did not say it: the configuration rules.
 */
struct role_options {
	enum role role;
	const char *dir;             /* -c */
	const char *share;           /* --share */
	const char *socket;          /* -s */
	const char *pidfile;         /* -p */
	const char *log_level;       /* --loglevel */
	const char *log_target;      /* --logtarget */
	const char *syslog_socket;   /* --syslogsocket */
	const char *state_dir;       /* directory of the database, or NULL */
	uid_t uid;                   /* of this role */
	gid_t gid;
	gid_t socket_gid;            /* group of the control socket; 0: root's */
	int level;                   /* enum log_level at the start */
	bool background;
	bool single;                 /* -1: everything in one process */
	bool async;                  /* --async: a first stream is ours, too */
	pid_t parent;
};

const char *role_name(enum role role);
/* True when argv starts a role: the caller then returns role_main(). */
bool role_asked(int argc, char *const *argv);
int role_main(int argc, char **argv);
/*
 * Options -> argv for an exec, ended by NULL; one allocation, the caller
 * frees it. The strings in it are part of it.
 */
char **role_argv(const struct role_options *options);

/*
 * Takes over the descriptor of a WIRE_GIVE{GIFT_LOG} and logs to it from now
 * on. A process in the background lets go of the terminal here. In single
 * mode the parent has done it: only closes fd.
 */
void role_log(const struct role_options *options,
    const struct log_layout *layout, int fd);
/*
 * The orderly end of a child: after it has sent WIRE_STOPPED. In a process of
 * its own the loop ends, role_main() frees the role and exits with `status`.
 * In single mode nothing happens: the parent frees it.
 */
void role_end(const struct role_options *options, struct event_base *base,
    int status);

#endif
