/*
 * Objects in a namespace of our own: what define makes, keeps and removes, and
 * what is taken over from fail2ban.
 */
#include "netns.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#define NFT "/usr/sbin/nft "

/* --- what is made ----------------------------------------------------------- */

static void
makes_fail2bans_objects(void **state)
{
	struct owner *o = *state;
	char *first, *second;

	owner_rule(o, "sshd", "port", "ssh", NULL);
	owner_define(o);
	netns_has("table inet f2b-table {");
	netns_has("chain f2b-chain {");
	netns_has("type filter hook input priority filter - 1; policy accept;");
	netns_has("tcp dport 22 ip saddr @addr-set-sshd reject");
	netns_has("tcp dport 22 ip6 saddr @addr6-set-sshd reject");
	netns_has("tcp dport 22 ip saddr @net-set-sshd reject");
	netns_has("tcp dport 22 ip6 saddr @net6-set-sshd reject");
	/* Again: nothing is made twice, nothing is touched. */
	first = netns_ruleset();
	owner_define(o);
	second = netns_ruleset();
	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void
variants_look_as_meant(void **state)
{
	static const struct { const char *key, *value, *expect; } v[] = {
		{ "port", "80,443", "tcp dport { 80, 443 } ip saddr" },
		{ "port", "http,https", "tcp dport { 80, 443 } ip saddr" },
		{ "port", "0:65535", "tcp dport 0-65535 ip saddr" },
		{ "port", "25 6000-6010,65000:65535",
		    "tcp dport { 25, 6000-6010, 65000-65535 } ip saddr" },
		{ "protocol", "udp", "udp dport 22 ip saddr" },
		{ "protocol", "tcp,udp", "udp dport 22 ip saddr" },
		{ "protocol", "sctp", "sctp dport 22 ip saddr" },
		{ "protocol", "dccp", "dccp dport 22 ip saddr" },
		{ "type", "allports", "meta l4proto tcp ip saddr" },
		{ "blocktype", "drop", "@addr-set-j drop" },
		{ "blocktype", "reject with tcp reset",
		    "@addr-set-j reject with tcp reset" },
		{ "blocktype", "reject with icmpx type admin-prohibited",
		    "@addr6-set-j reject with icmpx admin-prohibited" },
		{ "blocktype", "reject with icmp host-prohibited",
		    "@addr-set-j reject with icmp host-prohibited" },
		{ "blocktype?family=inet6", "reject with icmpv6 no-route",
		    "@addr6-set-j reject with icmpv6 no-route" },
		{ "chain_hook", "forward", "hook forward priority" },
		{ "chain_priority", "raw + 5", "priority raw + 5;" },
		{ "table", "mine", "table inet mine {" },
		{ "chain", "gate", "chain gate {" },
		{ "addr_set", "bad4", "ip saddr @bad4 reject" },
		{ "addr_set?family=inet6", "bad6", "ip6 saddr @bad6 reject" },
		{ "net_set", "nets4", "ip saddr @nets4 reject" },
		{ "table_family", "ip", "table ip f2b-table {" },
		{ "table_family", "ip6", "table ip6 f2b-table {" },
	};
	struct owner *o = *state;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		owner_rule(o, "j", v[i].key, v[i].value, NULL);
		owner_define(o);
		netns_has(v[i].expect);
		/* Only one jail at a time: what was before is gone. */
		assert_int_equal(netns_count("table i"), 1);
		assert_int_equal(netns_count("\tchain "), 1);
		firewall_rule_fini(&o->rules[0]);
		o->rules_n = 0;
	}
	owner_rule(o, "j", "type", "allports", "protocol", "tcp,udp,icmp",
	    NULL);
	owner_define(o);
	netns_has("meta l4proto { icmp, tcp, udp } ip saddr @addr-set-j "
	    "reject");
	firewall_rule_fini(&o->rules[0]);
	o->rules_n = 0;
	owner_rule(o, "j", "type", "allports", "protocol", "all", NULL);
	owner_define(o);
	assert_int_equal(netns_count("l4proto"), 0);
	netns_has("ip saddr @addr-set-j reject");
}

