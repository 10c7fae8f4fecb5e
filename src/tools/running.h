/* A daemon that runs, found by its pid file: fail2ban's or ours. */
#ifndef GAOL_TOOLS_RUNNING_H
#define GAOL_TOOLS_RUNNING_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct running {
	enum running_kind {
		RUNNING_NONE, RUNNING_FAIL2BAN, RUNNING_GAOLD,
	} kind;
	pid_t pid;
	int fd;        /* of that process, whoever gets its number later */
	char *unit;    /* systemd's that holds it; NULL: none */
};

/*
 * RUNNING_NONE when there is no such process, or the file's number belongs to
 * another program by now. 0, or -1 with *why: it cannot be told.
 */
int running_find(struct running *r, const char *pidfile, struct buf *why);
void running_fini(struct running *r);
/*
 * Asks it to end, through systemd when that started it, and calls meanwhile
 * every few milliseconds until it has. 0, or -1 with *why: it still runs.
 */
int running_stop(struct running *r, int seconds, void (*meanwhile)(void *),
    void *arg, struct buf *why);
/* Has it a child, a command that it runs just now? */
bool running_has_child(const struct running *r);
/* systemctl VERB UNIT; 0, or -1 with *why. */
int running_systemctl(const char *verb, const char *unit, struct buf *why);
/* Is systemd in charge here, and has it this unit? */
bool running_has_unit(const char *unit);

#endif
