#include "base/port.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

#define QUEUE_BYTES_MAX (8 * 1024 * 1024)
#define QUEUE_COUNT_MAX 16384
#define MESSAGES_PER_WAKE 32
#define WAKE_NS 4000000u     /* of the processor */
#define FDS_SEEN_MAX 16

const char port_peer_gone[] = "closed by the peer";

/* errno of a socket: a peer that left what we sent unread resets it. */
static const char *
socket_error(void)
{
	return errno == ECONNRESET || errno == EPIPE ? port_peer_gone :
	    strerror(errno);
}

/* A message the socket did not take yet. */
struct packet {
	STAILQ_ENTRY(packet) next;
	size_t size;
	int fd;          /* owned, or -1 */
	char body[];
};

struct port {
	int fd;          /* -1 once closed */
	const struct port_rule *rules;
	struct port_handlers handlers;
	void *arg;
	struct event *readable;
	struct event *writable;
	struct event *retry;      /* the kernel was short of something */
	STAILQ_HEAD(, packet) queue;
	size_t queued;
	size_t queued_bytes;
	const char *broken;       /* sending failed; told from on_readable */
	bool *freed;              /* set when a handler frees the port */
};

/* What one recvmsg(2) brought; descriptors are ours to close. */
struct arrival {
	size_t size;
	int flags;
	int fds[FDS_SEEN_MAX];
	size_t fds_n;
};

/* Shared by all ports: a body is borrowed during one handler call only. */
static alignas(max_align_t) char inbox[PORT_MESSAGE_MAX];

static void on_readable(evutil_socket_t, short, void *);
static void on_writable(evutil_socket_t, short, void *);

struct port *
port_new(struct event_base *base, int fd, const struct port_rule *rules,
    const struct port_handlers *handlers, void *arg)
{
	struct port *port = xcalloc(1, sizeof(*port));

	port->fd = fd;
	port->rules = rules;
	port->handlers = *handlers;
	port->arg = arg;
	STAILQ_INIT(&port->queue);
	if (evutil_make_socket_nonblocking(fd) == -1 ||
	    evutil_make_socket_closeonexec(fd) == -1)
		log_fatal("gaol.base", "link %d: %s", fd, strerror(errno));
	port->readable = event_new(base, fd, EV_READ | EV_PERSIST,
	    on_readable, port);
	port->writable = event_new(base, fd, EV_WRITE, on_writable, port);
	port->retry = evtimer_new(base, on_writable, port);
	if (port->readable == NULL || port->writable == NULL ||
	    port->retry == NULL || event_add(port->readable, NULL) == -1)
		log_fatal("gaol.base", "link %d: no event", fd);
	return port;
}

static void
packet_free(struct packet *packet)
{
	if (packet->fd != -1)
		close(packet->fd);
	free(packet);
}

static void
drop_first(struct port *port)
{
	struct packet *packet = STAILQ_FIRST(&port->queue);

	STAILQ_REMOVE_HEAD(&port->queue, next);
	port->queued--;
	port->queued_bytes -= packet->size;
	packet_free(packet);
}

/* Everything but the struct itself, which the owner frees. */
static void
shut(struct port *port)
{
	struct event **events[] = { &port->readable, &port->writable,
		&port->retry };
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (*events[i] != NULL) {
			event_free(*events[i]);
			*events[i] = NULL;
		}
	while (!STAILQ_EMPTY(&port->queue))
		drop_first(port);
	if (port->fd != -1)
		close(port->fd);
	port->fd = -1;
}

void
port_free(struct port *port)
{
	if (port == NULL)
		return;
	shut(port);
	if (port->freed != NULL)
		*port->freed = true;
	free(port);
}

/* The port may be gone when this returns. */
static void
port_close(struct port *port, const char *why)
{
	shut(port);
	port->handlers.closed(why, port->arg);
}

