/*
 * The rule tables of the links: every type has one rule in one direction, and
 * a link takes exactly the sizes and descriptors the rule says.
 */
#include "process/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct port_rule *const tables[] = {
	wire_to_parent, wire_to_child, wire_to_engine, wire_to_warden,
	wire_to_runner, wire_of_runner, wire_to_resolver, wire_of_resolver
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static void
each_type_has_one_rule(void **state)
{
	unsigned seen[128] = { 0 };
	unsigned n = 0;

	(void)state;
	for (size_t t = 0; t < TABLES; t++)
		for (const struct port_rule *r = tables[t]; r->head; r++) {
			assert_true(r->type > 0 && r->type < 128);
			assert_int_equal(++seen[r->type], 1);
			assert_non_null(r->name);
			assert_memory_equal(r->name, "WIRE_", 5);
			n++;
		}
	for (uint32_t type = WIRE_GIVE; type <= WIRE_TARGET_SET; type++)
		assert_int_equal(seen[type], 1);
	for (uint32_t type = WIRE_CONFIG; type <= WIRE_IGNORE_ERROR; type++)
		assert_int_equal(seen[type], 1);
	for (uint32_t type = WIRE_LOG_OPEN; type <= WIRE_LOG_CLOSE; type++)
		assert_int_equal(seen[type], 1);
	for (uint32_t type = WIRE_RUN_CONFIG; type <= WIRE_RUN_IPV6; type++)
		assert_int_equal(seen[type], 1);
	for (uint32_t type = WIRE_RUN_STATE; type <= WIRE_RUN_DONE; type++)
		assert_int_equal(seen[type], 1);
	for (uint32_t type = WIRE_NAME_ASK; type <= WIRE_NAME_NOT; type++)
		assert_int_equal(seen[type], 1);
	assert_int_equal(n, 13 + 21 + 12 + 8 + 2 + 4);
}

static void
the_largest_message_fits(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLES; t++)
		for (const struct port_rule *r = tables[t]; r->head; r++) {
			assert_true(r->head >= 8 && r->head % 4 == 0);
			assert_true((r->record == 0) == (r->max == 0));
			assert_true(r->head + (size_t)r->record * r->max <=
			    PORT_MESSAGE_MAX);
		}
}

struct heard {
	unsigned messages, closed;
	uint32_t type;
	size_t records;
	int fd;
};

static void
on_message(uint32_t type, const void *body, size_t records, int fd, void *arg)
{
	struct heard *h = arg;

	(void)body;
	h->messages++;
	h->type = type;
	h->records = records;
	h->fd = fd;
}

static void
on_closed(const char *why, void *arg)
{
	struct heard *h = arg;

	(void)why;
	h->closed++;
}

/* One message over a real link; what the other side made of it. */
static struct heard
offer(const struct port_rule *table, uint32_t type, size_t size, int fd)
{
	static const struct port_handlers handlers = { on_message, on_closed };
	struct event_base *base = event_base_new();
	struct heard h = { .fd = -1 };
	char cbuf[CMSG_SPACE(sizeof(int))] = { 0 };
	char *body = calloc(1, size + sizeof(type));
	struct iovec iov = { body, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct port *port;
	int ends[2];

	memcpy(body, &type, sizeof(type));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	port = port_new(base, ends[0], table, &handlers, &h);
	if (fd != -1) {
		struct cmsghdr *c;

		msg.msg_control = cbuf;
		msg.msg_controllen = sizeof(cbuf);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	assert_int_equal(sendmsg(ends[1], &msg, 0), (ssize_t)size);
	event_base_loop(base, EVLOOP_ONCE);
	if (h.fd != -1)
		close(h.fd);
	port_free(port);
	close(ends[1]);
	event_base_free(base);
	free(body);
	return h;
}

static void
assert_taken(const struct port_rule *table, const struct port_rule *r,
    size_t records, int fd)
{
	struct heard h = offer(table, r->type, r->head + records * r->record,
	    fd);

	assert_int_equal(h.messages, 1);
	assert_int_equal(h.closed, 0);
	assert_int_equal(h.type, r->type);
	assert_int_equal(h.records, records);
	assert_int_equal(h.fd != -1, fd != -1);
}

static void
assert_refused(const struct port_rule *table, uint32_t type, size_t size,
    int fd)
{
	struct heard h = offer(table, type, size, fd);

	assert_int_equal(h.messages, 0);
	assert_int_equal(h.closed, 1);
}

static void
check_sizes(const struct port_rule *table, const struct port_rule *r, int spare)
{
	int fd = r->fd ? spare : -1;
	int wrong = r->fd ? -1 : spare;
	size_t least = r->record ? 1 : 0;

	assert_taken(table, r, least, fd);
	assert_refused(table, r->type, r->head + least * r->record, wrong);
	assert_refused(table, r->type, r->head + least * r->record + 1, fd);
	assert_refused(table, r->type, r->head + least * r->record - 1, fd);
	assert_refused(table, r->type, sizeof(uint32_t), fd);
	if (r->record == 0)
		return;
	assert_taken(table, r, r->max, fd);
	assert_refused(table, r->type, r->head, fd);
	assert_refused(table, r->type,
	    r->head + (r->max + 1) * (size_t)r->record, fd);
}

static void
links_take_what_the_rules_say(void **state)
{
	int spare = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(spare >= 0);
	for (size_t t = 0; t < TABLES; t++)
		for (const struct port_rule *r = tables[t]; r->head; r++)
			check_sizes(tables[t], r, spare);
	close(spare);
}

/* An engine that talks as if it were a warden, or a parent. */
static void
links_refuse_other_directions(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLES; t++)
		for (size_t u = 0; u < TABLES; u++)
			for (const struct port_rule *r = tables[u]; r->head &&
			    t != u; r++)
				assert_refused(tables[t], r->type, r->head +
				    r->record, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_has_one_rule),
		cmocka_unit_test(the_largest_message_fits),
		cmocka_unit_test(links_take_what_the_rules_say),
		cmocka_unit_test(links_refuse_other_directions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
