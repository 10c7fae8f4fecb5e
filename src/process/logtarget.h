/* The log target: opened by the parent, given to the others. */
#ifndef GAOL_PROCESS_LOGTARGET_H
#define GAOL_PROCESS_LOGTARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

#define LOGTARGET_PATH_MAX 1024
#define LOGTARGET_SOCKET_MAX 108   /* sun_path */

enum logtarget_kind {
	LOGTARGET_FILE = 1, LOGTARGET_STDOUT, LOGTARGET_STDERR,
	LOGTARGET_SYSLOG, LOGTARGET_JOURNAL,
};

/* Of fixed size: it travels between processes. */
struct logtarget {
	uint32_t kind;                            /* enum logtarget_kind */
	struct log_layout layout;
	char file[LOGTARGET_PATH_MAX];            /* LOGTARGET_FILE; else "" */
	char syslog_socket[LOGTARGET_SOCKET_MAX]; /* of any kind */
};

/* Texts end, paths are absolute, the rest is in its range. */
bool logtarget_valid(const struct logtarget *target);

/*
 * A descriptor on it: a regular file (append, made 0640, no
 * symbolic link), a duplicate of stdout or stderr, or a connected socket of
 * syslog or the journal. -1: logtarget_why().
 */
int logtarget_open(const struct logtarget *target);
/* A regular file, as above. -1: logtarget_why(). */
int logtarget_open_file(const char *path);
/*
 * The same of a file that only the control socket named: one directly in
 * `dir`, which is root's alone to write; a new file, or one of root's that has
 * no other name. -1: errno, EPERM when it is none of these.
 */
int logtarget_open_in(const struct logtarget *target, const char *dir);
/* The sockets where a syslog is looked for, beside the configured one. */
bool logtarget_is_syslog(const char *path);
const char *logtarget_name(const struct logtarget *target);
/* What the failed logtarget_open() met; the errno it left must still be. */
const char *logtarget_why(void);
/*
 * What records go to while the target cannot be opened: stderr, or, where
 * nobody would see that, syslog. *what names it.
 */
int logtarget_stand_in(const struct logtarget *target, bool background,
    struct log_layout *layout, const char **what);
/*
 * A restarted syslog has a new socket under the old name. The descriptor is
 * shared by all our processes, and only the parent may connect it anew.
 */
void logtarget_refresh(const struct logtarget *target, int fd);

#endif
