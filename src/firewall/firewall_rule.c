/* The properties of a native action, as fail2ban's nftables action has them. */
#include "firewall/firewall.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/span.h"
#include "base/xalloc.h"
#include "firewall/firewall_block.h"
#include "firewall/firewall_ports.h"
#include "firewall/firewall_rule.h"

#define NAME_MAX_LEN 127   /* of a table, chain or set; the kernel takes 255 */

struct parser {
	struct firewall_rule *rule;
	const struct jail_config *jail;
	const struct action_config *action;
	struct report *report;
	struct buf why;
	size_t problems;
};

static const struct {
	const char *name;
	uint8_t number;
	bool ports;
} protocols[] = {
	{ "tcp", IPPROTO_TCP, true },
	{ "udp", IPPROTO_UDP, true },
	{ "sctp", IPPROTO_SCTP, true },
	{ "dccp", IPPROTO_DCCP, true },
	{ "udplite", IPPROTO_UDPLITE, true },
	{ "icmp", IPPROTO_ICMP, false },
	{ "icmpv6", IPPROTO_ICMPV6, false },
	{ "ipv6-icmp", IPPROTO_ICMPV6, false },
	{ "esp", IPPROTO_ESP, false },
	{ "ah", IPPROTO_AH, false },
	{ "gre", IPPROTO_GRE, false },
};

