/*
 * Which daemon a client's command is for. What the command line does not say
 * stands in fail2ban.conf of the configuration directory.
 */
#ifndef GAOL_TOOLS_TARGET_H
#define GAOL_TOOLS_TARGET_H

#include <jansson.h>

#include "base/buf.h"
#include "control/client.h"

#define TARGET_TIMEOUT 30        /* seconds */
#define TARGET_TIMEOUT_MAX 86400
#define TARGET_SOCKET "/run/gaol/gaol.sock"
#define TARGET_PIDFILE "/run/gaol/gaol.pid"

struct target {
	/* As given on the command line; NULL, 0: not given. */
	const char *dir;
	const char *socket_given;
	const char *pidfile_given;
	int timeout;
	/* As they are; owned. */
	char *socket;
	char *pidfile;
};

/* Fills socket and pidfile. 0, or -1 with what is wrong in *why. */
int target_find(struct target *t, struct buf *why);
void target_fini(struct target *t);
/* client_request() to this daemon. */
json_t *target_ask(const struct target *t, size_t argc,
    const char *const *argv, char type[CLIENT_TYPE_MAX], struct buf *error);

#endif