/* 0 when a connection from that address is made, else errno. */
static int
connect_from(const char *from, const char *to, uint16_t port)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	bool v6 = strchr(from, ':') != NULL;
	struct sockaddr *sa = v6 ? (void *)&a6 : (void *)&a4;
	socklen_t n = v6 ? sizeof(a6) : sizeof(a4);
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	assert_int_not_equal(fd, -1);
	assert_int_equal(inet_pton(sa->sa_family, from, v6 ?
	    (void *)&a6.sin6_addr : (void *)&a4.sin_addr), 1);
	assert_int_equal(bind(fd, sa, n), 0);
	inet_pton(sa->sa_family, to, v6 ? (void *)&a6.sin6_addr :
	    (void *)&a4.sin_addr);
	a4.sin_port = a6.sin6_port = htons(port);
	error = connect(fd, sa, n) == 0 ? 0 : errno;
	close(fd);
	return error;
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_port = htons(port), .sin6_addr = in6addr_any };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert_int_not_equal(fd, -1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void
real_packets_are_refused(void **state)
{
	struct owner *o = *state;
	struct addr a = net("192.0.2.7");
	int mail, web;

	netns_sh("ip link set lo up; for a in 192.0.2.7 192.0.2.8 "
	    "198.51.100.9 2001:db8::7 2001:db8:1::9; do ip addr replace $a "
	    "dev lo nodad; done");
	mail = listen_on(2525);
	web = listen_on(8080);
	owner_rule(o, "j", "port", "2500:2600,25", NULL);
	owner_define(o);
	assert_int_equal(connect_from("192.0.2.7", "127.0.0.1", 2525), 0);
	owner_ban(o, 0, "192.0.2.7", 600);
	owner_ban(o, 0, "198.51.100.0/24", 600);
	owner_ban(o, 0, "2001:db8::7", 600);
	owner_ban(o, 0, "2001:db8:1::/48", 600);
	assert_int_equal(connect_from("192.0.2.7", "127.0.0.1", 2525),
	    ECONNREFUSED);
	assert_int_equal(connect_from("198.51.100.9", "127.0.0.1", 2525),
	    ECONNREFUSED);
	assert_int_equal(connect_from("2001:db8::7", "::1", 2525),
	    ECONNREFUSED);
	assert_int_equal(connect_from("2001:db8:1::9", "::1", 2525),
	    ECONNREFUSED);
	/* Other addresses, and other ports, are not concerned. */
	assert_int_equal(connect_from("192.0.2.8", "127.0.0.1", 2525), 0);
	assert_int_equal(connect_from("192.0.2.7", "127.0.0.1", 8080), 0);
	assert_int_equal(firewall_delete(o->fw, 0, &a, 1), 0);
	firewall_commit(o->fw);
	owner_wait(o, o->done_n == 5);
	assert_int_equal(connect_from("192.0.2.7", "127.0.0.1", 2525), 0);
	close(mail);
	close(web);
}

static void
reload_keeps_elements_and_drops_jails(void **state)
{
	struct owner *o = *state;

	owner_rule(o, "a", "port", "22", NULL);
	owner_rule(o, "b", "port", "25", NULL);
	owner_define(o);
	owner_ban(o, 0, "192.0.2.1", 600);
	owner_ban(o, 1, "192.0.2.2", 600);
	/* The port of one changes, the other goes. */
	firewall_rule_fini(&o->rules[0]);
	firewall_rule_fini(&o->rules[1]);
	o->rules_n = 0;
	owner_rule(o, "a", "port", "2222", NULL);
	owner_define(o);
	netns_has("192.0.2.1");
	netns_has("tcp dport 2222 ip saddr @addr-set-a");
	assert_int_equal(netns_count("dport 22 "), 0);
	assert_int_equal(netns_count("set-b"), 0);
	assert_int_equal(netns_count("192.0.2.2"), 0);
	assert_int_equal(firewall_remove(o->fw), 0);
	assert_int_equal(netns_count("f2b"), 0);
	owner_wait(o, true);
	assert_int_equal(o->lost_n, 0);
}

/* Two actions of a jail, one set: each has its rule, both see the element. */
static void
actions_share_a_set(void **state)
{
	struct owner *o = *state;
	struct addr a = net("192.0.2.9");

	owner_rule(o, "j", "port", "22", NULL);
	owner_rule(o, "j", "port", "53", "protocol", "udp", NULL);
	/* And one that takes a name for something else: it goes without. */
	owner_rule(o, "k", "net_set", "addr-set-j", NULL);
	log_set_level(LEVEL_CRITICAL);
	owner_define(o);
	log_set_level(LEVEL_ERROR);
	netns_has("tcp dport 22 ip saddr @addr-set-j reject");
	netns_has("udp dport 53 ip saddr @addr-set-j reject");
	assert_int_equal(netns_count("comment \"gaol j udp 53 reject\""), 4);
	assert_int_equal(netns_count("set addr-set-j"), 1);
	assert_int_equal(netns_count("@addr-set-j"), 2);
	netns_has("@addr-set-k");
	owner_ban(o, 0, "192.0.2.1", 600);
	assert_int_equal(firewall_dump(o->fw), 0);
	owner_wait(o, o->dumps_ended == 1);
	assert_int_equal(o->dumped_n, 2);
	assert_int_equal(o->dumped[0].rule, 0);
	assert_int_equal(o->dumped[1].rule, 1);
	/* One action goes: the set stays for the other. */
	o->rules_n = 3;
	assert_int_equal(firewall_define(o->fw, o->rules + 1, 1), 0);
	netns_has("192.0.2.1");
	assert_int_equal(netns_count("tcp dport"), 0);
	assert_int_equal(netns_count("set-k"), 0);
	assert_int_equal(firewall_add(o->fw, 0, &a, 60, 5), 0);
	assert_int_equal(firewall_add(o->fw, 1, &a, 60, 6), -1);
}

static void
a_new_run_knows_its_own(void **state)
{
	struct owner *o = *state, second;

	owner_rule(o, "a", "port", "22", NULL);
	owner_rule(o, "b", "port", "25", NULL);
	owner_define(o);
	owner_ban(o, 0, "192.0.2.1", 600);
	firewall_close(o->fw);
	o->fw = NULL;
	netns_has("192.0.2.1");
	owner_open(&second, "nftables");
	owner_rule(&second, "a", "port", "22", NULL);
	assert_int_equal(firewall_define(second.fw, second.rules, 1), 0);
	netns_has("192.0.2.1");
	assert_int_equal(netns_count("set-b"), 0);
	assert_int_equal(firewall_dump(second.fw), 0);
	owner_wait(&second, second.dumps_ended == 1);
	assert_int_equal(second.dumped_n, 1);
	owner_close(&second);
	/* Its last jail goes while nobody runs. */
	owner_open(&second, "nftables");
	assert_int_equal(firewall_define(second.fw, NULL, 0), 0);
	assert_int_equal(netns_count("f2b"), 0);
	owner_close(&second);
	for (size_t i = 0; i < o->rules_n; i++)
		firewall_rule_fini(&o->rules[i]);
	event_base_free(o->base);
	free(o->done);
	memset(o, 0, sizeof(*o));
}

static void
others_keep_theirs(void **state)
{
	struct owner *o = *state;

	netns_sh(NFT "-f - <<'E'\n"
	    "table inet f2b-table {\n"
	    "	set theirs { type ipv4_addr; }\n"
	    "	chain f2b-chain {\n"
	    "		type filter hook input priority filter - 1;\n"
	    "		tcp dport 999 drop\n"
	    "	}\n"
	    "}\n"
	    "table ip other {\n}\n"
	    "E");
	owner_rule(o, "a", "port", "22", NULL);
	owner_define(o);
	netns_has("tcp dport 999 drop");
	netns_has("@addr-set-a");
	assert_int_equal(firewall_remove(o->fw), 0);
	netns_has("tcp dport 999 drop");
	netns_has("set theirs");
	netns_has("table ip other");
	assert_int_equal(netns_count("@"), 0);
}

/* --- fail2ban's own ----------------------------------------------------------- */

static void
adopts_sets_of_fail2ban(void **state)
{
	struct owner *o = *state;
	size_t nets = 0;

	netns_sh(NFT "-f - <<'E'\n"
	    "table inet f2b-table {\n"
	    "	set addr-set-j { type ipv4_addr; flags interval; elements = "
	    "{ 192.0.2.1, 192.0.2.2, 198.51.100.0/24, "
	    "203.0.113.5-203.0.113.8 } }\n"
	    "	set addr6-set-j { type ipv6_addr; elements = "
	    "{ 2001:db8::7 } }\n"
	    "	chain f2b-chain {\n"
	    "		type filter hook input priority -1;\n"
	    "		tcp dport { 22 } ip saddr @addr-set-j reject\n"
	    "		tcp dport { 22 } ip6 saddr @addr6-set-j reject\n"
	    "	}\n"
	    "}\n"
	    "E");
	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	assert_int_equal(netns_count("@addr-set-j"), 1);
	assert_int_equal(netns_count("@addr6-set-j"), 1);
	assert_int_equal(netns_count("@net-set-j"), 1);
	assert_int_equal(netns_count("flags timeout"), 2);
	netns_has("198.51.100.0/24");
	assert_int_equal(firewall_dump(o->fw), 0);
	owner_wait(o, o->dumps_ended == 1);
	/* .5, .6/31, .8 of the range; the /31 is a network. */
	assert_int_equal(o->dumped_n, 7);
	for (size_t i = 0; i < o->dumped_n; i++) {
		assert_int_equal(o->dumped[i].timeout, -1);
		nets += !addr_is_host(&o->dumped[i].addr);
	}
	assert_int_equal(nets, 2);
	owner_ban(o, 0, "192.0.2.1", 60);
	netns_has("192.0.2.1 timeout 1m");
}

/* A transaction of megabytes needs a send buffer that not all may ask for. */
static bool
may_send_much(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int room = 16 << 20, rc;

	rc = setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	close(fd);
	return rc == 0;
}

/*
 * 100,000 elements move in one transaction. Right after it the kernel may
 * still resize its table, when a plain dump misses some and says nothing: a
 * later one is whole, if all have moved.
 */
static void
adopts_a_large_set(void **state)
{
	struct owner *o = *state;
	bool *seen = xcalloc(100000, sizeof(*seen));

	netns_sh("(echo 'table inet f2b-table { set addr-set-j { "
	    "type ipv4_addr; elements = {'; for i in $(seq 0 99999); do echo "
	    "10.$((i >> 16)).$((i >> 8 & 255)).$((i & 255)),; done; "
	    "echo '}; }; }') | " NFT "-f -");
	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	for (unsigned i = 1; i <= 20 && o->dumped_n != 100000; i++) {
		o->dumped_n = 0;
		assert_int_equal(firewall_dump(o->fw), 0);
		owner_wait(o, o->dumps_ended == i);
	}
	assert_int_equal(o->dumped_n, 100000);
	for (size_t i = 0; i < o->dumped_n; i++) {
		const uint8_t *b = o->dumped[i].addr.b;
		uint32_t at = (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
		    b[3];

		assert_true(at < 100000 && !seen[at]);
		seen[at] = true;
	}
	free(seen);
}

/* What the real one has made is taken over, with its bans, in one step. */
static void
takes_over_from_a_real_fail2ban(void **state)
{
	struct owner *o = *state;
	char dir[] = "/tmp/gaol-test-f2b.XXXXXX";

	assert_non_null(mkdtemp(dir));
	netns_sh("cd %s && mkdir jail.d filter.d && ln -s "
	    "/etc/fail2ban/action.d . && cp /etc/fail2ban/fail2ban.conf . && "
	    "touch log && printf '[Definition]\\nfailregex = from <HOST>$\\n' "
	    "> filter.d/j.conf && printf '[INCLUDES]\\n[DEFAULT]\\n"
	    "[j]\\nenabled = true\\nfilter = j\\nbackend = polling\\n"
	    "logpath = %s/log\\nusedns = no\\nbantime = 600\\n"
	    "action = nftables[name=j, port=\"22,80\", protocol=tcp]\\n' "
	    "> jail.conf && printf '[Definition]\\nlogtarget = %s/out\\n"
	    "dbfile = None\\n' > fail2ban.local", dir, dir, dir);
	netns_sh("fail2ban-client -c %s -s %s/s -p %s/pid start", dir, dir,
	    dir);
	netns_sh("fail2ban-client -c %s -s %s/s set j banip 192.0.2.77 "
	    "2001:db8::77", dir, dir);
	owner_wait(o, netns_count("192.0.2.77") == 1 &&
	    netns_count("2001:db8::77") == 1);
	/* As a crash would: its objects stay. */
	netns_sh("kill -9 $(cat %s/pid)", dir);
	netns_has("tcp dport { 22, 80 } ip saddr @addr-set-j reject");
	owner_rule(o, "j", "port", "22,80", NULL);
	owner_define(o);
	netns_has("192.0.2.77");
	netns_has("2001:db8::77");
	assert_int_equal(netns_count("flags timeout"), 2);
	assert_int_equal(netns_count("@addr-set-j"), 1);
	assert_int_equal(netns_count("@addr6-set-j"), 1);
	assert_int_equal(firewall_dump(o->fw), 0);
	owner_wait(o, o->dumps_ended == 1);
	assert_int_equal(o->dumped_n, 2);
	owner_ban(o, 0, "192.0.2.77", 600);
	netns_has("192.0.2.77 timeout 10m");
	netns_sh("rm -rf %s", dir);
}

static void
held_set_is_left(void **state)
{
	struct owner *o = *state;
	struct addr a = net("192.0.2.9");

	netns_sh(NFT "-f - <<'E'\n"
	    "table inet f2b-table {\n"
	    "	set addr-set-j { type ipv4_addr; elements = { 192.0.2.1 } }\n"
	    "	chain mine { ip saddr @addr-set-j counter; }\n"
	    "}\n"
	    "E");
	owner_rule(o, "j", "port", "22", NULL);
	log_set_level(LEVEL_CRITICAL);
	owner_define(o);
	log_set_level(LEVEL_ERROR);
	netns_has("ip saddr @addr-set-j counter");
	netns_has("192.0.2.1");
	assert_int_equal(firewall_add(o->fw, 0, &a, 60, 1), 0);
	firewall_commit(o->fw);
	owner_wait(o, o->done_n == 1);
	assert_int_not_equal(o->done[0].error, 0);
}

int
main(void)
{
	const struct CMUnitTest large[] = { NETNS_TEST(adopts_a_large_set) };
	const struct CMUnitTest real[] = {
		NETNS_TEST(takes_over_from_a_real_fail2ban),
	};
	const struct CMUnitTest tests[] = {
		NETNS_TEST(makes_fail2bans_objects),
		NETNS_TEST(variants_look_as_meant),
		NETNS_TEST(real_packets_are_refused),
		NETNS_TEST(reload_keeps_elements_and_drops_jails),
		NETNS_TEST(actions_share_a_set),
		NETNS_TEST(a_new_run_knows_its_own),
		NETNS_TEST(others_keep_theirs),
		NETNS_TEST(adopts_sets_of_fail2ban),
		NETNS_TEST(held_set_is_left),
	};
	int failed = 0;

	log_set_level(LEVEL_ERROR);
	netns_enter();
	if (netns_refused != NULL) {
		NETNS_SKIP("test_nft_objects", netns_refused);
		return 0;
	}
	if (!may_send_much())
		NETNS_SKIP("adopts_a_large_set", "no right to a large buffer");
	else
		failed += cmocka_run_group_tests(large, NULL, NULL);
	if (access("/usr/bin/fail2ban-client", X_OK) == -1)
		NETNS_SKIP("takes_over_from_a_real_fail2ban", "no fail2ban");
	else
		failed += cmocka_run_group_tests(real, NULL, NULL);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
