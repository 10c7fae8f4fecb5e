/*
 * Others change the ruleset of a namespace of our own: what is ours comes back,
 * its owner learns who did it, and what is not ours is none of our business.
 */
#include "netns.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "firewall/nft_batch.h"
#include "firewall/nft_element.h"
#include "firewall/nft_rule.h"

#define NFT "/usr/sbin/nft "

/* --- foreign changes -------------------------------------------------------------- */

static void
heals_within_a_second(void **state)
{
	static const struct { const char *command, *what; } v[] = {
		{ "flush ruleset", "table inet f2b-table" },
		{ "delete table inet f2b-table", "table inet f2b-table" },
		{ "flush chain inet f2b-table f2b-chain", "rule of " },
		{ "'flush chain inet f2b-table f2b-chain; delete chain inet "
		  "f2b-table f2b-chain'", "chain f2b-chain" },
		{ "'flush chain inet f2b-table f2b-chain; delete set inet "
		  "f2b-table addr-set-j'", "set addr-set-j" },
		{ "flush set inet f2b-table addr-set-j",
		    "elements of addr-set-j" },
		{ "delete element inet f2b-table addr-set-j { 10.0.0.5 }",
		    "elements of addr-set-j" },
		{ "add table inet f2b-table { flags dormant\\; }",
		    "hooks of table" },
	};
	struct owner *o = *state;
	double from;

	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		for (uint32_t n = 0; n < 10000; n++) {
			struct addr a = host(n);

			while (firewall_add(o->fw, 0, &a, 600, n) == -1)
				event_base_loop(o->base, EVLOOP_ONCE);
			if (n % 1000 == 999)
				firewall_commit(o->fw);
		}
		owner_wait(o, o->done_n == (i + 1) * 10000);
		if (i > 0)
			assert_int_equal(netns_elements("addr-set-j"), 10000);
		o->lost_n = 0;
		netns_sh(NFT "%s", v[i].command);
		from = netns_time();
		owner_wait(o, o->lost_n > 0);
		assert_true(netns_time() - from < 0.8);
		if (strstr(o->lost_what, v[i].what) == NULL)
			print_error("%s: '%s'\n", v[i].command, o->lost_what);
		assert_non_null(strstr(o->lost_what, v[i].what));
		assert_string_equal(o->lost_name, "nft");
		assert_true(o->lost_pid > 1);
		netns_has("tcp dport 22 ip saddr @addr-set-j reject");
		assert_int_equal(netns_count(" saddr @"), 4);
		assert_int_equal(netns_count("hook input"), 1);
		assert_int_equal(netns_count("dormant"), 0);
	}
}

static void
what_is_not_ours_is_no_loss(void **state)
{
	struct owner *o = *state;

	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	netns_sh(NFT "add table ip other");
	netns_sh(NFT "add set ip other addr-set-j { type ipv4_addr\\; }");
	netns_sh(NFT "add element ip other addr-set-j { 192.0.2.1 }");
	netns_sh(NFT "flush set ip other addr-set-j");
	netns_sh(NFT "delete table ip other");
	netns_sh(NFT "add element inet f2b-table addr-set-j { 192.0.2.1 }");
	owner_ban(o, 0, "192.0.2.2", 60);
	/* A loss behind it shows that all of it was read. */
	netns_sh(NFT "delete element inet f2b-table addr-set-j { 192.0.2.1 }");
	owner_wait(o, o->lost_n > 0);
	assert_int_equal(o->lost_n, 1);
	assert_string_equal(o->lost_what, "elements of addr-set-j");
}

/* A ban that comes right after a flush goes into the rebuilt set. */
static void
add_finds_the_loss_first(void **state)
{
	struct owner *o = *state;

	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	netns_sh(NFT "flush ruleset");
	owner_ban(o, 0, "192.0.2.2", 60);
	netns_has("192.0.2.2");
	netns_has("tcp dport 22 ip saddr @addr-set-j reject");
	owner_wait(o, o->lost_n > 0);
	assert_string_equal(o->lost_what, "table inet f2b-table");
	assert_string_equal(o->lost_name, "nft");
}

/* Notifications that did not fit: everything is checked, and told. */
static void
overrun_is_unknown(void **state)
{
	struct owner *o = *state;

	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	netns_sh("(echo add table ip x; echo 'add set ip x s { type "
	    "ipv4_addr; }'; for i in $(seq 0 9); do for j in $(seq 0 250); do "
	    "echo \"add element ip x s { 10.$i.$j.1, 10.$i.$j.2, 10.$i.$j.3, "
	    "10.$i.$j.4, 10.$i.$j.5, 10.$i.$j.6, 10.$i.$j.7, 10.$i.$j.8 }\"; "
	    "done; done) > /tmp/gaol-test-nft.$$ && for i in 1 2 3 4 5 6 7 8; "
	    "do " NFT "-f /tmp/gaol-test-nft.$$; " NFT "delete table ip x; "
	    "done; rm -f /tmp/gaol-test-nft.$$");
	netns_sh(NFT "delete table inet f2b-table");
	owner_wait(o, o->lost_n > 0);
	netns_has("@addr-set-j");
	print_message("# told as unknown: %zu\n", o->unknown_n);
}

