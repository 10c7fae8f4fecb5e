/*
 * The bridge in a namespace of our own: what it holds, that it stands before
 * every other filter, and that nothing of it stays.
 */
#include "netns.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "firewall/bridge.h"

#define NFT "/usr/sbin/nft "

static size_t
elements_of(const char *set)
{
	char command[256], *out;
	json_t *root, *item;
	size_t i, n = 0;
	int status;

	snprintf(command, sizeof(command), NFT "-j list set inet "
	    BRIDGE_TABLE " %s", set);
	out = netns_run(&status, command);
	assert_int_equal(status, 0);
	root = json_loads(out, 0, NULL);
	assert_non_null(root);
	json_array_foreach(json_object_get(root, "nftables"), i, item)
		n += json_array_size(json_object_get(
		    json_object_get(item, "set"), "elem"));
	json_decref(root);
	free(out);
	return n;
}

static void
holds_each_once(void **state)
{
	struct addr v[] = {
		net("192.0.2.7"), net("10.1.0.0/16"), net("2001:db8::1"),
		net("192.0.2.7"), net("10.1.2.0/24"), net("10.0.0.0/8"),
		net("10.1.2.3"), net("2001:db8:5::/48"), net("192.0.2.8"),
	};
	struct bridge *b = bridge_open(v, sizeof(v) / sizeof(v[0]));

	(void)state;
	assert_non_null(b);
	assert_int_equal(elements_of("addr"), 2);
	assert_int_equal(elements_of("addr6"), 1);
	assert_int_equal(elements_of("net"), 1);
	assert_int_equal(elements_of("net6"), 1);
	netns_has("10.0.0.0/8 timeout 15m");
	netns_has("hook prerouting priority -400");
	netns_has("ip saddr @addr drop");
	assert_int_equal(bridge_remove(b), 0);
	assert_int_equal(netns_count("table"), 0);
	bridge_close(b);
}

static void
takes_more_later(void **state)
{
	struct addr one = net("192.0.2.7"), two = net("192.0.2.9");
	struct addr wide = net("198.51.100.0/24");
	struct addr inside = net("198.51.100.128/25");
	struct bridge *b = bridge_open(NULL, 0);

	(void)state;
	assert_non_null(b);
	assert_int_equal(bridge_add(b, &one), 0);
	assert_int_equal(bridge_add(b, &two), 0);
	assert_int_equal(bridge_add(b, &one), 0);
	assert_int_equal(bridge_add(b, &wide), 0);
	assert_int_equal(bridge_add(b, &inside), 0);
	assert_int_equal(elements_of("addr"), 2);
	assert_int_equal(elements_of("net"), 1);
	assert_int_equal(bridge_remove(b), 0);
	bridge_close(b);
}

static void
replaces_one_left_behind(void **state)
{
	struct addr old[] = { net("192.0.2.1"), net("10.0.0.0/8") };
	struct addr new[] = { net("192.0.2.2") };
	struct bridge *b = bridge_open(old, 2);

	(void)state;
	assert_non_null(b);
	bridge_close(b);
	netns_has("192.0.2.1 timeout");
	b = bridge_open(new, 1);
	assert_non_null(b);
	assert_int_equal(netns_count("table inet"), 1);
	assert_int_equal(netns_count("192.0.2.1"), 0);
	netns_has("192.0.2.2 timeout");
	assert_int_equal(bridge_remove(b), 0);
	bridge_close(b);
}

static void
many_take_several_transactions(void **state)
{
	const size_t n = 12000;
	struct addr *v = xcalloc(n, sizeof(*v));
	struct bridge *b;

	(void)state;
	for (size_t i = 0; i < n; i++)
		v[i] = i % 3 == 0 ? net("2001:db8::") : host((uint32_t)i);
	for (size_t i = 0; i < n; i += 3) {
		v[i].plen = 128;
		v[i].b[14] = (uint8_t)(i >> 8);
		v[i].b[15] = (uint8_t)i;
		v[i].b[13] = 1;
	}
	b = bridge_open(v, n);
	free(v);
	if (b == NULL)
		print_error("%s\n", strerror(errno));
	assert_non_null(b);
	assert_int_equal(elements_of("addr"), n / 3 * 2);
	assert_int_equal(elements_of("addr6"), n / 3);
	assert_int_equal(bridge_remove(b), 0);
	bridge_close(b);
}

/* Does a datagram from `from` arrive, both ends on the loopback? */
static bool
arrives(const char *from)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(4242),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in own = { .sin_family = AF_INET };
	int in = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int out = socket(AF_INET, SOCK_DGRAM, 0);
	char c;
	bool got;

	assert_int_equal(inet_pton(AF_INET, from, &own.sin_addr), 1);
	assert_int_equal(bind(in, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(bind(out, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_int_equal(sendto(out, "x", 1, 0, (struct sockaddr *)&to,
	    sizeof(to)), 1);
	/* The loopback delivers inside sendto(2). */
	got = read(in, &c, 1) == 1;
	close(in);
	close(out);
	return got;
}

static void
nothing_passes(void **state)
{
	struct addr v[] = { net("127.0.0.7") };
	struct bridge *b;

	(void)state;
	netns_sh("ip link set lo up");
	/* Accepting in a filter of somebody else does not help. */
	netns_sh(NFT "'table inet other { chain c { type filter hook "
	    "prerouting priority raw; ip saddr 127.0.0.7 accept; }; }'");
	assert_true(arrives("127.0.0.7"));
	b = bridge_open(v, 1);
	assert_non_null(b);
	assert_false(arrives("127.0.0.7"));
	assert_true(arrives("127.0.0.8"));
	assert_int_equal(bridge_remove(b), 0);
	assert_true(arrives("127.0.0.7"));
	bridge_close(b);
	netns_sh(NFT "delete table inet other");
}

/* What a daemon that has ended left: all of it goes, others keep theirs. */
static void
removes_what_a_daemon_left(void **state)
{
	struct owner o;
	struct addr a = net("192.0.2.7");

	(void)state;
	owner_open(&o, "nftables");
	owner_rule(&o, "sshd", "port", "ssh", NULL);
	owner_rule(&o, "web", "port", "http", "table", "mine", NULL);
	assert_int_equal(firewall_define(o.fw, o.rules, o.rules_n), 0);
	assert_int_equal(firewall_add(o.fw, 0, &a, 600, 1), 0);
	assert_int_equal(firewall_commit(o.fw), 0);
	owner_wait(&o, o.done_n == 1);
	firewall_close(o.fw);
	o.fw = NULL;
	netns_sh(NFT "add table inet other");
	netns_has("192.0.2.7");
	assert_int_equal(bridge_remove_rules(o.rules, o.rules_n), 0);
	assert_int_equal(netns_count("table"), 1);
	/* Nothing is there: nothing to do. */
	assert_int_equal(bridge_remove_rules(o.rules, o.rules_n), 0);
	netns_sh(NFT "delete table inet other");
	for (size_t i = 0; i < o.rules_n; i++)
		firewall_rule_fini(&o.rules[i]);
	event_base_free(o.base);
	free(o.done);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_each_once),
		cmocka_unit_test(takes_more_later),
		cmocka_unit_test(replaces_one_left_behind),
		cmocka_unit_test(many_take_several_transactions),
		cmocka_unit_test(nothing_passes),
		cmocka_unit_test(removes_what_a_daemon_left),
	};

	log_set_level(LEVEL_ERROR);
	netns_enter();
	if (netns_refused != NULL) {
		NETNS_SKIP("test_bridge", netns_refused);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
