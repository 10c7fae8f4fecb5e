#include "firewall/nft_reply.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

int
nft_reply_walk(const void *p, size_t n, nft_reply_fn *fn, void *arg)
{
	const struct nlmsghdr *h = p;
	int left = n > INT32_MAX / 2 ? INT32_MAX / 2 : (int)n, rc;

	while (mnl_nlmsg_ok(h, left)) {
		/*
		 * libmnl compares as int, where a length of 2^31 is small,
		 * and takes the padding for part of the attributes.
		 */
		if (h->nlmsg_len > (uint32_t)left ||
		    MNL_ALIGN(h->nlmsg_len) > (uint32_t)left)
			return bad();
		rc = fn(h, arg);
		if (rc != 0)
			return rc;
		h = mnl_nlmsg_next(h, &left);
	}
	return left == 0 ? 0 : bad();
}

int
nft_reply_error(const struct nlmsghdr *h, int *error)
{
	size_t n = mnl_nlmsg_get_payload_len(h);
	int value = 0;

	if (h->nlmsg_type == NLMSG_DONE) {
		/* A dump that failed half way says so in its last message. */
		if (n >= sizeof(value))
			memcpy(&value, mnl_nlmsg_get_payload(h),
			    sizeof(value));
	} else {
		if (n < sizeof(struct nlmsgerr))
			return bad();
		memcpy(&value, mnl_nlmsg_get_payload(h), sizeof(value));
	}
	if (value > 0 || value < -4095)
		return bad();
	*error = -value;
	return 0;
}

int
nft_reply_type(const struct nlmsghdr *h)
{
	if (NFNL_SUBSYS_ID(h->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return -1;
	return NFNL_MSG_TYPE(h->nlmsg_type);
}

/* --- attributes ----------------------------------------------------------- */

/* Borrowed text, NUL-terminated inside its attribute; else NULL. */
static const char *
attr_text(const struct nlattr *a)
{
	const char *text = mnl_attr_get_payload(a);

	return memchr(text, '\0', mnl_attr_get_payload_len(a)) != NULL ?
	    text : NULL;
}

static uint32_t
attr_u32(const struct nlattr *a)
{
	uint32_t v;

	if (mnl_attr_get_payload_len(a) < sizeof(v))
		return 0;
	memcpy(&v, mnl_attr_get_payload(a), sizeof(v));
	return ntohl(v);
}

static uint64_t
attr_u64(const struct nlattr *a)
{
	uint64_t v;

	if (mnl_attr_get_payload_len(a) < sizeof(v))
		return 0;
	memcpy(&v, mnl_attr_get_payload(a), sizeof(v));
	return be64toh(v);
}

static bool
has_nfgen(const struct nlmsghdr *h)
{
	return mnl_nlmsg_get_payload_len(h) >= sizeof(struct nfgenmsg);
}

/* --- objects -------------------------------------------------------------- */

static void
table_attr(const struct nlattr *a, struct nft_reply_object *o)
{
	switch (mnl_attr_get_type(a)) {
	case NFTA_TABLE_NAME:
		o->table = attr_text(a);
		break;
	case NFTA_TABLE_FLAGS:
		o->flags = attr_u32(a);
		break;
	case NFTA_TABLE_HANDLE:
		o->handle = attr_u64(a);
		break;
	}
}

static void
chain_attr(const struct nlattr *a, struct nft_reply_object *o)
{
	const struct nlattr *in;

	switch (mnl_attr_get_type(a)) {
	case NFTA_CHAIN_TABLE:
		o->table = attr_text(a);
		break;
	case NFTA_CHAIN_NAME:
		o->chain = attr_text(a);
		break;
	case NFTA_CHAIN_HANDLE:
		o->handle = attr_u64(a);
		break;
	case NFTA_CHAIN_HOOK:
		o->base = true;
		mnl_attr_for_each_nested(in, a) {
			if (mnl_attr_get_type(in) == NFTA_HOOK_HOOKNUM)
				o->hook = attr_u32(in);
			else if (mnl_attr_get_type(in) == NFTA_HOOK_PRIORITY)
				o->priority = (int32_t)attr_u32(in);
		}
		break;
	}
}

static void
set_attr(const struct nlattr *a, struct nft_reply_object *o)
{
	switch (mnl_attr_get_type(a)) {
	case NFTA_SET_TABLE:
		o->table = attr_text(a);
		break;
	case NFTA_SET_NAME:
		o->set = attr_text(a);
		break;
	case NFTA_SET_FLAGS:
		o->flags = attr_u32(a);
		break;
	case NFTA_SET_KEY_TYPE:
		o->key_type = attr_u32(a);
		break;
	case NFTA_SET_KEY_LEN:
		o->key_len = attr_u32(a);
		break;
	case NFTA_SET_HANDLE:
		o->handle = attr_u64(a);
		break;
	}
}

static void
rule_attr(const struct nlattr *a, struct nft_reply_object *o)
{
	switch (mnl_attr_get_type(a)) {
	case NFTA_RULE_TABLE:
		o->table = attr_text(a);
		break;
	case NFTA_RULE_CHAIN:
		o->chain = attr_text(a);
		break;
	case NFTA_RULE_HANDLE:
		o->handle = attr_u64(a);
		break;
	}
}

static void
elements_attr(const struct nlattr *a, struct nft_reply_object *o)
{
	switch (mnl_attr_get_type(a)) {
	case NFTA_SET_ELEM_LIST_TABLE:
		o->table = attr_text(a);
		break;
	case NFTA_SET_ELEM_LIST_SET:
		o->set = attr_text(a);
		break;
	}
}

typedef void attr_fn(const struct nlattr *a, struct nft_reply_object *o);

static attr_fn *
attr_reader(int type)
{
	switch (type) {
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_DELTABLE:
		return table_attr;
	case NFT_MSG_NEWCHAIN:
	case NFT_MSG_DELCHAIN:
		return chain_attr;
	case NFT_MSG_NEWSET:
	case NFT_MSG_DELSET:
		return set_attr;
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
		return rule_attr;
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_DELSETELEM:
		return elements_attr;
	}
	return NULL;
}

int
nft_reply_object(const struct nlmsghdr *h, struct nft_reply_object *o)
{
	attr_fn *reader = attr_reader(nft_reply_type(h));
	const struct nfgenmsg *gen = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	memset(o, 0, sizeof(*o));
	if (reader == NULL || !has_nfgen(h))
		return bad();
	o->family = gen->nfgen_family;
	mnl_attr_for_each(a, h, sizeof(*gen))
		reader(a, o);
	return 0;
}

/* --- rules ---------------------------------------------------------------- */

/* One expression: remembers the set when it is a look-up. */
static void
rule_expr(const struct nlattr *expr, struct nft_reply_rule *r)
{
	const struct nlattr *a, *data = NULL;
	const char *name = NULL;

	mnl_attr_for_each_nested(a, expr) {
		if (mnl_attr_get_type(a) == NFTA_EXPR_NAME)
			name = attr_text(a);
		else if (mnl_attr_get_type(a) == NFTA_EXPR_DATA)
			data = a;
	}
	if (name == NULL || data == NULL || strcmp(name, "lookup") != 0)
		return;
	mnl_attr_for_each_nested(a, data) {
		if (mnl_attr_get_type(a) != NFTA_LOOKUP_SET ||
		    r->sets_n == NFT_REPLY_LOOKUPS)
			continue;
		name = attr_text(a);
		if (name != NULL)
			r->sets[r->sets_n++] = name;
	}
}

/* User data is a list of {type, length, bytes}; nft's comment is type 0. */
static const char *
comment_of(const uint8_t *p, size_t n)
{
	while (n >= 2) {
		size_t len = p[1];

		if (len > n - 2)
			return NULL;
		if (p[0] == NFTNL_UDATA_RULE_COMMENT)
			return len > 0 && p[2 + len - 1] == '\0' ?
			    (const char *)p + 2 : NULL;
		p += 2 + len;
		n -= 2 + len;
	}
	return NULL;
}

int
nft_reply_rule(const struct nlmsghdr *h, struct nft_reply_rule *r)
{
	const struct nlattr *a, *expr;

	memset(r, 0, sizeof(*r));
	if (!has_nfgen(h))
		return bad();
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(a) == NFTA_RULE_EXPRESSIONS) {
			mnl_attr_for_each_nested(expr, a)
				rule_expr(expr, r);
		} else if (mnl_attr_get_type(a) == NFTA_RULE_USERDATA) {
			r->comment = comment_of(mnl_attr_get_payload(a),
			    mnl_attr_get_payload_len(a));
		}
	}
	return 0;
}

