/*
 * The control socket. One request is one JSON array, ended by a newline; the
 * reply is one JSON object and a newline:
 *	{"ok": PAYLOAD}   or   {"error": {"type": "…", "message": "…"}}
 * A first byte that begins a pickle is fail2ban's own protocol: a pickled list
 * and <F2B_END_COMMAND>, the reply a pickled (0, payload) or (1, exception)
 * with the same end, in one write; a bad pickle is answered with a pickled
 * str "ERROR: …". <F2B_CLOSE_COMMAND><F2B_END_COMMAND> is a client's leave.
 * Every verb is checked against the peer's uid and groups (SO_PEERCRED).
 * A bad message ends that client at most, never the daemon.
 *
 * Requests of one client run in order, the next one only after the reply of
 * the one before has been taken: a client that does not read costs one reply,
 * and never makes the loop wait. Besides replies, everything is bounded too:
 * a new client beyond SERVER_CLIENTS_MAX displaces the one that has been idle
 * longest (or is refused when all wait for an answer of ours), and who has
 * not taken its reply and handed in its next request in time is cut off.
 */
#ifndef GAOL_CONTROL_SERVER_H
#define GAOL_CONTROL_SERVER_H

#include <stdint.h>

#include "control/command.h"

#define SERVER_CLIENTS_MAX 64
#define SERVER_REQUEST_MAX (1u << 20)   /* bytes, the newline included */
#define SERVER_REPLY_MAX (64u << 20)    /* one; a longer one is an error */
#define SERVER_REPLIES_MAX (128u << 20) /* all that wait to be read */
#define SERVER_OPEN_MAX 256   /* commands of groups without answer, also of
                                 who has gone: each keeps what it made */
#define SERVER_GONE_MAX 64    /* clients that have gone, whose commands inside
                                 others are still run */
#define SERVER_IDLE_MS 30000

struct event_base;
struct peer;
struct server;

struct server_options {
	int fd;                          /* bound and listening; taken over */
	const struct command *commands;  /* ended by name NULL */
	int64_t read_gid, ban_gid;       /* groups besides root; -1: none */
	void *arg;                       /* for the handlers */
	int idle_ms;                     /* 0: SERVER_IDLE_MS */
	/* Who the client is; NULL: peer_load (control/peer.h). */
	int (*load_peer)(int fd, struct peer *out);
};

/*
 * Options are copied, the command table is not. NULL with errno: bad fd.
 * The process must ignore SIGPIPE (clients go away in the middle of a reply).
 */
struct server *server_new(struct event_base *base,
    const struct server_options *options);
/*
 * Open requests are answered with "shutting down"; replies go out as far as
 * the sockets take them now. A handler that kept a request still ends it, at
 * any time later. NULL is a no-op.
 */
void server_free(struct server *s);

struct server_counters {
	uint64_t clients;     /* accepted so far */
	uint64_t requests;    /* handed to a command */
	uint64_t refused;     /* requests without the right; clients displaced
	                         or turned away */
	uint64_t broken;      /* clients ended for what they sent or did not */
};
void server_counters(const struct server *s, struct server_counters *out);

#endif
