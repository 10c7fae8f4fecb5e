/*
 * The warden with an engine that was taken over: whatever is said over the
 * real link, no address that must stay free is banned, no file that no jail
 * names is opened, and who breaks the rules finds the link closed. The
 * firewall is the one of tests, whose elements a dump shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdalign.h>
#include <sys/socket.h>

#include "base/log.h"
#include "process/role.h"
#include "process/warden.h"
#include "process/wire.h"
#include "random.h"
#include "tree.h"

static struct tree tree;
static struct event_base *base;
static struct warden *warden;
static struct role_options options;
static int parent_end, engine_end;
static alignas(16) char inbox[PORT_MESSAGE_MAX];

#define JAILS \
	"[DEFAULT]\nbantime = 1h\nignoreip = 192.0.2.0/24 2001:db8:1::/48\n" \
	"[one]\nenabled = true\nfilter = f\nlogpath = %s/log\nignoreip =\n" \
	"action = nftables[port=\"22\"]\n" \
	"[two]\nenabled = true\nfilter = f\nlogpath = %s/log\n" \
	"action = nftables[port=\"25\"]\n"

static void
spin(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* The next message, or 0 when none comes; -1 when the link is closed. */
static ssize_t
receive(int link, int *fd)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { inbox, sizeof(inbox) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;

	spin();
	n = recvmsg(link, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	*fd = -1;
	if (c != NULL)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return n;
}

static uint32_t
type_of(const void *message)
{
	uint32_t type;

	memcpy(&type, message, sizeof(type));
	return type;
}

/* Reads up to the first message of that type; false: it does not come. */
static bool
expect(uint32_t type, int *out)
{
	int fd;

	for (int i = 0; i < 100; i++) {
		ssize_t n = receive(engine_end, &fd);

		if (n == -1)
			return false;
		if (n > 0 && type_of(inbox) == type) {
			if (out != NULL)
				*out = fd;
			else if (fd != -1)
				close(fd);
			return true;
		}
		if (n > 0 && fd != -1)
			close(fd);
	}
	return false;
}

static void
say(const void *message, size_t size)
{
	assert_int_equal(send(engine_end, message, size, MSG_NOSIGNAL),
	    (ssize_t)size);
	spin();
}

static void
say_plain(uint32_t type)
{
	const struct wire_plain m = { .type = type };

	say(&m, sizeof(m));
}

static void
say_reload(const char *jail)
{
	struct wire_reload m = { .type = WIRE_RELOAD };

	memcpy(m.jail, jail, strlen(jail));
	say(&m, sizeof(m));
}

static void
say_config(uint32_t type, uint32_t generation)
{
	const struct wire_config m = { type, generation };

	say(&m, sizeof(m));
}

static bool
link_is_closed(void)
{
	int fd;

	for (int i = 0; i < 100; i++) {
		ssize_t n = receive(engine_end, &fd);

		if (n == -1)
			return true;
		if (n > 0 && fd != -1)
			close(fd);
	}
	return false;
}

static void
give_link(void)
{
	const struct wire_give m = {
		.type = WIRE_GIVE, .gift = GIFT_PEER,
	};
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)&m, sizeof(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &ends[1], sizeof(int));
	assert_int_equal(sendmsg(parent_end, &msg, 0), (ssize_t)sizeof(m));
	close(ends[1]);
	engine_end = ends[0];
	spin();
}

static int
setup(void **state)
{
	char jails[1024];
	int ends[2];

	(void)state;
	tree_make(&tree);
	snprintf(jails, sizeof(jails), JAILS, tree.dir, tree.dir);
	tree_write(&tree, "gaol.conf", "firewall = \"null\";\n");
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST> x$\n");
	tree_write(&tree, "jail.conf", jails);
	tree_write(&tree, "log", "");
	options = (struct role_options){ .role = ROLE_WARDEN, .dir = tree.dir,
		.share = ".", .single = true };
	base = event_base_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	parent_end = ends[0];
	warden = warden_new(base, ends[1], &options, true);
	assert_non_null(warden);
	give_link();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	warden_free(warden);
	event_base_free(base);
	close(parent_end);
	close(engine_end);
	tree_remove(&tree);
	return 0;
}

/* An honest start. */
static void
accept_first(void)
{
	int fd;

	assert_true(expect(WIRE_CONFIG, &fd));
	close(fd);
	say_config(WIRE_CONFIG_OK, 1);
	assert_true(expect(WIRE_FW_STATE, NULL));
}

