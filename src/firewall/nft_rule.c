#include "firewall/nft_rule.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stddef.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/log.h"

#define LOGGER "gaol.firewall"

#define ROOM 8192                    /* of a message about one object */
#define ELEMENTS_ROOM (65 * 1024)    /* FIREWALL_PORTS_MAX ranges fit */

/* nft's numbers of data types: they are for its listings only. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13 };

/* nft numbers byte orders so, for its listings. */
enum { ORDER_BIG = 2 };

#define ANONYMOUS "__set%d"

/* libnftnl allocates a handful of bytes; without them nothing goes on. */
static void *
must(void *p)
{
	if (p == NULL)
		log_fatal(LOGGER, "out of memory");
	return p;
}

/* --- tables, chains, sets --------------------------------------------------- */

void
nft_rule_put_table(struct nft_batch *b, const struct nft_want_table *t)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_NEWTABLE, t->family,
	    NLM_F_CREATE, ROOM);

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, t->name);
	/* Wakes a table that somebody made dormant. */
	mnl_attr_put_u32(h, NFTA_TABLE_FLAGS, htonl(0));
	nft_batch_close(b, h);
}

void
nft_rule_put_chain(struct nft_batch *b, const struct nft_want_table *t,
    const struct nft_want_chain *c)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_NEWCHAIN, t->family,
	    NLM_F_CREATE, ROOM);
	struct nftnl_chain *chain = must(nftnl_chain_alloc());

	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, t->name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, c->name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, c->hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, c->priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(h, chain);
	nftnl_chain_free(chain);
	nft_batch_close(b, h);
}

static void
put_set(struct nft_batch *b, uint8_t family, struct nftnl_set *set)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_NEWSET, family,
	    NLM_F_CREATE, ROOM);

	nftnl_set_nlmsg_build_payload(h, set);
	nftnl_set_free(set);
	nft_batch_close(b, h);
}

static struct nftnl_set *
new_set(const char *table, const char *name, uint32_t type, uint32_t len,
    uint32_t flags)
{
	struct nftnl_udata_buf *ud = must(nftnl_udata_buf_alloc(64));
	struct nftnl_set *set = must(nftnl_set_alloc());
	static uint32_t id;

	nftnl_set_set_str(set, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, len);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	/* Names what a rule of the same transaction means; any number. */
	nftnl_set_set_u32(set, NFTNL_SET_ID, ++id != 0 ? id : ++id);
	nftnl_udata_put_u32(ud, NFTNL_UDATA_SET_KEYBYTEORDER, ORDER_BIG);
	nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(ud),
	    nftnl_udata_buf_len(ud));
	nftnl_udata_buf_free(ud);
	return set;
}

void
nft_rule_put_set(struct nft_batch *b, const struct nft_want_table *t,
    const struct nft_want_set *s)
{
	bool v6 = nft_want_is_v6(s->kind);
	uint32_t flags = NFT_SET_TIMEOUT |
	    (nft_want_is_net(s->kind) ? NFT_SET_INTERVAL : 0);

	put_set(b, t->family, new_set(t->name, s->name,
	    v6 ? TYPE_IPV6 : TYPE_IPV4, v6 ? 16 : 4, flags));
}

/* --- expressions ------------------------------------------------------------ */

static void
add_meta(struct nftnl_rule *r, uint32_t key)
{
	struct nftnl_expr *e = must(nftnl_expr_alloc("meta"));

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_rule_add_expr(r, e);
}

static void
add_payload(struct nftnl_rule *r, uint32_t base, uint32_t offset, uint32_t len)
{
	struct nftnl_expr *e = must(nftnl_expr_alloc("payload"));

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_rule_add_expr(r, e);
}

static void
add_cmp(struct nftnl_rule *r, uint32_t op, const void *data, uint32_t len)
{
	struct nftnl_expr *e = must(nftnl_expr_alloc("cmp"));

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
	nftnl_rule_add_expr(r, e);
}

/* id 0: the set is named and may be older than this transaction. */
static void
add_lookup(struct nftnl_rule *r, const char *set, uint32_t id)
{
	struct nftnl_expr *e = must(nftnl_expr_alloc("lookup"));

	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set);
	if (id != 0)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, id);
	nftnl_rule_add_expr(r, e);
}

