/*
 * The readers of netlink's answers on bytes no kernel would send. Each message
 * lies at the very end of its own allocation, so that the address sanitizer
 * sees the first byte read behind it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>

#include "base/xalloc.h"
#include "firewall/nft_element.h"
#include "firewall/nft_reply.h"
#include "firewall/nft_watch.h"

#define NFT(type) ((NFNL_SUBSYS_NFTABLES << 8) | (type))

struct seen {
	struct nft_element_list list;
	size_t messages;
};

static void
take_all(const struct nlmsghdr *h, struct seen *s)
{
	struct nft_reply_object o;
	struct nft_reply_rule r;
	struct nft_reply_gen g;
	int error;

	s->messages++;
	nft_reply_error(h, &error);
	nft_reply_type(h);
	if (nft_reply_object(h, &o) == 0) {
		if (o.table != NULL)
			assert_true(strlen(o.table) < 65536);
		if (o.set != NULL)
			assert_true(strlen(o.set) < 65536);
		if (o.chain != NULL)
			assert_true(strlen(o.chain) < 65536);
	}
	if (nft_reply_rule(h, &r) == 0) {
		assert_true(r.sets_n <= NFT_REPLY_LOOKUPS);
		for (size_t i = 0; i < r.sets_n; i++)
			assert_true(strlen(r.sets[i]) < 65536);
		if (r.comment != NULL)
			assert_true(strlen(r.comment) < 256);
	}
	nft_reply_elements(h, nft_element_gather, &s->list);
	if (nft_reply_gen(h, &g) == 0)
		assert_true(strlen(g.name) < sizeof(g.name));
}

static int
on_message(const struct nlmsghdr *h, void *arg)
{
	take_all(h, arg);
	return 0;
}

/* Walks a copy that ends where its allocation ends. */
static int
walk(const void *p, size_t n, struct seen *s)
{
	char *copy = xmalloc(n + (n == 0));
	int rc;

	memcpy(copy, p, n);
	rc = nft_reply_walk(copy, n, on_message, s);
	free(copy);
	return rc;
}

static struct nlmsghdr *
begin(char *buf, int type)
{
	return nftnl_nlmsg_build_hdr(buf, (uint16_t)type, NFPROTO_INET, 0, 7);
}

static size_t
rule_message(char *buf)
{
	struct nlmsghdr *h = begin(buf, NFT_MSG_NEWRULE);
	struct nlattr *list, *item, *data;
	static const char comment[] = "\0\012gaol sshd";

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, "f2b-table");
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, "f2b-chain");
	mnl_attr_put_u64(h, NFTA_RULE_HANDLE, htobe64(42));
	list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
	for (int i = 0; i < 2; i++) {
		item = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
		mnl_attr_put_strz(h, NFTA_EXPR_NAME, i == 0 ? "cmp" :
		    "lookup");
		data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
		mnl_attr_put_strz(h, NFTA_LOOKUP_SET, "addr-set-sshd");
		mnl_attr_nest_end(h, data);
		mnl_attr_nest_end(h, item);
	}
	mnl_attr_nest_end(h, list);
	mnl_attr_put(h, NFTA_RULE_USERDATA, sizeof(comment), comment);
	return h->nlmsg_len;
}

static void
put_element(struct nlmsghdr *h, uint32_t ip, bool end)
{
	struct nlattr *item = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	struct nlattr *key = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);

	mnl_attr_put_u32(h, NFTA_DATA_VALUE, htonl(ip));
	mnl_attr_nest_end(h, key);
	if (end) {
		mnl_attr_put_u32(h, NFTA_SET_ELEM_FLAGS,
		    htonl(NFT_SET_ELEM_INTERVAL_END));
	} else {
		mnl_attr_put_u64(h, NFTA_SET_ELEM_TIMEOUT, htobe64(60000));
		mnl_attr_put_u64(h, NFTA_SET_ELEM_EXPIRATION, htobe64(59001));
	}
	mnl_attr_nest_end(h, item);
}

static size_t
elements_message(char *buf)
{
	struct nlmsghdr *h = begin(buf, NFT_MSG_NEWSETELEM);
	struct nlattr *list;

	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, "f2b-table");
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, "addr-set-sshd");
	list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	put_element(h, 0xc0000280, true);
	put_element(h, 0xc0000200, false);
	mnl_attr_nest_end(h, list);
	return h->nlmsg_len;
}

static size_t
gen_message(char *buf)
{
	struct nlmsghdr *h = begin(buf, NFT_MSG_NEWGEN);

	mnl_attr_put_u32(h, NFTA_GEN_ID, htonl(9));
	mnl_attr_put_u32(h, NFTA_GEN_PROC_PID, htonl(1234));
	mnl_attr_put_strz(h, NFTA_GEN_PROC_NAME, "nft");
	return h->nlmsg_len;
}

