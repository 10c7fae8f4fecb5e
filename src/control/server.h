/*
 * The control socket. One request is one JSON array of strings, ended by a
 * newline; the reply is one JSON object and a newline:
 *	{"ok": PAYLOAD}   or   {"error": {"type": "…", "message": "…"}}
 * (A first byte that is no '[' is fail2ban's pickle: the server issue's.)
 * Every verb is checked against the peer's uid and groups (SO_PEERCRED).
 * A bad message ends that client, never the daemon; clients, request size and
 * idle time are bounded.
 */
#ifndef GAOL_CONTROL_SERVER_H
#define GAOL_CONTROL_SERVER_H

#include <stdint.h>

#include "control/command.h"

#define SERVER_CLIENTS_MAX 64
#define SERVER_REQUEST_MAX (1u << 20)

struct event_base;
struct server;

struct server_options {
	int fd;                          /* bound and listening; taken over */
	const struct command *commands;  /* ended by name NULL */
	int64_t read_gid, ban_gid;       /* groups besides root; -1: none */
	void *arg;                       /* for the handlers */
};

struct server *server_new(struct event_base *base,
    const struct server_options *options);
/* Open requests are answered with "shutting down". */
void server_free(struct server *s);

struct server_counters { uint64_t clients, requests, refused, broken; };
void server_counters(const struct server *s, struct server_counters *out);

#endif