static void
add_drop(struct nftnl_rule *r)
{
	struct nftnl_expr *e = must(nftnl_expr_alloc("immediate"));

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
	nftnl_rule_add_expr(r, e);
}

static void
add_block(struct nftnl_rule *r, const struct firewall_block *b)
{
	static const uint32_t types[] = {
		[BLOCK_RESET] = NFT_REJECT_TCP_RST,
		[BLOCK_ICMP] = NFT_REJECT_ICMP_UNREACH,
		[BLOCK_ICMPX] = NFT_REJECT_ICMPX_UNREACH,
	};
	struct nftnl_expr *e;

	if (b->kind == BLOCK_DROP) {
		add_drop(r);
		return;
	}
	e = must(nftnl_expr_alloc("reject"));
	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, types[b->kind]);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, b->code);
	nftnl_rule_add_expr(r, e);
}

/* --- sets without a name: ports and protocols --------------------------------- */

static void
add_key(struct nftnl_set *set, const void *key, uint32_t len, bool end)
{
	struct nftnl_set_elem *e = must(nftnl_set_elem_alloc());

	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, len);
	if (end)
		nftnl_set_elem_set_u32(e, NFTNL_SET_ELEM_FLAGS,
		    NFT_SET_ELEM_INTERVAL_END);
	nftnl_set_elem_add(set, e);
}

/* Announces the set with its elements; returns the id to look it up by. */
static uint32_t
put_anonymous(struct nft_batch *b, uint8_t family, struct nftnl_set *set)
{
	uint32_t id = nftnl_set_get_u32(set, NFTNL_SET_ID);
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_NEWSET, family,
	    NLM_F_CREATE, ROOM);

	nftnl_set_nlmsg_build_payload(h, set);
	nft_batch_close(b, h);
	h = nft_batch_open(b, NFT_MSG_NEWSETELEM, family, NLM_F_CREATE,
	    ELEMENTS_ROOM);
	nftnl_set_elems_nlmsg_build_payload(h, set);
	nft_batch_close(b, h);
	nftnl_set_free(set);
	return id;
}

static uint32_t
put_ports(struct nft_batch *b, const struct nft_want_table *t,
    const struct firewall_rule *rule)
{
	struct nftnl_set *set;
	bool ranges = false;

	for (size_t i = 0; i < rule->ports_n; i++)
		ranges |= rule->ports[i].first != rule->ports[i].last;
	set = new_set(t->name, ANONYMOUS, TYPE_SERVICE, sizeof(uint16_t),
	    NFT_SET_ANONYMOUS | NFT_SET_CONSTANT |
	    (ranges ? NFT_SET_INTERVAL : 0));
	for (size_t i = 0; i < rule->ports_n; i++) {
		uint16_t first = htons(rule->ports[i].first);
		uint16_t behind = htons((uint16_t)(rule->ports[i].last + 1));

		add_key(set, &first, sizeof(first), false);
		/* Behind port 65535 there is none: the range stays open. */
		if (ranges && behind != 0)
			add_key(set, &behind, sizeof(behind), true);
	}
	return put_anonymous(b, t->family, set);
}

static uint32_t
put_protocols(struct nft_batch *b, const struct nft_want_table *t,
    const struct firewall_rule *rule)
{
	struct nftnl_set *set = new_set(t->name, ANONYMOUS, TYPE_PROTOCOL,
	    sizeof(uint8_t), NFT_SET_ANONYMOUS | NFT_SET_CONSTANT);

	for (size_t i = 0; i < rule->protocols_n; i++)
		add_key(set, &rule->protocols[i], sizeof(uint8_t), false);
	return put_anonymous(b, t->family, set);
}

/* --- rules -------------------------------------------------------------------- */

static void
match_ports(struct nftnl_rule *r, const struct nft_want_rule *w, uint32_t id)
{
	const struct firewall_ports *p = w->rule->ports;
	uint16_t first = htons(p->first), last = htons(p->last);

	add_meta(r, NFT_META_L4PROTO);
	add_cmp(r, NFT_CMP_EQ, &w->protocol, sizeof(w->protocol));
	/* The source port stands first in all that have ports. */
	add_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	if (id != 0) {
		add_lookup(r, ANONYMOUS, id);
	} else if (p->first == p->last) {
		add_cmp(r, NFT_CMP_EQ, &first, sizeof(first));
	} else {
		add_cmp(r, NFT_CMP_GTE, &first, sizeof(first));
		add_cmp(r, NFT_CMP_LTE, &last, sizeof(last));
	}
}