static size_t
chain_message(char *buf)
{
	struct nlmsghdr *h = begin(buf, NFT_MSG_NEWCHAIN);
	struct nlattr *hook;

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, "f2b-table");
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, "f2b-chain");
	hook = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(h, NFTA_HOOK_HOOKNUM, htonl(1));
	mnl_attr_put_u32(h, NFTA_HOOK_PRIORITY, htonl((uint32_t)-1));
	mnl_attr_nest_end(h, hook);
	return h->nlmsg_len;
}

static size_t
set_message(char *buf)
{
	struct nlmsghdr *h = begin(buf, NFT_MSG_NEWSET);

	mnl_attr_put_strz(h, NFTA_SET_TABLE, "f2b-table");
	mnl_attr_put_strz(h, NFTA_SET_NAME, "addr-set-sshd");
	mnl_attr_put_u32(h, NFTA_SET_FLAGS, htonl(NFT_SET_TIMEOUT));
	mnl_attr_put_u32(h, NFTA_SET_KEY_LEN, htonl(4));
	return h->nlmsg_len;
}

static size_t (*const makers[])(char *) = {
	rule_message, elements_message, gen_message, chain_message,
	set_message,
};
#define MAKERS (sizeof(makers) / sizeof(makers[0]))

static void
reads_what_the_kernel_says(void **state)
{
	char buf[1024] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
	struct nft_reply_object o;
	struct nft_reply_rule r;
	struct nft_reply_gen g;

	(void)state;
	rule_message(buf);
	assert_int_equal(nft_reply_type(h), NFT_MSG_NEWRULE);
	assert_int_equal(nft_reply_object(h, &o), 0);
	assert_string_equal(o.table, "f2b-table");
	assert_string_equal(o.chain, "f2b-chain");
	assert_int_equal(o.handle, 42);
	assert_int_equal(o.family, NFPROTO_INET);
	assert_int_equal(nft_reply_rule(h, &r), 0);
	assert_int_equal(r.sets_n, 1);
	assert_string_equal(r.sets[0], "addr-set-sshd");
	assert_string_equal(r.comment, "gaol sshd");
	gen_message(buf);
	assert_int_equal(nft_reply_gen(h, &g), 0);
	assert_int_equal(g.id, 9);
	assert_int_equal(g.pid, 1234);
	assert_string_equal(g.name, "nft");
	chain_message(buf);
	assert_int_equal(nft_reply_object(h, &o), 0);
	assert_true(o.base);
	assert_int_equal(o.hook, 1);
	assert_int_equal(o.priority, -1);
	set_message(buf);
	assert_int_equal(nft_reply_object(h, &o), 0);
	assert_string_equal(o.set, "addr-set-sshd");
	assert_int_equal(o.flags, NFT_SET_TIMEOUT);
	assert_int_equal(o.key_len, 4);
}

static void
keep_prefix(const struct addr *addr, const struct nft_reply_element *e,
    void *arg)
{
	struct addr *out = arg;

	assert_int_equal(e->timeout, 60000);
	assert_int_equal(e->left, 59001);
	assert_int_equal(out->family, ADDR_NONE);
	*out = *addr;
}

static void
joins_intervals(void **state)
{
	char buf[1024] __attribute__((aligned(8)));
	struct addr a = { 0 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(walk(buf, elements_message(buf), &s), 0);
	assert_int_equal(s.list.n, 2);
	nft_element_each(&s.list, true, keep_prefix, &a);
	assert_int_equal(a.family, ADDR_V4);
	assert_int_equal(a.plen, 25);
	assert_int_equal(a.b[3], 0);
	nft_element_list_fini(&s.list);
}

struct range {
	uint32_t next;
	size_t n;
};

static void
follow(const struct addr *a, const struct nft_reply_element *e, void *arg)
{
	struct range *r = arg;
	uint32_t first;

	(void)e;
	memcpy(&first, a->b, 4);
	first = ntohl(first);
	assert_int_equal(first, r->next);
	assert_true(a->plen == 0 || first % (UINT64_C(1) <<
	    (32 - a->plen)) == 0);
	r->next = first + (uint32_t)(UINT64_C(1) << (32 - a->plen));
	r->n++;
}

/* Any range comes out as prefixes that cover it without gap or overlap. */
static void
cuts_ranges_into_prefixes(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 5000; i++) {
		uint32_t a = (uint32_t)rand() << 1 ^ (uint32_t)rand();
		uint32_t b = i % 4 == 0 ? a + (uint32_t)rand() % 300 :
		    (uint32_t)rand() << 1 ^ (uint32_t)rand();
		uint32_t first = htonl(a < b ? a : b);
		uint32_t end = htonl((a < b ? b : a) + 1);
		struct nft_reply_element v[2] = {
			{ .key_len = 4, .timeout = -1, .left = -1 },
			{ .key_len = 4, .end = true },
		};
		struct nft_element_list l = { v, end == 0 ? 1 : 2, 2, 0 };
		struct range r = { ntohl(first), 0 };

		memcpy(v[0].key, &first, 4);
		memcpy(v[1].key, &end, 4);
		nft_element_each(&l, true, follow, &r);
		assert_int_equal(r.next, ntohl(end));
		assert_in_range(r.n, 1, 62);
	}
}

