#include "firewall/firewall_block.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <linux/netfilter/nf_tables.h>

#define BLANKS " \t\r\n"

enum { OF_V4 = 1, OF_V6 = 2, OF_BOTH = 3 };

struct code {
	const char *type;   /* nft's word behind "reject with" */
	int families;
	enum firewall_block_kind kind;
	const char *name;
	uint8_t code;
};

static const struct code codes[] = {
	{ "icmp", OF_V4, BLOCK_ICMP, "net-unreachable", ICMP_NET_UNREACH },
	{ "icmp", OF_V4, BLOCK_ICMP, "host-unreachable", ICMP_HOST_UNREACH },
	{ "icmp", OF_V4, BLOCK_ICMP, "prot-unreachable", ICMP_PROT_UNREACH },
	{ "icmp", OF_V4, BLOCK_ICMP, "port-unreachable", ICMP_PORT_UNREACH },
	{ "icmp", OF_V4, BLOCK_ICMP, "net-prohibited", ICMP_NET_ANO },
	{ "icmp", OF_V4, BLOCK_ICMP, "host-prohibited", ICMP_HOST_ANO },
	{ "icmp", OF_V4, BLOCK_ICMP, "admin-prohibited", ICMP_PKT_FILTERED },
	{ "icmpv6", OF_V6, BLOCK_ICMP, "no-route",
	    ICMP6_DST_UNREACH_NOROUTE },
	{ "icmpv6", OF_V6, BLOCK_ICMP, "admin-prohibited",
	    ICMP6_DST_UNREACH_ADMIN },
	{ "icmpv6", OF_V6, BLOCK_ICMP, "addr-unreachable",
	    ICMP6_DST_UNREACH_ADDR },
	{ "icmpv6", OF_V6, BLOCK_ICMP, "port-unreachable",
	    ICMP6_DST_UNREACH_NOPORT },
	{ "icmpv6", OF_V6, BLOCK_ICMP, "policy-fail", 5 },
	{ "icmpv6", OF_V6, BLOCK_ICMP, "reject-route", 6 },
	{ "icmpx", OF_BOTH, BLOCK_ICMPX, "no-route",
	    NFT_REJECT_ICMPX_NO_ROUTE },
	{ "icmpx", OF_BOTH, BLOCK_ICMPX, "port-unreachable",
	    NFT_REJECT_ICMPX_PORT_UNREACH },
	{ "icmpx", OF_BOTH, BLOCK_ICMPX, "host-unreachable",
	    NFT_REJECT_ICMPX_HOST_UNREACH },
	{ "icmpx", OF_BOTH, BLOCK_ICMPX, "admin-prohibited",
	    NFT_REJECT_ICMPX_ADMIN_PROHIBITED },
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

static bool
is(struct span word, const char *text)
{
	return span_eq(word, span_of(text));
}

/* What a bare "reject" means: port unreachable, in the family's own ICMP. */
static void
plain_reject(int family, struct firewall_block *out)
{
	out->kind = BLOCK_ICMP;
	out->code = family == AF_INET6 ? ICMP6_DST_UNREACH_NOPORT :
	    ICMP_PORT_UNREACH;
}

static int
code_find(struct span type, struct span name, int family,
    struct firewall_block *out)
{
	int need = family == AF_INET6 ? OF_V6 : OF_V4;

	for (size_t i = 0; i < CODES; i++) {
		if (!is(type, codes[i].type) || !is(name, codes[i].name))
			continue;
		/* One blocktype serves both families, as "icmp" did before. */
		if ((codes[i].families & need) == 0)
			plain_reject(family, out);
		else
			*out = (struct firewall_block){
				codes[i].kind, codes[i].code };
		return 0;
	}
	return -1;
}

static size_t
words_of(struct span text, struct span *v, size_t max)
{
	size_t n = 0;

	while (n < max && span_word(&text, BLANKS, &v[n]))
		n++;
	return span_trim(text).n == 0 ? n : max + 1;
}

int
firewall_block_parse(struct span text, int family, struct firewall_block *out,
    struct buf *why)
{
	struct span w[5];
	size_t n = words_of(text, w, 5);

	if (n == 1 && is(w[0], "drop")) {
		*out = (struct firewall_block){ .kind = BLOCK_DROP };
		return 0;
	}
	if (n == 1 && is(w[0], "reject")) {
		plain_reject(family, out);
		return 0;
	}
	if (n >= 4 && n <= 5 && is(w[0], "reject") && is(w[1], "with")) {
		if (n == 4 && is(w[2], "tcp") && is(w[3], "reset")) {
			*out = (struct firewall_block){ .kind = BLOCK_RESET };
			return 0;
		}
		if ((n == 4 || is(w[3], "type")) &&
		    code_find(w[2], w[n - 1], family, out) == 0)
			return 0;
	}
	buf_addf(why, "'%.*s' is not known; accepted: %s", SPAN_FMT(text),
	    FIREWALL_BLOCK_ACCEPTED);
	for (size_t i = 0; i < CODES; i++)
		if (n >= 4 && n <= 5 && is(w[2], codes[i].type))
			buf_addf(why, ", %s", codes[i].name);
	return -1;
}

void
firewall_block_format(const struct firewall_block *b, int family,
    struct buf *out)
{
	struct firewall_block plain;

	plain_reject(family, &plain);
	if (b->kind == BLOCK_DROP)
		buf_adds(out, "drop");
	else if (b->kind == BLOCK_RESET)
		buf_adds(out, "reject with tcp reset");
	else if (b->kind == plain.kind && b->code == plain.code)
		buf_adds(out, "reject");
	else
		buf_addf(out, "reject with %s %u", b->kind == BLOCK_ICMPX ?
		    "icmpx" : family == AF_INET6 ? "icmpv6" : "icmp", b->code);
}