static const struct {
	const char *name;
	int64_t value;
} priorities[] = {
	{ "raw", -300 }, { "mangle", -150 }, { "dstnat", -100 },
	{ "filter", 0 }, { "security", 50 }, { "srcnat", 100 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
property(const struct parser *p, const char *key, const char *fallback)
{
	const char *value = properties_get(&p->action->props, key);

	return value != NULL && span_trim(span_of(value)).n > 0 ? value :
	    fallback;
}

/* The reason is what the parser's `why` holds. */
static void
complain(struct parser *p, const char *key)
{
	p->problems++;
	report_add(p->report, PROBLEM_ERROR, p->jail->name, NULL, 0,
	    "action %s: %s: %s", p->action->name, key,
	    p->why.p != NULL ? p->why.p : "");
	buf_clear(&p->why);
}

static bool
name_ok(struct span s)
{
	if (s.n == 0 || s.n > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '_' && c != '-' &&
		    c != '.' && c != '/')
			return false;
	}
	return true;
}

/* "<name>" may still stand in a set's name: it is known before run time. */
static char *
expand_name(const struct parser *p, const char *text)
{
	struct span rest = span_of(text), tag = SPAN("<name>");
	struct buf out = { 0 };
	size_t at;

	while ((at = span_find(rest, tag)) != SPAN_NONE) {
		buf_add_span(&out, span_sub(rest, 0, at));
		buf_adds(&out, property(p, "name", p->jail->name));
		rest = span_skip(rest, at + tag.n);
	}
	buf_add_span(&out, rest);
	return out.n > 0 ? buf_take(&out) : xstrdup("");
}

static char *
parse_name(struct parser *p, const char *key, const char *fallback)
{
	char *name = expand_name(p, property(p, key, fallback));
	struct span s = span_trim(span_of(name));
	char *trimmed = span_dup(s);

	free(name);
	if (!name_ok(span_of(trimmed))) {
		buf_addf(&p->why, "'%s' cannot be a name in nftables; "
		    "accepted: 1 to %d of letters, digits and _ - . /",
		    trimmed, NAME_MAX_LEN);
		complain(p, key);
	}
	return trimmed;
}

/* A word out of a list; the list also says what is accepted. */
static char *
parse_word(struct parser *p, const char *key, const char *fallback,
    const char *accepted)
{
	struct span value = span_trim(span_of(property(p, key, fallback)));
	struct span rest = span_of(accepted), word;

	while (span_word(&rest, " ,", &word))
		if (span_eq(word, value))
			return span_dup(value);
	buf_addf(&p->why, "'%.*s' is not known; accepted: %s",
	    SPAN_FMT(value), accepted);
	complain(p, key);
	return xstrdup(fallback);
}

static void
parse_sets(struct parser *p)
{
	static const struct { const char *key, *fallback; } sets[] = {
		[FIREWALL_HOST4] = { "addr_set", "addr-set-<name>" },
		[FIREWALL_HOST6] = { "addr_set?family=inet6",
		    "addr6-set-<name>" },
		[FIREWALL_NET4] = { "net_set", "net-set-<name>" },
		[FIREWALL_NET6] = { "net_set?family=inet6",
		    "net6-set-<name>" },
	};
	struct firewall_rule *r = p->rule;

	for (int i = 0; i < FIREWALL_SETS; i++) {
		bool v6 = i == FIREWALL_HOST6 || i == FIREWALL_NET6;

		if (strcmp(r->family, v6 ? "ip" : "ip6") == 0)
			continue;
		r->sets[i] = parse_name(p, sets[i].key, sets[i].fallback);
		for (int j = 0; j < i; j++) {
			if (r->sets[j] == NULL ||
			    strcmp(r->sets[i], r->sets[j]) != 0)
				continue;
			buf_addf(&p->why, "'%s' is the name of %s too",
			    r->sets[i], sets[j].key);
			complain(p, sets[i].key);
		}
	}
}

/* A number, or nft's names for one: "filter", "filter - 10". */
static int
priority_parse(struct span s, int *out)
{
	int64_t base = 0, n = 0;
	bool minus = false;

	if (number_parse(s, INT32_MIN, INT32_MAX, &n) == 0) {
		*out = (int)n;
		return 0;
	}
	for (size_t i = 0; i < COUNT(priorities); i++) {
		if (!span_starts(s, span_of(priorities[i].name)))
			continue;
		base = priorities[i].value;
		s = span_trim(span_skip(s, strlen(priorities[i].name)));
		if (s.n == 0) {
			*out = (int)base;
			return 0;
		}
		minus = s.p[0] == '-';
		if ((!minus && s.p[0] != '+') || number_parse(
			span_trim(span_skip(s, 1)), 0, 100000, &n) == -1)
			return -1;
		*out = (int)(minus ? base - n : base + n);
		return 0;
	}
	return -1;
}

static void
parse_chain(struct parser *p)
{
	struct firewall_rule *r = p->rule;
	struct span priority =
	    span_trim(span_of(property(p, "chain_priority", "-1")));

	r->chain = parse_name(p, "chain", "f2b-chain");
	r->hook = parse_word(p, "chain_hook", "input",
	    "prerouting, input, forward, output");
	free(parse_word(p, "chain_type", "filter", "filter"));
	if (priority_parse(priority, &r->priority) == -1) {
		buf_addf(&p->why, "'%.*s' is not a priority; accepted: a "
		    "number, or raw, mangle, dstnat, filter, security, srcnat "
		    "with + or - a number", SPAN_FMT(priority));
		complain(p, "chain_priority");
	}
}

static int
protocol_find(struct span word, bool *ports)
{
	int64_t n;

	for (size_t i = 0; i < COUNT(protocols); i++) {
		if (span_eq_nocase(word, span_of(protocols[i].name))) {
			*ports = protocols[i].ports;
			return protocols[i].number;
		}
	}
	*ports = false;
	if (number_parse(word, 1, 255, &n) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(protocols); i++)
		if (protocols[i].number == n && protocols[i].ports)
			*ports = true;
	return (int)n;
}

void
firewall_rule_protocol(uint8_t number, struct buf *out)
{
	for (size_t i = 0; i < COUNT(protocols); i++) {
		if (protocols[i].number == number) {
			buf_adds(out, protocols[i].name);
			return;
		}
	}
	buf_addf(out, "%u", number);
}

static void
add_protocol(struct parser *p, struct span word)
{
	struct firewall_rule *r = p->rule;
	bool ports;
	int number = protocol_find(word, &ports);

	if (number == -1 || (!ports && !r->allports)) {
		buf_addf(&p->why, "'%.*s' is not a protocol %s; accepted: %s",
		    SPAN_FMT(word), r->allports ? "that is known" :
		    "with ports", r->allports ?
		    "tcp, udp, sctp, dccp, udplite, icmp, icmpv6, esp, ah, "
		    "gre, 1..255, all" : "tcp, udp, sctp, dccp, udplite "
		    "(or type=allports)");
		complain(p, "protocol");
		return;
	}
	if (memchr(r->protocols, number, r->protocols_n) != NULL)
		return;
	if (r->protocols_n == FIREWALL_PROTOCOLS_MAX) {
		buf_addf(&p->why, "more than %d protocols",
		    FIREWALL_PROTOCOLS_MAX);
		complain(p, "protocol");
		return;
	}
	r->protocols[r->protocols_n++] = (uint8_t)number;
}

static void
parse_protocols(struct parser *p)
{
	struct span list = span_of(property(p, "protocol", "tcp")), word;

	if (p->rule->allports && span_eq_nocase(span_trim(list), SPAN("all")))
		return;
	while (span_word(&list, " \t\n,", &word))
		add_protocol(p, word);
}

static void
parse_ports(struct parser *p)
{
	struct firewall_rule *r = p->rule;

	if (!r->allports && firewall_ports_parse(
		span_of(property(p, "port", "ssh")), &r->ports, &r->ports_n,
		&p->why) == -1)
		complain(p, "port");
}

static void
parse_block(struct parser *p, const char *key, int family,
    struct firewall_block *out)
{
	const char *both = property(p, "blocktype", "reject");
	struct firewall_rule *r = p->rule;

	if (firewall_block_parse(span_trim(span_of(property(p, key, both))),
		family, out, &p->why) == -1) {
		complain(p, key);
		return;
	}
	if (out->kind == BLOCK_RESET && (r->protocols_n != 1 ||
		r->protocols[0] != IPPROTO_TCP)) {
		buf_adds(&p->why, "'reject with tcp reset' is for protocol "
		    "tcp alone");
		complain(p, key);
	}
}

/* The stock actions set `type`; a copy that lost it still tells by its name. */
static const char *
default_type(const struct action_config *action)
{
	return action->file != NULL &&
	    span_ends(span_of(action->file), SPAN("-allports")) ? "allports" :
	    "multiport";
}

int
firewall_rule_parse(struct firewall_rule *rule, const struct jail_config *jail,
    const struct action_config *action, struct report *report)
{
	struct parser p = { .rule = rule, .jail = jail, .action = action,
	    .report = report };
	const char *v6 = "blocktype?family=inet6";
	char *type;

	memset(rule, 0, sizeof(*rule));
	rule->jail = xstrdup(jail->name);
	rule->action = xstrdup(action->name);
	type = parse_word(&p, "type", default_type(action),
	    "multiport, allports");
	rule->allports = strcmp(type, "allports") == 0;
	free(type);
	rule->table = parse_name(&p, "table", "f2b-table");
	rule->family = parse_word(&p, "table_family", "inet", "inet, ip, ip6");
	parse_chain(&p);
	parse_sets(&p);
	parse_protocols(&p);
	parse_ports(&p);
	parse_block(&p, "blocktype", AF_INET, &rule->block[0]);
	/* Without a text of its own the first message says it all. */
	if (p.problems == 0 || property(&p, v6, NULL) != NULL)
		parse_block(&p, v6, AF_INET6, &rule->block[1]);
	buf_fini(&p.why);
	if (p.problems == 0)
		return 0;
	firewall_rule_fini(rule);
	return -1;
}

void
firewall_rule_fini(struct firewall_rule *rule)
{
	free(rule->jail);
	free(rule->action);
	free(rule->table);
	free(rule->chain);
	free(rule->family);
	free(rule->hook);
	for (int i = 0; i < FIREWALL_SETS; i++)
		free(rule->sets[i]);
	free(rule->ports);
	memset(rule, 0, sizeof(*rule));
}