/* A walk of 300 keys during a resize: some are skipped, some come twice. */
static struct nft_element_list
walked(bool there[300])
{
	struct nft_element_list l = { 0 };

	for (int i = 0; i < 400; i++) {
		struct nft_reply_element e = { .key_len = 4, .timeout = -1,
			.left = -1 };
		int key = rand() % 300;

		e.key[2] = (uint8_t)(key >> 8);
		e.key[3] = (uint8_t)key;
		there[key] = true;
		nft_element_gather(&e, &l);
	}
	nft_element_list_sort(&l);
	return l;
}

static void
joins_readings(void **state)
{
	const char *seed = getenv("SEED");

	(void)state;
	srand(seed != NULL ? (unsigned)strtoul(seed, NULL, 10) : 1);
	for (int round = 0; round < 100; round++) {
		struct nft_element_list all = { 0 };
		bool there[300] = { false };
		size_t n = 0;

		for (int reading = 0; reading < 3; reading++) {
			struct nft_element_list l = walked(there);

			nft_element_list_join(&all, &l);
			nft_element_list_fini(&l);
		}
		for (int key = 0; key < 300; key++) {
			const uint8_t *b = n < all.n ? all.v[n].key : NULL;

			if (there[key]) {
				assert_non_null(b);
				assert_int_equal(b[2] << 8 | b[3], key);
				n++;
			}
		}
		assert_int_equal(all.n, n);
		nft_element_list_fini(&all);
	}
}

static void
refuses_what_is_cut(void **state)
{
	char buf[1024] __attribute__((aligned(8)));
	struct seen s = { 0 };

	(void)state;
	for (size_t m = 0; m < MAKERS; m++) {
		size_t n = makers[m](buf);

		for (size_t cut = 1; cut < n; cut++) {
			s.messages = 0;
			assert_int_equal(walk(buf, cut, &s), -1);
			assert_int_equal(errno, EBADMSG);
			assert_int_equal(s.messages, 0);
		}
		/* The header says less than there is: attributes are cut. */
		for (uint32_t len = 0; len < n; len++) {
			memcpy(buf, &len, sizeof(len));
			walk(buf, len, &s);
		}
	}
	nft_element_list_fini(&s.list);
}

static void
survives_any_byte(void **state)
{
	char buf[1024] __attribute__((aligned(8))), copy[1024];
	unsigned seed = (unsigned)time(NULL);
	struct seen s = { 0 };

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 100000; i++) {
		size_t n = makers[(size_t)rand() % MAKERS](buf);

		memcpy(copy, buf, n);
		for (int j = rand() % 6; j >= 0; j--)
			copy[4 + (size_t)rand() % (n - 4)] =
			    (char)(rand() % 3 == 0 ? rand() : rand() % 3 - 1);
		walk(copy, n, &s);
		if (s.list.n > 1000)
			s.list.n = 0;
	}
	nft_element_list_fini(&s.list);
}

static void
errors_have_bounds(void **state)
{
	char buf[256] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));
	int error = -1;

	(void)state;
	h->nlmsg_type = NLMSG_ERROR;
	assert_int_equal(nft_reply_error(h, &error), 0);
	assert_int_equal(error, 0);
	e->error = -ENFILE;
	assert_int_equal(nft_reply_error(h, &error), 0);
	assert_int_equal(error, ENFILE);
	e->error = 1;
	assert_int_equal(nft_reply_error(h, &error), -1);
	e->error = INT32_MIN;
	assert_int_equal(nft_reply_error(h, &error), -1);
	h->nlmsg_len -= 4;
	assert_int_equal(nft_reply_error(h, &error), -1);
	/* The end of a dump may come without a number. */
	h->nlmsg_type = NLMSG_DONE;
	h->nlmsg_len = MNL_NLMSG_HDRLEN;
	assert_int_equal(nft_reply_error(h, &error), 0);
	assert_int_equal(error, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_kernel_says),
		cmocka_unit_test(joins_intervals),
		cmocka_unit_test(cuts_ranges_into_prefixes),
		cmocka_unit_test(joins_readings),
		cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(survives_any_byte),
		cmocka_unit_test(errors_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
