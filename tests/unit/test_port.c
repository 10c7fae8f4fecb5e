#include "base/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct plain { uint32_t type, value; };
struct record { uint64_t a, b; };
struct many { uint32_t type, zero; struct record records[4000]; };

enum { PLAIN = 1, WITH_FD, MANY, GROWN };

static const struct port_rule rules[] = {
	{ PLAIN, sizeof(struct plain), 0, 0, false, "plain" },
	{ WITH_FD, sizeof(struct plain), 0, 0, true, "with fd" },
	{ MANY, sizeof(struct plain), sizeof(struct record), 4000, false,
	    "many" },
	{ 0 },
};

/* What one side heard. */
struct side {
	struct port *port;
	unsigned messages;
	uint32_t type, value;
	size_t records;
	int fd;
	unsigned closed;
	char why[128];
	bool free_in_message;
	bool free_in_closed;
	unsigned out_of_order;
};

static struct event_base *base;
static struct side a, b;
static int raw;      /* the other end of a.port, in tests of bad peers */
static int fds_before;

static int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
on_message(uint32_t type, const void *body, size_t records, int fd, void *arg)
{
	struct side *side = arg;
	const struct plain *plain = body;

	if (side->messages > 0 && plain->value != side->value + 1)
		side->out_of_order++;
	side->messages++;
	side->type = type;
	side->value = plain->value;
	side->records = records;
	if (side->fd != -1)
		close(side->fd);
	side->fd = fd;
	if (side->free_in_message) {
		port_free(side->port);
		side->port = NULL;
	}
}

static void
on_closed(const char *why, void *arg)
{
	struct side *side = arg;

	side->closed++;
	snprintf(side->why, sizeof(side->why), "%s", why);
	if (side->free_in_closed) {
		port_free(side->port);
		side->port = NULL;
	}
}

static const struct port_handlers handlers = { on_message, on_closed };