static int
send_now(const struct port *port, const void *body, size_t size, int fd)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)body, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (fd != -1) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(port->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

/*
 * After a failed send: is it worth trying again? The kernel's own shortages
 * (ETOOMANYREFS: too many descriptors in flight) are not announced by the
 * socket becoming writable, hence the timer.
 */
static bool
wait_for_room(struct port *port)
{
	static const struct timeval soon = { 0, 20000 };

	switch (errno) {
	case EAGAIN:
		event_add(port->writable, NULL);
		return true;
	case ENOBUFS:
	case ENOMEM:
	case ETOOMANYREFS:
		event_add(port->retry, &soon);
		return true;
	}
	return false;
}

/*
 * port_send() may be deep inside its caller, who does not expect `closed` to
 * run there: the loop delivers it, behind what the peer still had to say.
 */
static void
break_later(struct port *port, const char *why)
{
	port->broken = why;
	while (!STAILQ_EMPTY(&port->queue))
		drop_first(port);
	event_active(port->readable, EV_READ, 0);
}

static int
enqueue(struct port *port, const void *body, size_t size, int fd)
{
	struct packet *packet;

	if (port->queued >= QUEUE_COUNT_MAX ||
	    port->queued_bytes + size > QUEUE_BYTES_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	packet = xmalloc(sizeof(*packet) + size);
	packet->size = size;
	packet->fd = -1;
	memcpy(packet->body, body, size);
	if (fd != -1) {
		packet->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (packet->fd == -1) {
			packet_free(packet);
			errno = ENOBUFS;
			return -1;
		}
	}
	STAILQ_INSERT_TAIL(&port->queue, packet, next);
	port->queued++;
	port->queued_bytes += size;
	return 0;
}

int
port_send(struct port *port, const void *body, size_t size, int fd)
{
	assert(size >= sizeof(uint32_t) && size <= PORT_MESSAGE_MAX);
	if (port->fd == -1 || port->broken != NULL) {
		errno = EPIPE;
		return -1;
	}
	if (!STAILQ_EMPTY(&port->queue))
		return enqueue(port, body, size, fd);
	if (send_now(port, body, size, fd) == 0)
		return 0;
	if (wait_for_room(port))
		return enqueue(port, body, size, fd);
	break_later(port, socket_error());
	errno = EPIPE;
	return -1;
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct port *port = arg;
	struct packet *packet;

	(void)fd;
	(void)what;
	while ((packet = STAILQ_FIRST(&port->queue)) != NULL) {
		if (send_now(port, packet->body, packet->size, packet->fd) ==
		    -1) {
			if (!wait_for_room(port))
				break_later(port, socket_error());
			return;
		}
		drop_first(port);
	}
}

size_t
port_queued(const struct port *port)
{
	return port->queued;
}

static void
take_fds(struct arrival *in, struct msghdr *msg)
{
	struct cmsghdr *c;
	size_t n, i;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			assert(in->fds_n < FDS_SEEN_MAX);
			in->fds[in->fds_n++] = fd;
		}
	}
}

static int
receive(const struct port *port, struct arrival *in)
{
	alignas(struct cmsghdr) char
	    control[CMSG_SPACE(FDS_SEEN_MAX / 2 * sizeof(int))];
	struct iovec iov = { inbox, sizeof(inbox) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(port->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	in->size = (size_t)n;
	in->flags = msg.msg_flags;
	in->fds_n = 0;
	take_fds(in, &msg);
	return 0;
}

/* NULL and the number of records, or what is wrong with the message. */
static const char *
check(const struct port_rule *rules, const struct arrival *in,
    uint32_t *type, size_t *records)
{
	const struct port_rule *r;
	size_t body;

	if (in->size == 0 && in->fds_n == 0)
		return port_peer_gone;
	if ((in->flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return "a message was truncated";
	if (in->size < sizeof(*type))
		return "a message without a type";
	memcpy(type, inbox, sizeof(*type));
	for (r = rules; r->head != 0 && r->type != *type; r++)
		;
	if (r->head == 0)
		return "a message of unknown type";
	if (in->fds_n != (r->fd ? 1 : 0))
		return "a message with a wrong number of descriptors";
	*records = 0;
	if (in->size < r->head)
		return "a message of wrong size";
	body = in->size - r->head;
	if (r->record == 0)
		return body == 0 ? NULL : "a message of wrong size";
	*records = body / r->record;
	if (body % r->record != 0 || *records == 0 || *records > r->max)
		return "a message of wrong size";
	return NULL;
}

/* False when no more may be read: the port is closed or gone. */
static bool
deliver(struct port *port, struct arrival *in)
{
	bool freed = false;
	uint32_t type = 0;
	size_t records = 0;
	const char *wrong;

	wrong = check(port->rules, in, &type, &records);
	if (wrong != NULL) {
		while (in->fds_n > 0)
			close(in->fds[--in->fds_n]);
		port_close(port, wrong);
		return false;
	}
	port->freed = &freed;
	port->handlers.message(type, inbox, records,
	    in->fds_n == 1 ? in->fds[0] : -1, port->arg);
	if (freed)
		return false;
	port->freed = NULL;
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct port *port = arg;
	struct arrival in;
	uint64_t begun = 0;
	unsigned i;

	(void)fd;
	(void)what;
	for (i = 0; i < MESSAGES_PER_WAKE; i++) {
		/* Where one comes alone, as mostly, nobody asks for the time. */
		if (i == 1)
			begun = clock_cpu_ns();
		else if (i > 1 && clock_cpu_ns() - begun > WAKE_NS)
			break;
		if (receive(port, &in) == -1) {
			if (errno != EAGAIN)
				port_close(port, socket_error());
			else if (port->broken != NULL)
				port_close(port, port->broken);
			return;
		}
		if (!deliver(port, &in))
			return;
	}
	if (port->broken != NULL)
		event_active(port->readable, EV_READ, 0);
}
