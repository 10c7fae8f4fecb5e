/*
 * One connected client of the control socket, from accept to close, and the
 * requests it hands in. control/server.c keeps the list and the listening
 * socket; nobody else includes this.
 */
#ifndef GAOL_CONTROL_CONN_H
#define GAOL_CONTROL_CONN_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/strings.h"
#include "control/peer.h"
#include "control/request.h"
#include "control/server.h"
#include "control/work.h"

struct buf;
struct bufferevent;
struct event;

/*
 * conn is NULL when the client has gone before the answer, and always in a
 * request inside another. Commands inside one whose client has gone are run
 * to the end, as fail2ban runs them: for who it was.
 */
struct request {
	struct conn *conn;
	struct conns *all;        /* NULL in one inside, and without a server */
	LIST_ENTRY(request) gone; /* in all->gone, where conn is NULL */
	struct peer peer;         /* of a client that has gone */
	struct request *outer;
	request_done_fn *done;    /* of one inside */
	void *done_arg;
	enum request_form form;
	struct strings argv;
	size_t odd;               /* of one inside: request_odd_word() */
	const char *odd_type;
	size_t *open;             /* NULL: root's, or one inside */
	struct work *work;        /* its own, or that of one inside */
	bool has_inside;          /* there was one */
};

/*
 * A client is idle (request NULL, nothing in its output), read, busy (a command
 * has its request) or taking its reply (output).
 */
struct conn {
	TAILQ_ENTRY(conn) link;
	struct conns *all;
	struct bufferevent *bev;
	struct event *deadline;   /* armed unless busy */
	struct request *request;
	struct work *reading;     /* its next request: long, read in turns */
	struct peer peer;
	size_t scanned;           /* input known to hold no newline */
	size_t reply;             /* bytes counted in all->replies */
	bool closing;             /* ends once the output has left */
	bool eof;                 /* sends nothing any more */
};

/* What the clients of one server share. */
struct conns {
	struct event_base *base;
	struct server_options options;
	struct peer_policy policy;
	TAILQ_HEAD(, conn) list;   /* longest idle first */
	size_t n;
	LIST_HEAD(, request) gone; /* open, without their clients … */
	size_t gone_n;             /* … up to SERVER_GONE_MAX */
	size_t replies;            /* bytes of replies not yet taken */
	struct server_counters counters;
	/* Commands of groups that have no answer yet, and one for the server. */
	size_t *open;
	struct work_queue *work;
};

/* Takes over fd and what peer owns; the client is in the list. */
struct conn *conn_new(struct conns *all, int fd, const struct peer *peer);
/* Closes at once. A request that is open goes on without it. */
void conn_free(struct conn *c);
/* Ends the request with the reply, which is taken over. */
void conn_answer(struct request *r, struct buf *reply);
void conn_request_free(struct request *r);
/* The client's own, inside which r is, or r. */
struct request *conn_outermost(struct request *r);
#define CONN_READ_SHORT 16384   /* bytes of a pickle that is read at once */
/* A longer one, in turns; nothing more comes from the client meanwhile. */
void conn_long_read(struct conn *c, struct request *r, struct span text);
/* It has its words, or why not; its n bytes of the input go, and it runs. */
void conn_read(struct conn *c, struct request *r, size_t n, const char *why);
/*
 * Before the last conn_free: an open request is answered with "shutting
 * down", and what the socket takes without waiting is written.
 */
void conn_flush(struct conn *c);

/* --- conn_gone.c -------------------------------------------------------- */
/*
 * The client's request goes on without it, or, if it is in our hands, no further.
 */
void conn_gone_add(struct conn *c);
/* It has its answer. */
void conn_gone_leave(struct request *r);
/* No command is run any more for clients that have gone. */
void conn_gone_forget(struct conns *all);
/* One command less that has no answer; the last one frees the count. */
void conn_gone_drop(size_t *open);

#endif