static struct wire_fw_record
record(const char *net, uint32_t rule, int64_t seconds)
{
	struct wire_fw_record r = { .rule = rule, .seconds = seconds };
	static uint64_t cookie;

	assert_int_equal(addr_parse_net(span_of(net), &r.addr), 0);
	r.cookie = ++cookie;
	return r;
}

/* Sends one request and returns what the warden answers: errno or 0. */
static int
ask_done(uint32_t type, uint32_t generation, const struct wire_fw_record *r,
    uint32_t *refused)
{
	struct { struct wire_fw head; struct wire_fw_record r; } m = {
		.head = { .type = type, .generation = generation }, .r = *r,
	};
	const struct wire_fw_done *done;

	say(&m, sizeof(m));
	assert_true(expect(WIRE_FW_DONE, NULL));
	done = (const struct wire_fw_done *)(inbox + sizeof(struct wire_fw));
	assert_int_equal(done->cookie, r->cookie);
	if (refused != NULL)
		*refused = done->refused;
	return done->error;
}

static int
ask(uint32_t type, const struct wire_fw_record *r)
{
	return ask_done(type, 1, r, NULL);
}

static int
add(const char *net, uint32_t rule)
{
	struct wire_fw_record r = record(net, rule, 600);

	return ask(WIRE_FW_ADD, &r);
}

/* Elements in the firewall. */
static size_t
dump(void)
{
	size_t n = 0;
	int fd;

	say_plain(WIRE_FW_DUMP);
	for (int i = 0; i < 1000; i++) {
		ssize_t size = receive(engine_end, &fd);

		assert_int_not_equal(size, -1);
		if (size == 0)
			continue;
		if (fd != -1)
			close(fd);
		if (type_of(inbox) == WIRE_FW_ELEMENTS)
			n += ((size_t)size - sizeof(struct wire_fw)) /
			    sizeof(struct wire_fw_element);
		else if (type_of(inbox) == WIRE_FW_DUMPED)
			return n;
	}
	fail_msg("the dump does not end");
	return 0;
}

/* --- addresses ------------------------------------------------------------- */

static void
test_honest(void **state)
{
	(void)state;
	accept_first();
	assert_int_equal(add("198.51.100.7", 0), 0);
	assert_int_equal(add("2001:db8:2::7", 1), 0);
	assert_int_equal(add("203.0.113.0/24", 0), 0);
	assert_int_equal(dump(), 3);
}

static void
test_protected_addresses(void **state)
{
	static const char *const never[] = {
		"127.0.0.1", "127.3.2.1", "::1", "192.0.2.1", "192.0.2.0/25",
		"192.0.0.0/16", "2001:db8:1::1", "2001:db8::/32", "127.0.0.0/8",
	};
	static const char *const senseless[] = {
		"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1",
		"0.0.0.0/0", "::/0", "128.0.0.0/1",
	};

	(void)state;
	accept_first();
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_int_equal(add(never[i], 0), EACCES);
	for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++)
		assert_int_equal(add(senseless[i], 0), EINVAL);
	assert_int_equal(add("8.0.0.0/7", 0), ERANGE);
	assert_int_equal(add("2a00::/15", 0), ERANGE);
	assert_int_equal(dump(), 0);
}

/* A mapped address is its IPv4 one, and the engine knows only that form. */
static void
test_addresses_of_no_normal_form(void **state)
{
	struct wire_fw_record r;

	(void)state;
	accept_first();
	r = record("198.51.100.0/24", 0, 600);
	r.addr.b[3] = 9;
	assert_int_equal(ask(WIRE_FW_ADD, &r), EINVAL);
	/* Counted from there it would reach into the next network. */
	r = record("191.0.0.0/8", 0, 600);
	memset(r.addr.b, 0xff, 4);
	r.addr.b[0] = 191;
	assert_int_equal(ask(WIRE_FW_ADD, &r), EINVAL);
	r = record("198.51.100.1", 0, 600);
	r.addr.b[4] = 1;
	assert_int_equal(ask(WIRE_FW_ADD, &r), EINVAL);
	r = record("198.51.100.1", 0, 600);
	r.addr.plen = 33;
	assert_int_equal(ask(WIRE_FW_ADD, &r), EINVAL);
	r = record("2001:db8::", 0, 600);
	r.addr.plen = 129;
	assert_int_equal(ask(WIRE_FW_ADD, &r), EINVAL);
	r = record("198.51.100.1", 0, 600);
	r.addr.family = 0;
	assert_int_equal(ask(WIRE_FW_ADD, &r), EINVAL);
	r.addr.family = 77;
	assert_int_equal(ask(WIRE_FW_DELETE, &r), EINVAL);
	r = record("2001:db8::", 0, 600);
	memset(r.addr.b, 0, sizeof(r.addr.b));
	memcpy(r.addr.b + 10, "\xff\xff\x7f\0\0\x01", 6);
	assert_int_not_equal(ask(WIRE_FW_ADD, &r), 0);
	assert_int_equal(dump(), 0);
}

