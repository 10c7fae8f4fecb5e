/*
 * Any bytes as a packet: a handler sees them only when they fit a rule, else
 * the link is closed. The first byte says how many descriptors go along.
 */
#include "base/port.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct port_rule rules[] = {
	{ 1, 8, 0, 0, false, "plain" },
	{ 2, 24, 0, 0, true, "descriptor" },
	{ 3, 16, 48, 10, false, "records" },
	{ 0x41414141, 4, 1, 100, true, "bytes" },
	{ 0 },
};

static const uint8_t *sent;
static size_t sent_size, sent_fds;
static unsigned messages, closed;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* Said differently than the port does it. */
static bool
fits(uint32_t type, size_t *records)
{
	*records = 0;
	switch (type) {
	case 1:
		return sent_size == 8 && sent_fds == 0;
	case 2:
		return sent_size == 24 && sent_fds == 1;
	case 3:
		for (*records = 1; *records <= 10; ++*records)
			if (sent_size == 16 + *records * 48)
				return sent_fds == 0;
		return false;
	case 0x41414141:
		*records = sent_size - 4;
		return *records >= 1 && *records <= 100 && sent_fds == 1;
	}
	return false;
}

static void
on_message(uint32_t type, const void *body, size_t records, int fd, void *arg)
{
	size_t expected;

	(void)arg;
	require(fits(type, &expected) && records == expected);
	require(memcmp(body, sent, sent_size) == 0);
	require(memcmp(body, &type, sizeof(type)) == 0);
	require((fd != -1) == (sent_fds == 1));
	if (fd != -1)
		close(fd);
	messages++;
}

static void
on_closed(const char *why, void *arg)
{
	(void)arg;
	require(why != NULL);
	closed++;
}

static void
send_packet(int socket)
{
	static _Alignas(struct cmsghdr) char
	    control[CMSG_SPACE(3 * sizeof(int))];
	const int fds[3] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO };
	struct iovec iov = { (void *)sent, sent_size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (sent_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sent_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sent_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, sent_fds * sizeof(int));
	}
	require(sendmsg(socket, &msg, 0) == (ssize_t)sent_size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct port_handlers handlers = { on_message,
		on_closed };
	static struct event_base *base;
	struct port *port;
	uint32_t type = 0;
	size_t records;
	int fds[2];

	if (size < 2 || size > 4096)
		return 0;
	if (base == NULL)
		base = event_base_new();
	sent_fds = data[0] % 4;
	sent = data + 1;
	sent_size = size - 1;
	messages = closed = 0;
	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) ==
	    0);
	port = port_new(base, fds[0], rules, &handlers, NULL);
	send_packet(fds[1]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	if (sent_size >= sizeof(type))
		memcpy(&type, sent, sizeof(type));
	require(messages + closed == 1);
	require((messages == 1) == fits(type, &records));
	port_free(port);
	close(fds[1]);
	return 0;
}
