/* The real fail2ban, started and questioned through its own client. */
#ifndef GAOL_TOOLS_UPSTREAM_H
#define GAOL_TOOLS_UPSTREAM_H

#include "base/buf.h"
#include "config/config.h"

#define UPSTREAM_UNIT "fail2ban.service"

/* fail2ban-client, and not ours of that name; the caller's, or NULL. */
char *upstream_client(void);
/* Starts it on this configuration and waits until it answers. 0 or -1. */
int upstream_start(const char *client, const struct config *config,
    struct buf *why);
/*
 * Waits until the jails have as many bans as `bans` says (of each jail of the
 * configuration; fewer when the number does not rise any more: some had ended
 * or are ignored), and no command of theirs runs any more. 0, or -1 with *why.
 */
int upstream_wait_bans(const char *client, const struct config *config,
    const char *pidfile, const size_t *bans, int seconds, struct buf *why);

#endif