static void
match_protocols(struct nftnl_rule *r, const struct nft_want_rule *w,
    uint32_t id)
{
	if (w->rule->protocols_n == 0)
		return;
	add_meta(r, NFT_META_L4PROTO);
	if (id != 0)
		add_lookup(r, ANONYMOUS, id);
	else
		add_cmp(r, NFT_CMP_EQ, &w->rule->protocols[0],
		    sizeof(uint8_t));
}

static void
match_source(struct nftnl_rule *r, const struct nft_want_table *t,
    const struct nft_want_rule *w)
{
	bool v6 = nft_want_is_v6(w->kind);
	uint8_t family = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	if (t->family == NFPROTO_INET) {
		add_meta(r, NFT_META_NFPROTO);
		add_cmp(r, NFT_CMP_EQ, &family, sizeof(family));
	}
	if (v6)
		add_payload(r, NFT_PAYLOAD_NETWORK_HEADER,
		    offsetof(struct ip6_hdr, ip6_src), 16);
	else
		add_payload(r, NFT_PAYLOAD_NETWORK_HEADER,
		    offsetof(struct iphdr, saddr), 4);
	add_lookup(r, w->set, 0);
}

static void
set_comment(struct nftnl_rule *r, const char *comment)
{
	struct nftnl_udata_buf *ud = must(nftnl_udata_buf_alloc(256));

	nftnl_udata_put_strz(ud, NFTNL_UDATA_RULE_COMMENT, comment);
	nftnl_rule_set_data(r, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(ud),
	    nftnl_udata_buf_len(ud));
	nftnl_udata_buf_free(ud);
}

void
nft_rule_put(struct nft_batch *b, const struct nft_want_table *t,
    const struct nft_want_rule *w)
{
	struct nftnl_rule *r = must(nftnl_rule_alloc());
	uint32_t id = 0;
	struct nlmsghdr *h;

	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, t->family);
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, t->name);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, w->chain);
	set_comment(r, w->comment);
	if (w->rule->allports) {
		if (w->rule->protocols_n > 1)
			id = put_protocols(b, t, w->rule);
		match_protocols(r, w, id);
	} else {
		if (w->rule->ports_n > 1)
			id = put_ports(b, t, w->rule);
		match_ports(r, w, id);
	}
	match_source(r, t, w);
	add_block(r, &w->rule->block[nft_want_is_v6(w->kind)]);
	h = nft_batch_open(b, NFT_MSG_NEWRULE, t->family,
	    NLM_F_CREATE | NLM_F_APPEND, ROOM);
	nftnl_rule_nlmsg_build_payload(h, r);
	nft_batch_close(b, h);
	nftnl_rule_free(r);
}

/* --- removal ------------------------------------------------------------------ */

void
nft_rule_del_table(struct nft_batch *b, uint8_t family, const char *table)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_DELTABLE, family, 0,
	    ROOM);

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, table);
	nft_batch_close(b, h);
}

void
nft_rule_del_chain(struct nft_batch *b, uint8_t family, const char *table,
    const char *chain)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_DELCHAIN, family, 0,
	    ROOM);

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, chain);
	nft_batch_close(b, h);
}

void
nft_rule_del_set(struct nft_batch *b, uint8_t family, const char *table,
    const char *set)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_DELSET, family, 0,
	    ROOM);

	mnl_attr_put_strz(h, NFTA_SET_TABLE, table);
	mnl_attr_put_strz(h, NFTA_SET_NAME, set);
	nft_batch_close(b, h);
}

void
nft_rule_del(struct nft_batch *b, uint8_t family, const char *table,
    const char *chain, uint64_t handle)
{
	struct nlmsghdr *h = nft_batch_open(b, NFT_MSG_DELRULE, family, 0,
	    ROOM);

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, chain);
	mnl_attr_put_u64(h, NFTA_RULE_HANDLE, htobe64(handle));
	nft_batch_close(b, h);
}
