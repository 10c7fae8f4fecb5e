/*
 * A port: one end of a link between two processes of ours. Messages are fixed
 * structs over an AF_UNIX SOCK_SEQPACKET pair: the kernel keeps boundaries,
 * the receiver checks the exact size against a table and closes the link on
 * anything else (a broken or hijacked peer, never a reason to crash).
 * Descriptors travel by SCM_RIGHTS, at most one a message.
 */
#ifndef GAOL_BASE_PORT_H
#define GAOL_BASE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct port;

/* What one message type must look like; the table ends with size 0. */
struct port_rule {
	uint32_t type;
	uint32_t head;      /* bytes of the fixed part, the type included */
	uint32_t record;    /* bytes of one record behind it, or 0 */
	uint32_t max;       /* most records; 1..max must be there if record > 0 */
	bool fd;            /* must (true) or must not carry a descriptor */
	const char *name;   /* for logs */
};

#define PORT_MESSAGE_MAX (64 * 1024)

struct port_handlers {
	/*
	 * A message that passed its rule: type, the whole struct, the number
	 * of records behind its head, the descriptor (now the handler's) or
	 * -1. It may free the port.
	 */
	void (*message)(uint32_t type, const void *body, size_t records,
	    int fd, void *arg);
	/*
	 * The peer is gone (why is port_peer_gone) or broke the rules (why, for
	 * the log). Once.
	 */
	void (*closed)(const char *why, void *arg);
};

extern const char port_peer_gone[];

/* Takes over fd and makes it non-blocking. `rules` must outlive the port. */
struct port *port_new(struct event_base *base, int fd,
    const struct port_rule *rules, const struct port_handlers *handlers,
    void *arg);
void port_free(struct port *port);   /* closes fd; NULL is a no-op */
/*
 * Sends body (whose first four bytes are the type) and, unless -1, a
 * duplicate of fd, which stays the caller's. What the socket does not take
 * is queued (bounded). 0, or -1: ENOBUFS queue full, EPIPE link closed (the
 * loop calls `closed` if it has not yet; never from inside port_send).
 */
int port_send(struct port *port, const void *body, size_t size, int fd);
size_t port_queued(const struct port *port);   /* messages */

#endif