static void
test_foreign_numbers(void **state)
{
	struct wire_fw_record r;
	uint32_t refused = 7;

	(void)state;
	accept_first();
	assert_int_equal(add("198.51.100.7", 2), EINVAL);
	assert_int_equal(add("198.51.100.7", UINT32_MAX), EINVAL);
	r = record("198.51.100.7", 0, 600);
	assert_int_equal(ask_done(WIRE_FW_ADD, 0, &r, &refused), ESTALE);
	assert_int_equal(refused, 0);
	assert_int_equal(ask_done(WIRE_FW_ADD, 2, &r, NULL), ESTALE);
	r = record("192.0.2.1", 0, 600);
	assert_int_equal(ask_done(WIRE_FW_ADD, 1, &r, &refused), EACCES);
	assert_int_equal(refused, 1);
	assert_int_equal(dump(), 0);
	/* Any number of seconds is one. */
	for (int i = 0; i < 3; i++) {
		r = record("198.51.100.7", 0, i == 0 ? INT64_MAX :
		    i == 1 ? INT64_MIN : 0);
		assert_int_equal(ask(WIRE_FW_ADD, &r), 0);
	}
}

static void
test_requests_before_a_configuration(void **state)
{
	struct wire_fw_record r = record("198.51.100.7", 0, 600);

	(void)state;
	assert_int_equal(ask_done(WIRE_FW_ADD, 0, &r, NULL), ESTALE);
	assert_int_equal(ask_done(WIRE_FW_DELETE, 1, &r, NULL), ESTALE);
	assert_int_equal(dump(), 0);
	say_plain(WIRE_FW_REMOVE);
	assert_true(expect(WIRE_FW_REMOVED, NULL));
}

/* --- logs ------------------------------------------------------------------- */

static void
ask_log(uint32_t generation, uint32_t number)
{
	const struct wire_log m = { .type = WIRE_LOG_OPEN,
		.generation = generation, .log = number };

	say(&m, sizeof(m));
}

static void
test_logs(void **state)
{
	int fd;

	(void)state;
	ask_log(1, 0);
	assert_false(expect(WIRE_LOG_FD, NULL));
	say_config(WIRE_CONFIG_OK, 1);
	ask_log(1, 2);
	ask_log(1, UINT32_MAX);
	ask_log(0, 0);
	ask_log(2, 0);
	assert_false(expect(WIRE_LOG_FD, NULL));
	ask_log(1, 1);
	assert_true(expect(WIRE_LOG_FD, &fd));
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
}

/* The errno of the answer; *number is the log's. */
static int
add_log(uint32_t generation, const char *path, uint32_t *number)
{
	struct wire_log_add m = { .type = WIRE_LOG_ADD,
		.generation = generation, .cookie = 7 };
	const struct wire_log_added *answer;

	snprintf(m.path, sizeof(m.path), "%s", path);
	say(&m, sizeof(m));
	assert_true(expect(WIRE_LOG_ADDED, NULL));
	answer = (const struct wire_log_added *)inbox;
	assert_int_equal(answer->cookie, 7);
	*number = answer->log;
	return answer->error;
}

static int
add_log_in(const char *name, uint32_t *number)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", tree.dir, name);
	return add_log(1, path, number);
}

/* What no jail names is not opened, however it is spelled. */
static void
test_logs_of_nobody(void **state)
{
	uint32_t number;

	(void)state;
	accept_first();
	assert_int_equal(add_log(1, "/etc/shadow", &number), EPERM);
	assert_int_equal(add_log_in("other", &number), EPERM);
	assert_int_equal(add_log_in("log/", &number), EINVAL);
	assert_int_equal(add_log_in("./log", &number), EINVAL);
	assert_int_equal(add_log_in("x/../log", &number), EINVAL);
	assert_int_equal(add_log(1, "log", &number), EINVAL);
	assert_int_equal(add_log(1, "", &number), EINVAL);
	assert_int_equal(add_log(2, "/etc/shadow", &number), ESTALE);
	/* No number came to life by that. */
	ask_log(1, 2);
	assert_false(expect(WIRE_LOG_FD, NULL));
	assert_int_equal(add_log_in("log", &number), 0);
	assert_int_equal(number, 2);
	ask_log(1, number);
	assert_true(expect(WIRE_LOG_FD, NULL));
}