/* Makes and removes a table of its own until it is killed. */
static _Noreturn void
neighbour(unsigned *commits)
{
	struct nft_want_table t = { .name = "theirs",
		.family = nft_want_family("ip") };
	struct nft_batch b = { 0 };
	struct nft_link l;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nft_link_open(&l) == -1)
		_exit(1);
	for (;;) {
		nft_batch_begin(&b, &l, 0);
		nft_rule_put_table(&b, &t);
		nft_rule_del_table(&b, t.family, t.name);
		if (nft_batch_send(&b, &l) == 0)
			++*commits;
		usleep(500);
	}
}

/* Somebody commits without end; every one of our dialogues gets through. */
static void
works_beside_a_busy_neighbour(void **state)
{
	struct owner *o = *state;
	volatile unsigned *commits;
	unsigned before;
	pid_t pid;

	owner_rule(o, "a", "port", "22", NULL);
	owner_rule(o, "b", "port", "25,80-90", NULL);
	commits = mmap(NULL, sizeof(*commits), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(commits, MAP_FAILED);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		neighbour((unsigned *)commits);
	owner_wait(o, *commits > 10);
	before = *commits;
	for (uint32_t i = 0; i < 20; i++) {
		owner_define(o);
		owner_ban(o, 0, "192.0.2.1", 600);
		owner_ban(o, 1, "198.51.100.0/24", 600);
		for (uint32_t n = 0; n < 100; n++) {
			struct addr a = host(i * 100 + n);

			assert_int_equal(firewall_add(o->fw, 0, &a, 600, 0),
			    0);
		}
		firewall_commit(o->fw);
		owner_wait(o, o->done_n == (i + 1) * 102);
		o->dumped_n = 0;
		assert_int_equal(firewall_dump(o->fw), 0);
		owner_wait(o, o->dumps_ended == i + 1);
		assert_true(o->dumped_n >= (i + 1) * 100 + 2);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	print_message("# %u commits of the neighbour\n", *commits);
	assert_true(*commits > before);
	munmap((void *)commits, sizeof(*commits));
	for (size_t i = 0; i < o->done_n; i++)
		assert_int_equal(o->done[i].error, 0);
	assert_int_equal(o->lost_n, 0);
	assert_int_equal(netns_elements("addr-set-a"), 2001);
}

#define STRIKES 200

struct strikes {
	volatile unsigned due;     /* rounds the parent has begun */
	volatile unsigned done;
};

/* Takes one element away in each round, a moment after its beginning. */
static _Noreturn void
striker(struct strikes *s)
{
	const struct nft_element_set set = { nft_want_family("inet"),
		"f2b-table", "addr-set-j" };
	struct addr sentinel;
	struct nft_batch b = { 0 };
	struct nft_link l;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nft_link_open(&l) == -1 ||
	    addr_parse(span_of("192.0.2.1"), &sentinel) == -1)
		_exit(1);
	for (;;) {
		while (s->done == s->due)
			continue;
		/* From before the bulk to behind it, evenly. */
		usleep(s->due % 50 * 40);
		nft_batch_begin(&b, &l, 0);
		nft_element_put(&b, &set, &sentinel, -1,
		    NFT_ELEMENT_DELETE_BARE);
		if (nft_batch_send(&b, &l) == -1)
			_exit(1);
		s->done++;
	}
}

/* Nobody listens while very many are sent: who strikes then is seen, too. */
static void
notices_a_strike_in_the_bulk(void **state)
{
	struct owner *o = *state;
	struct strikes *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned by_number = 0;
	pid_t pid;

	assert_ptr_not_equal(s, MAP_FAILED);
	owner_rule(o, "j", "port", "22", NULL);
	owner_define(o);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		striker(s);
	for (unsigned i = 0; i < STRIKES; i++) {
		owner_ban(o, 0, "192.0.2.1", 600);
		o->lost_n = o->unknown_n = o->done_n = 0;
		for (uint32_t n = 0; n < 1000; n++) {
			struct addr a = host(n);

			assert_int_equal(firewall_add(o->fw, 0, &a, 600, 0),
			    0);
		}
		s->due++;
		firewall_commit(o->fw);
		owner_wait(o, s->done == s->due && o->done_n == 1000);
		owner_wait(o, o->lost_n + o->unknown_n > 0);
		by_number += o->unknown_n > 0;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap(s, sizeof(*s));
	print_message("# %u of %u told by the generation's number\n",
	    by_number, STRIKES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(heals_within_a_second),
		NETNS_TEST(what_is_not_ours_is_no_loss),
		NETNS_TEST(add_finds_the_loss_first),
		NETNS_TEST(overrun_is_unknown),
		NETNS_TEST(works_beside_a_busy_neighbour),
		NETNS_TEST(notices_a_strike_in_the_bulk),
	};

	log_set_level(LEVEL_ERROR);
	netns_enter();
	if (netns_refused != NULL) {
		NETNS_SKIP("test_nft_heal", netns_refused);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
