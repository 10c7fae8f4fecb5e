/* Properties of a native action: what they become, what is refused and how. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>

#include "base/buf.h"
#include "base/span.h"
#include "firewall/firewall.h"
#include "firewall/firewall_ports.h"

struct pair {
	const char *key, *value;
};

static int
parse_as(struct firewall_rule *r, struct report *report, const char *file,
    const struct pair *pairs, size_t n)
{
	struct jail_config j = { .name = "sshd" };
	struct action_config a = { .name = "act", .file = (char *)file };
	int rc;

	for (size_t i = 0; i < n && pairs[i].key != NULL; i++)
		properties_set(&a.props, pairs[i].key, pairs[i].value);
	rc = firewall_rule_parse(r, &j, &a, report);
	properties_fini(&a.props);
	return rc;
}

static void
parse(struct firewall_rule *r, const struct pair *pairs, size_t n)
{
	struct report report = { 0 };

	assert_int_equal(parse_as(r, &report, "nftables", pairs, n), 0);
	assert_int_equal(report.n, 0);
}
#define PARSE(r, ...) do {						\
	const struct pair pairs_[] = { __VA_ARGS__ };			\
	parse(r, pairs_, sizeof(pairs_) / sizeof(pairs_[0]));		\
} while (0)

static void
has_defaults(void **state)
{
	struct firewall_rule r;

	(void)state;
	PARSE(&r, { NULL, NULL });
	assert_string_equal(r.jail, "sshd");
	assert_string_equal(r.action, "act");
	assert_string_equal(r.table, "f2b-table");
	assert_string_equal(r.chain, "f2b-chain");
	assert_string_equal(r.family, "inet");
	assert_string_equal(r.hook, "input");
	assert_int_equal(r.priority, -1);
	assert_string_equal(r.sets[FIREWALL_HOST4], "addr-set-sshd");
	assert_string_equal(r.sets[FIREWALL_HOST6], "addr6-set-sshd");
	assert_string_equal(r.sets[FIREWALL_NET4], "net-set-sshd");
	assert_string_equal(r.sets[FIREWALL_NET6], "net6-set-sshd");
	assert_false(r.allports);
	assert_int_equal(r.protocols_n, 1);
	assert_int_equal(r.protocols[0], IPPROTO_TCP);
	assert_int_equal(r.ports_n, 1);
	assert_int_equal(r.ports[0].first, 22);
	assert_int_equal(r.ports[0].last, 22);
	assert_int_equal(r.block[0].kind, BLOCK_ICMP);
	assert_int_equal(r.block[0].code, 3);
	assert_int_equal(r.block[1].kind, BLOCK_ICMP);
	assert_int_equal(r.block[1].code, 4);
	firewall_rule_fini(&r);
}

static void
takes_names(void **state)
{
	struct firewall_rule r;

	(void)state;
	PARSE(&r, { "name", "web" }, { "addr_set", "x-<name>-<name>" },
	    { "addr_set?family=inet6", " y " }, { "table", "t" },
	    { "chain", "c" }, { "chain_hook", "forward" },
	    { "chain_priority", "filter - 10" }, { "net_set", "n/4" });
	assert_string_equal(r.sets[FIREWALL_HOST4], "x-web-web");
	assert_string_equal(r.sets[FIREWALL_HOST6], "y");
	assert_string_equal(r.sets[FIREWALL_NET4], "n/4");
	assert_string_equal(r.sets[FIREWALL_NET6], "net6-set-web");
	assert_string_equal(r.hook, "forward");
	assert_int_equal(r.priority, -10);
	firewall_rule_fini(&r);
	PARSE(&r, { "table_family", "ip" });
	assert_null(r.sets[FIREWALL_HOST6]);
	assert_null(r.sets[FIREWALL_NET6]);
	firewall_rule_fini(&r);
	PARSE(&r, { "table_family", "ip6" });
	assert_null(r.sets[FIREWALL_HOST4]);
	assert_non_null(r.sets[FIREWALL_NET6]);
	firewall_rule_fini(&r);
}

static void
knows_types_and_protocols(void **state)
{
	struct report report = { 0 };
	struct firewall_rule r;

	(void)state;
	PARSE(&r, { "type", "allports" }, { "protocol", "all" },
	    { "port", "nonsense is not looked at" });
	assert_true(r.allports);
	assert_int_equal(r.protocols_n, 0);
	firewall_rule_fini(&r);
	PARSE(&r, { "type", "allports" }, { "protocol", "TCP, icmp,47 tcp" });
	assert_int_equal(r.protocols_n, 3);
	assert_int_equal(r.protocols[1], IPPROTO_ICMP);
	assert_int_equal(r.protocols[2], IPPROTO_GRE);
	firewall_rule_fini(&r);
	PARSE(&r, { "protocol", "udp,sctp,33" });
	assert_int_equal(r.protocols_n, 3);
	assert_int_equal(r.protocols[2], IPPROTO_DCCP);
	firewall_rule_fini(&r);
	assert_int_equal(parse_as(&r, &report, "nftables-allports", NULL, 0),
	    0);
	assert_true(r.allports);
	firewall_rule_fini(&r);
	report_fini(&report);
}

static void
knows_blocktypes(void **state)
{
	static const struct {
		const char *text;
		enum firewall_block_kind kind4, kind6;
		uint8_t code4, code6;
	} v[] = {
		{ "drop", BLOCK_DROP, BLOCK_DROP, 0, 0 },
		{ "reject", BLOCK_ICMP, BLOCK_ICMP, 3, 4 },
		{ "reject  with tcp reset", BLOCK_RESET, BLOCK_RESET, 0, 0 },
		{ "reject with icmp type admin-prohibited", BLOCK_ICMP,
		    BLOCK_ICMP, 13, 4 },
		{ "reject with icmpv6 admin-prohibited", BLOCK_ICMP,
		    BLOCK_ICMP, 3, 1 },
		{ "reject with icmpx type host-unreachable", BLOCK_ICMPX,
		    BLOCK_ICMPX, NFT_REJECT_ICMPX_HOST_UNREACH,
		    NFT_REJECT_ICMPX_HOST_UNREACH },
	};
	struct firewall_rule r;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		PARSE(&r, { "blocktype", v[i].text });
		assert_int_equal(r.block[0].kind, v[i].kind4);
		assert_int_equal(r.block[0].code, v[i].code4);
		assert_int_equal(r.block[1].kind, v[i].kind6);
		assert_int_equal(r.block[1].code, v[i].code6);
		firewall_rule_fini(&r);
	}
	PARSE(&r, { "blocktype", "drop" },
	    { "blocktype?family=inet6", "reject with icmpv6 no-route" });
	assert_int_equal(r.block[0].kind, BLOCK_DROP);
	assert_int_equal(r.block[1].kind, BLOCK_ICMP);
	assert_int_equal(r.block[1].code, 0);
	firewall_rule_fini(&r);
}

static void
reads_port_lists(void **state)
{
	static const struct { const char *list, *expect; } v[] = {
		{ "22", "22" }, { "ssh", "22" }, { "0:65535", "0-65535" },
		{ "443,80", "80,443" }, { "80 , 443\n25", "25,80,443" },
		{ "6000:6010,6005-6020", "6000-6020" }, { "1,2,3", "1-3" },
		{ "http,https,imap2", "80,143,443" }, { "65535", "65535" },
		{ "ftp:ssh", "21-22" }, { "80,80,80", "80" },
		{ "0,65535", "0,65535" },
	};
	static const char *const refused[] = { "", " , ", "65536", "-1",
		"22:", ":22", "90:80", "1-2-3", "no-such-service", "22x",
		"80;443", "0x50" };
	struct firewall_ports *p = NULL;
	struct buf text = { 0 }, why = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		buf_clear(&text);
		assert_int_equal(firewall_ports_parse(span_of(v[i].list), &p,
		    &n, &why), 0);
		firewall_ports_format(p, n, &text);
		assert_string_equal(text.p, v[i].expect);
		free(p);
	}
	assert_int_equal(why.n, 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		buf_clear(&why);
		assert_int_equal(firewall_ports_parse(span_of(refused[i]), &p,
		    &n, &why), -1);
		assert_true(why.n > 0);
	}
	buf_fini(&text);
	buf_fini(&why);
}

/* Each refusal names the option, the value and what would be taken. */
static void
refuses_with_reasons(void **state)
{
	static const struct {
		struct pair pair;
		const char *expect;
	} v[] = {
		{ { "port", "foo" }, "port: 'foo' is not a port; accepted: "
		    "0..65535" },
		{ { "protocol", "tpc" }, "protocol: 'tpc' is not a protocol "
		    "with ports; accepted: tcp, udp" },
		{ { "protocol", "icmp" }, "(or type=allports)" },
		{ { "protocol", "all" }, "(or type=allports)" },
		{ { "type", "custom" }, "type: 'custom' is not known; "
		    "accepted: multiport, allports" },
		{ { "blocktype", "refuse" }, "blocktype: 'refuse' is not "
		    "known; accepted: drop, reject" },
		{ { "blocktype", "reject with icmp type nonsense" },
		    "host-prohibited" },
		{ { "chain_hook", "ingress" }, "accepted: prerouting, input, "
		    "forward, output" },
		{ { "chain_type", "nat" }, "chain_type: 'nat' is not known; "
		    "accepted: filter" },
		{ { "chain_priority", "soon" }, "chain_priority: 'soon' is "
		    "not a priority; accepted: a number" },
		{ { "table_family", "bridge" }, "accepted: inet, ip, ip6" },
		{ { "table", "a b" }, "table: 'a b' cannot be a name" },
		{ { "chain", "x;flush ruleset" }, "cannot be a name" },
		{ { "addr_set", "net-set-sshd" }, "net_set: 'net-set-sshd' is "
		    "the name of addr_set too" },
	};
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct report report = { 0 };
		struct firewall_rule r;

		assert_int_equal(parse_as(&r, &report, "nftables", &v[i].pair,
		    1), -1);
		assert_int_equal(report.errors, 1);
		buf_clear(&text);
		report_format(&report.v[0], &text);
		if (strstr(text.p, v[i].expect) == NULL)
			print_error("'%s' not in '%s'\n", v[i].expect, text.p);
		assert_non_null(strstr(text.p, v[i].expect));
		assert_non_null(strstr(text.p, "[sshd]"));
		report_fini(&report);
	}
	buf_fini(&text);
}

static void
reports_every_problem(void **state)
{
	static const struct pair pairs[] = {
		{ "port", "x" }, { "protocol", "y" }, { "type", "z" },
		{ "chain_hook", "w" }, { "blocktype", "v" },
	};
	struct report report = { 0 };
	struct firewall_rule r;

	(void)state;
	assert_int_equal(parse_as(&r, &report, "nftables", pairs, 5), -1);
	assert_int_equal(report.errors, 5);
	report_fini(&report);
}

static void
reset_is_for_tcp(void **state)
{
	static const struct pair pairs[] = {
		{ "protocol", "tcp,udp" },
		{ "blocktype", "reject with tcp reset" },
	};
	struct report report = { 0 };
	struct firewall_rule r;

	(void)state;
	assert_int_equal(parse_as(&r, &report, "nftables", pairs, 2), -1);
	assert_int_equal(report.errors, 1);
	report_fini(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(takes_names),
		cmocka_unit_test(knows_types_and_protocols),
		cmocka_unit_test(knows_blocktypes),
		cmocka_unit_test(reads_port_lists),
		cmocka_unit_test(refuses_with_reasons),
		cmocka_unit_test(reports_every_problem),
		cmocka_unit_test(reset_is_for_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