static void
pump(void)
{
	int i;

	for (i = 0; i < 50; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	fds_before = count_fds();
	base = event_base_new();
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
	a = (struct side){ .fd = -1 };
	b = a;
	a.port = port_new(base, fds[0], rules, &handlers, &a);
	b.port = port_new(base, fds[1], rules, &handlers, &b);
	raw = -1;
	return 0;
}

/* Like setup, but the peer of `a` is a bare socket. */
static int
setup_raw(void **state)
{
	int fds[2];

	setup(state);
	port_free(b.port);
	b.port = NULL;
	port_free(a.port);
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
	a.port = port_new(base, fds[0], rules, &handlers, &a);
	raw = fds[1];
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	port_free(a.port);
	port_free(b.port);
	if (a.fd != -1)
		close(a.fd);
	if (b.fd != -1)
		close(b.fd);
	if (raw != -1)
		close(raw);
	event_base_free(base);
	/* Whatever a peer did, no descriptor may stay behind. */
	return count_fds() == fds_before ? 0 : -1;
}

/* A message of `size` zero bytes but the type, with `fds_n` descriptors. */
static void
send_raw(uint32_t type, size_t size, size_t fds_n)
{
	static char body[PORT_MESSAGE_MAX + 64];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(32 * sizeof(int))];
	struct iovec iov = { body, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	size_t i;

	memset(body, 0, sizeof(body));
	memcpy(body, &type, sizeof(type));
	if (fds_n > 0) {
		memset(control, 0, sizeof(control));
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(fds_n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds_n * sizeof(int));
		for (i = 0; i < fds_n; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &raw,
			    sizeof(int));
	}
	assert_int_equal(sendmsg(raw, &msg, MSG_NOSIGNAL), size);
}

static void
test_messages(void **state)
{
	struct plain plain = { PLAIN, 7 };
	static struct many many = { MANY, 8, { { 1, 2 } } };

	(void)state;
	assert_int_equal(port_send(a.port, &plain, sizeof(plain), -1), 0);
	pump();
	assert_int_equal(b.messages, 1);
	assert_int_equal(b.type, PLAIN);
	assert_int_equal(b.value, 7);
	assert_int_equal(b.records, 0);
	assert_int_equal(b.fd, -1);
	assert_int_equal(port_send(a.port, &many, sizeof(many), -1), 0);
	pump();
	assert_int_equal(b.records, 4000);
	assert_int_equal(port_send(a.port, &many,
	    offsetof(struct many, records[1]), -1), 0);
	pump();
	assert_int_equal(b.records, 1);
	assert_int_equal(b.messages, 3);
	assert_int_equal(a.closed + b.closed, 0);
}

static void
test_descriptor(void **state)
{
	struct plain plain = { WITH_FD, 0 };
	struct stat sent, got;
	int fd = open("/proc/self/status", O_RDONLY);

	(void)state;
	assert_int_equal(port_send(b.port, &plain, sizeof(plain), fd), 0);
	assert_int_equal(fstat(fd, &sent), 0);
	close(fd);
	pump();
	assert_int_equal(a.messages, 1);
	assert_true(a.fd >= 0);
	assert_int_equal(fstat(a.fd, &got), 0);
	assert_true(sent.st_ino == got.st_ino);
	assert_int_equal(fcntl(a.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* More than the socket takes: queued in order, descriptors too. */
static void
test_queue(void **state)
{
	struct plain plain = { PLAIN, 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		plain.type = i % 10 == 9 ? WITH_FD : PLAIN;
		plain.value = i;
		assert_int_equal(port_send(a.port, &plain, sizeof(plain),
		    plain.type == WITH_FD ? STDERR_FILENO : -1), 0);
	}
	assert_true(port_queued(a.port) > 0);
	while (port_queued(a.port) > 0)
		pump();
	pump();
	assert_int_equal(b.messages, 5000);
	assert_int_equal(b.out_of_order, 0);
	assert_int_equal(a.closed + b.closed, 0);
}

static void
test_queue_bound(void **state)
{
	static struct many many = { MANY, 0, { { 0, 0 } } };
	struct plain plain = { PLAIN, 0 };
	unsigned sent = 0;

	(void)state;
	while (port_send(a.port, &many, sizeof(many), -1) == 0) {
		sent++;
		many.zero++;
		assert_in_range(sent, 1, 1000);
	}
	assert_int_equal(errno, ENOBUFS);
	assert_in_range(sent, 100, 1000);
	while (port_queued(a.port) > 0)
		pump();
	pump();
	assert_int_equal(b.messages, sent);
	assert_int_equal(b.out_of_order, 0);
	plain.value = many.zero;
	assert_int_equal(port_send(a.port, &plain, sizeof(plain), -1), 0);
	pump();
	assert_int_equal(b.messages, sent + 1);
}

static void
test_peer_gone(void **state)
{
	struct plain plain = { PLAIN, 5 };

	(void)state;
	assert_int_equal(port_send(b.port, &plain, sizeof(plain), -1), 0);
	port_free(b.port);
	b.port = NULL;
	/* Not told from inside port_send, and not before the last message. */
	assert_int_equal(port_send(a.port, &plain, sizeof(plain), -1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(a.closed, 0);
	pump();
	assert_int_equal(a.messages, 1);
	assert_int_equal(a.closed, 1);
	assert_int_equal(port_send(a.port, &plain, sizeof(plain), -1), -1);
	assert_int_equal(errno, EPIPE);
	pump();
	assert_int_equal(a.closed, 1);
}

static void
test_closed_by_peer(void **state)
{
	(void)state;
	port_free(b.port);
	b.port = NULL;
	a.free_in_closed = true;
	pump();
	assert_int_equal(a.closed, 1);
	assert_string_equal(a.why, "closed by the peer");
	assert_null(a.port);
}

/* A peer that stops reading but keeps its end open. */
static void
test_half_closed(void **state)
{
	struct plain plain = { PLAIN, 5 };

	(void)state;
	shutdown(raw, SHUT_RD);
	send_raw(PLAIN, sizeof(plain), 0);
	assert_int_equal(port_send(a.port, &plain, sizeof(plain), -1), -1);
	assert_int_equal(errno, EPIPE);
	pump();
	assert_int_equal(a.messages, 1);
	assert_int_equal(a.closed, 1);
}

/* Nothing will ever be readable here: the failed send must end the link. */
static void
test_half_closed_silent(void **state)
{
	struct plain plain = { PLAIN, 5 };

	(void)state;
	pump();
	shutdown(raw, SHUT_RD);
	assert_int_equal(port_send(a.port, &plain, sizeof(plain), -1), -1);
	assert_int_equal(a.closed, 0);
	pump();
	assert_int_equal(a.closed, 1);
}

static void
test_free_in_message(void **state)
{
	struct plain plain = { PLAIN, 0 };

	(void)state;
	port_send(a.port, &plain, sizeof(plain), -1);
	port_send(a.port, &plain, sizeof(plain), -1);
	b.free_in_message = true;
	pump();
	assert_int_equal(b.messages, 1);
	assert_null(b.port);
	assert_int_equal(a.closed, 1);
	assert_int_equal(b.closed, 0);
}

static void
test_bad_peer(void **state)
{
	static const struct {
		uint32_t type;
		size_t size, fds;
		const char *why;
	} cases[] = {
		{ PLAIN, 7, 0, "size" }, { PLAIN, 9, 0, "size" },
		{ PLAIN, 4, 0, "size" }, { PLAIN, 3, 0, "type" },
		{ PLAIN, 0, 0, "closed" }, { PLAIN, 0, 1, "type" },
		{ GROWN, 8, 0, "unknown" }, { 0, 8, 0, "unknown" },
		{ PLAIN, 8, 1, "descriptors" },
		{ WITH_FD, 8, 0, "descriptors" },
		{ WITH_FD, 8, 2, "descriptors" },
		{ WITH_FD, 8, 8, "descriptors" },
		{ WITH_FD, 8, 9, "truncated" },
		{ WITH_FD, 8, 32, "truncated" },
		{ MANY, 8, 0, "size" }, { MANY, 8 + 15, 0, "size" },
		{ MANY, 8 + 17, 0, "size" },
		{ MANY, 8 + 16 * 4001, 0, "size" },
		{ MANY, PORT_MESSAGE_MAX + 8, 0, "truncated" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (i > 0) {
			assert_int_equal(teardown(state), 0);
			setup_raw(state);
		}
		send_raw(cases[i].type, cases[i].size, cases[i].fds);
		send_raw(PLAIN, sizeof(struct plain), 0);
		pump();
		if (a.messages != 0 || a.closed != 1 ||
		    strstr(a.why, cases[i].why) == NULL)
			fail_msg("case %zu: %u messages, closed %u: %s", i,
			    a.messages, a.closed, a.why);
	}
}

/* One wake is bounded: other events get their turn in a flood. */
static void
test_bounded_wake(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++)
		send_raw(PLAIN, sizeof(struct plain), 0);
	event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	assert_in_range(a.messages, 1, 50);
	pump();
	assert_int_equal(a.messages, 100);
}

#define PORT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define RAW_TEST(f) cmocka_unit_test_setup_teardown(f, setup_raw, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PORT_TEST(test_messages),
		PORT_TEST(test_descriptor),
		PORT_TEST(test_queue),
		PORT_TEST(test_queue_bound),
		PORT_TEST(test_peer_gone),
		PORT_TEST(test_closed_by_peer),
		PORT_TEST(test_free_in_message),
		RAW_TEST(test_half_closed),
		RAW_TEST(test_half_closed_silent),
		RAW_TEST(test_bad_peer),
		RAW_TEST(test_bounded_wake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