/* --- elements ------------------------------------------------------------- */

static void
element_key(const struct nlattr *a, struct nft_reply_element *e)
{
	const struct nlattr *in;
	size_t n;

	mnl_attr_for_each_nested(in, a) {
		n = mnl_attr_get_payload_len(in);
		if (mnl_attr_get_type(in) != NFTA_DATA_VALUE ||
		    (n != 4 && n != sizeof(e->key)))
			continue;
		memcpy(e->key, mnl_attr_get_payload(in), n);
		e->key_len = n;
	}
}

static int64_t
milliseconds(const struct nlattr *a)
{
	uint64_t v = attr_u64(a);

	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void
element_parse(const struct nlattr *item, struct nft_reply_element *e)
{
	const struct nlattr *a;

	*e = (struct nft_reply_element){ .timeout = -1, .left = -1 };
	mnl_attr_for_each_nested(a, item) {
		switch (mnl_attr_get_type(a)) {
		case NFTA_SET_ELEM_KEY:
			element_key(a, e);
			break;
		case NFTA_SET_ELEM_FLAGS:
			e->end = attr_u32(a) & NFT_SET_ELEM_INTERVAL_END;
			break;
		case NFTA_SET_ELEM_TIMEOUT:
			e->timeout = milliseconds(a);
			break;
		case NFTA_SET_ELEM_EXPIRATION:
			e->left = milliseconds(a);
			break;
		}
	}
	if (e->timeout <= 0)
		e->timeout = e->left = -1;
	else if (e->left == -1)
		e->left = e->timeout;
}

int
nft_reply_elements(const struct nlmsghdr *h, nft_reply_element_fn *fn,
    void *arg)
{
	const struct nlattr *a, *item;
	struct nft_reply_element e;

	if (!has_nfgen(h))
		return bad();
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(a) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(item, a) {
			element_parse(item, &e);
			if (e.key_len > 0)
				fn(&e, arg);
		}
	}
	return 0;
}

/* --- generations ---------------------------------------------------------- */

int
nft_reply_gen(const struct nlmsghdr *h, struct nft_reply_gen *g)
{
	const struct nlattr *a;
	const char *name;

	memset(g, 0, sizeof(*g));
	if (nft_reply_type(h) != NFT_MSG_NEWGEN || !has_nfgen(h))
		return bad();
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(a)) {
		case NFTA_GEN_ID:
			g->id = attr_u32(a);
			break;
		case NFTA_GEN_PROC_PID:
			g->pid = (pid_t)attr_u32(a);
			break;
		case NFTA_GEN_PROC_NAME:
			name = attr_text(a);
			if (name != NULL)
				memcpy(g->name, name,
				    strnlen(name, sizeof(g->name) - 1));
			break;
		}
	}
	return 0;
}