static void
test_logs_of_a_pattern(void **state)
{
	char jails[1024];
	uint32_t number;

	(void)state;
	accept_first();
	snprintf(jails, sizeof(jails), "[one]\nenabled = true\nfilter = f\n"
	    "logpath = %s/logs/*.log\n", tree.dir);
	tree_write(&tree, "jail.conf", jails);
	tree_write(&tree, "logs/a.log", "");
	say_reload("");
	assert_true(expect(WIRE_CONFIG, NULL));
	say_config(WIRE_CONFIG_OK, 2);
	snprintf(jails, sizeof(jails), "%s/logs/b.log", tree.dir);
	assert_int_equal(add_log(2, jails, &number), 0);
	snprintf(jails, sizeof(jails), "%s/logs/.log", tree.dir);
	assert_int_equal(add_log(2, jails, &number), EPERM);
	snprintf(jails, sizeof(jails), "%s/logs/x/b.log", tree.dir);
	assert_int_equal(add_log(2, jails, &number), EPERM);
}

static void
test_any_log_where_it_may_be(void **state)
{
	uint32_t number;

	(void)state;
	accept_first();
	tree_write(&tree, "gaol.conf", "runtime_logs = true;\n"
	    "firewall = \"null\";\n");
	tree_write(&tree, "other", "");
	assert_int_equal(add_log_in("other", &number), EPERM);
	say_reload("");
	assert_true(expect(WIRE_CONFIG, NULL));
	say_config(WIRE_CONFIG_OK, 2);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(add_log(2, "/dev/null", &number), 0);
	assert_int_equal(add_log(2, "/dev/null", &number), ENOSPC);
	/* A device is none, whoever names it. */
	ask_log(2, number - 1);
	assert_false(expect(WIRE_LOG_FD, NULL));
}

static void
test_a_path_without_end(void **state)
{
	struct wire_log_add m = { .type = WIRE_LOG_ADD, .generation = 1 };

	(void)state;
	accept_first();
	memset(m.path, '/', sizeof(m.path));
	say(&m, sizeof(m));
	assert_true(link_is_closed());
}

/* --- journals --------------------------------------------------------------- */

static int
add_journal(uint32_t generation, const char *backend, uint32_t *number)
{
	struct wire_journal_add m = { .type = WIRE_JOURNAL_ADD,
		.generation = generation, .cookie = 9 };
	const struct wire_journal_added *answer;

	snprintf(m.backend, sizeof(m.backend), "%s", backend);
	say(&m, sizeof(m));
	assert_true(expect(WIRE_JOURNAL_ADDED, NULL));
	answer = (const struct wire_journal_added *)inbox;
	assert_int_equal(answer->cookie, 9);
	*number = answer->journal;
	return answer->error;
}

/* Also not the system's, where no jail reads it. */
static void
test_journals_of_nobody(void **state)
{
	uint32_t number;

	(void)state;
	accept_first();
	assert_int_equal(add_journal(1, "systemd", &number), EPERM);
	assert_int_equal(add_journal(1, "", &number), EPERM);
	assert_int_equal(add_journal(1, "systemd[journalpath=/]", &number),
	    EPERM);
	assert_int_equal(add_journal(2, "systemd", &number), ESTALE);
}

static void
test_any_journal_where_it_may_be(void **state)
{
	char backend[64];
	uint32_t number, again;

	(void)state;
	accept_first();
	tree_write(&tree, "gaol.conf", "runtime_logs = true;\n"
	    "firewall = \"null\";\n");
	say_reload("");
	assert_true(expect(WIRE_CONFIG, NULL));
	say_config(WIRE_CONFIG_OK, 2);
	assert_int_equal(add_journal(2, "systemd[x=1]", &number), EINVAL);
	for (uint32_t i = 0; i < 100; i++) {
		snprintf(backend, sizeof(backend),
		    "systemd[journalpath=/x/%" PRIu32 "]", i);
		assert_int_equal(add_journal(2, backend, &number), 0);
		assert_int_equal(number, i);
	}
	/* One that is known needs no room. */
	assert_int_equal(add_journal(2, "systemd", &again), ENOSPC);
	assert_int_equal(add_journal(2, backend, &again), 0);
	assert_int_equal(again, number);
}

static void
test_a_backend_without_end(void **state)
{
	struct wire_journal_add m = { .type = WIRE_JOURNAL_ADD,
		.generation = 1 };

	(void)state;
	accept_first();
	memset(m.backend, 's', sizeof(m.backend));
	say(&m, sizeof(m));
	assert_true(link_is_closed());
}

/* --- configurations --------------------------------------------------------- */

static void
test_answers_to_nothing(void **state)
{
	(void)state;
	accept_first();
	say_config(WIRE_CONFIG_OK, 1);
	say_config(WIRE_CONFIG_OK, 2);
	say_config(WIRE_CONFIG_BAD, 1);
	say_config(WIRE_CONFIG_BAD, UINT32_MAX);
	assert_int_equal(add("198.51.100.7", 0), 0);
	assert_int_equal(dump(), 1);
}

static void
test_reload(void **state)
{
	struct wire_fw_record r = record("198.51.100.7", 0, 600);
	int fd;

	(void)state;
	accept_first();
	say_reload("");
	assert_true(expect(WIRE_CONFIG, &fd));
	close(fd);
	say_config(WIRE_CONFIG_BAD, 2);
	assert_int_equal(add("198.51.100.7", 0), 0);
	say_reload("");
	assert_true(expect(WIRE_CONFIG, &fd));
	close(fd);
	say_config(WIRE_CONFIG_OK, 3);
	assert_int_equal(ask_done(WIRE_FW_ADD, 1, &r, NULL), ESTALE);
	assert_int_equal(ask_done(WIRE_FW_ADD, 3, &r, NULL), 0);
}

/* A name that fills its field has no end: nothing reads beyond it. */
static void
test_reload_of_an_endless_name(void **state)
{
	struct wire_reload m = { .type = WIRE_RELOAD };

	(void)state;
	accept_first();
	memset(m.jail, 'x', sizeof(m.jail));
	say(&m, sizeof(m));
	assert_true(link_is_closed());
}

/* Each costs a configuration; one is under way at a time. */
static void
test_reload_flood(void **state)
{
	const struct wire_reload m = { .type = WIRE_RELOAD };

	(void)state;
	accept_first();
	for (int i = 0; i < 20; i++)
		(void)send(engine_end, &m, sizeof(m), MSG_NOSIGNAL);
	assert_true(link_is_closed());
}

/* A configuration that has become unreadable: told, and the old one rules. */
static void
test_reload_fails(void **state)
{
	int fd;

	(void)state;
	accept_first();
	tree_write(&tree, "jail.conf", "[one\nenabled\n");
	assert_int_equal(unlink(tree_path(&tree, "jail.conf")), 0);
	say_reload("");
	assert_true(expect(WIRE_CONFIG_FAILED, &fd));
	close(fd);
	assert_int_equal(add("198.51.100.7", 0), 0);
	say_reload("");
	assert_true(expect(WIRE_CONFIG_FAILED, &fd));
	close(fd);
}

/* --- messages that are none --------------------------------------------------- */

static void
test_junk_closes_the_link(void **state)
{
	char junk[256];

	(void)state;
	random_start();
	for (int i = 0; i < 200; i++) {
		size_t n = 1 + random_below(sizeof(junk) - 1);
		uint32_t type = (uint32_t)random_below(80);

		for (size_t k = 0; k < n; k++)
			junk[k] = (char)random_below(256);
		/* Half of them of a type there is, and of a size there is not. */
		if (i % 2 == 0 && n >= sizeof(type)) {
			memcpy(junk, &type, sizeof(type));
			n |= 1;
		}
		say(junk, n);
		assert_true(link_is_closed());
		teardown(NULL);
		setup(NULL);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_honest),
		CASE(test_protected_addresses),
		CASE(test_addresses_of_no_normal_form),
		CASE(test_foreign_numbers),
		CASE(test_requests_before_a_configuration),
		CASE(test_logs),
		CASE(test_logs_of_nobody),
		CASE(test_logs_of_a_pattern),
		CASE(test_any_log_where_it_may_be),
		CASE(test_a_path_without_end),
		CASE(test_journals_of_nobody),
		CASE(test_any_journal_where_it_may_be),
		CASE(test_a_backend_without_end),
		CASE(test_answers_to_nothing),
		CASE(test_reload),
		CASE(test_reload_flood),
		CASE(test_reload_of_an_endless_name),
		CASE(test_reload_fails),
		CASE(test_junk_closes_the_link),
	};

	log_set_level(LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
