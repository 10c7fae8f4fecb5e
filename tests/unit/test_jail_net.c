/* Counting by networks: one id for all of its hosts, and nobody's harm. */
#include "jail/jail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "jail_scene.h"
#include "random.h"

static void
assert_told(const char *expected)
{
	assert_string_equal(told.p != NULL ? told.p : "", expected);
	buf_clear(&told);
}

static void
networks(uint8_t v4, uint8_t v6)
{
	config.prefix_v4 = v4;
	config.prefix_v6 = v6;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
}

static void
fail_now(const char *text)
{
	fail_at(text, clock_wall().us);
}

static void
hosts_of_a_network_count_as_one(void **state)
{
	(void)state;
	networks(24, 64);
	fail_now("2001:db8:1:2::1");
	fail_now("2001:db8:1:2:ffff::2");
	fail_now("2001:db8:1:3::1");
	assert_told("");
	fail_now("2001:db8:1:2::3");
	assert_told("ban 2001:db8:1:2::/64 1700000000000000 100\n");
	fail_now("192.0.2.1");
	fail_now("192.0.2.200");
	fail_now("192.0.2.201");
	assert_told("ban 192.0.2.0/24 1700000000000000 100\n");
	assert_int_equal(jail_failing(jail), 1);
	assert_int_equal(jail_counters(jail)->failed_total, 7);
	/* Who it was stands in the data. */
	assert_non_null(strstr(jail_ban_first(jail)->data,
	    "\"host\": \"2001:db8:1:2::1\""));
}

static void
off_means_off(void **state)
{
	(void)state;
	networks(32, 128);
	for (int i = 0; i < 3; i++)
		fail_now("192.0.2.1");
	assert_told("ban 192.0.2.1 1700000000000000 100\n");
	networks(24, 64);
	/* Raw ids and networks are what they are. */
	for (int i = 0; i < 3; i++) {
		fail_now("some body");
		fail_now("10.1.0.0/16");
	}
	assert_told("ban some body 1700000000000000 100\n"
	    "ban 10.1.0.0/16 1700000000000000 100\n");
}

static void
nobody_who_is_left_alone_is_hit(void **state)
{
	struct addr own = { .family = ADDR_V6, .plen = 64,
		.b = { 0x20, 1, 0xd, 0xb8, [15] = 9 } };

	(void)state;
	strings_add(&config.ignoreip, SPAN("192.0.2.77"));
	strings_add(&config.ignoreip, SPAN("198.51.100.128/25"));
	networks(24, 64);
	jail_own_addresses(jail, &own, 1);
	while (jail_work(jail, 1))
		continue;
	for (int i = 0; i < 3; i++) {
		fail_now("192.0.2.1");
		fail_now("198.51.100.1");
		fail_now("2001:db8::1");
		fail_now("192.0.2.77");
	}
	assert_told("ban 192.0.2.1 1700000000000000 100\n"
	    "ban 198.51.100.1 1700000000000000 100\n"
	    "ban 2001:db8::1 1700000000000000 100\n");
	assert_int_equal(jail_counters(jail)->narrow, 9);
	assert_int_equal(jail_counters(jail)->ignored, 3);
}

static void
who_comes_to_ignoreip_frees_his_network(void **state)
{
	(void)state;
	networks(24, 64);
	for (int i = 0; i < 3; i++) {
		fail_now("192.0.2.1");
		fail_now("198.51.100.1");
	}
	buf_clear(&told);
	strings_add(&config.ignoreip, SPAN("192.0.2.77"));
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_told("unban 192.0.2.0/24 1700000000000000 100\n");
	assert_int_equal(jail_banned(jail), 1);
}

/* Whatever is spared and whoever fails: no ban ever holds one who is spared. */
static void
no_order_of_things_hits_anybody_spared(void **state)
{
	struct id spared[8];
	char text[32];
	struct ticket *t;

	(void)state;
	random_start();
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d",
		    (int)random_below(2), (int)random_below(4),
		    (int)random_below(256));
		strings_add(&config.ignoreip, span_of(text));
		spared[i] = id_from_span(span_of(config.ignoreip.v[i]));
	}
	networks((uint8_t)(20 + random_below(12)), 64);
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d",
		    (int)random_below(2), (int)random_below(4),
		    (int)random_below(256));
		fail_now(text);
		clock_advance((int64_t)random_below(10) * CLOCK_SECOND);
		if (i % 16 == 0)
			run_jail();
	}
	for (t = jail_ban_first(jail); t != NULL; t = jail_ban_next(jail, t))
		for (int i = 0; i < 8; i++)
			assert_false(addr_in(&spared[i].addr, &t->id.addr));
	assert_true(jail_counters(jail)->banned_total > 0);
}

static size_t
hosts_banned(void)
{
	size_t n = 0;

	for (struct ticket *t = jail_ban_first(jail); t != NULL;
	    t = jail_ban_next(jail, t))
		n += addr_is_host(&t->id.addr);
	return n;
}

static void
ban_host(const char *text)
{
	struct id id = id_of(text);

	jail_ban(jail, &id, 0, clock_wall());
}

static void
hosts_become_their_network(void **state)
{
	struct id net = id_of("192.0.2.0/24");

	(void)state;
	config.prefix_hosts = 3;
	networks(24, 64);
	for (int i = 0; i < 3; i++) {
		fail_now("192.0.2.1");
		fail_now("192.0.2.2");
		fail_now("192.0.3.1");
	}
	assert_int_equal(jail_banned(jail), 3);
	/* One that ended does not count, nor does a host twice. */
	ban_host("192.0.2.1");
	ban_host("192.0.2.9");
	assert_non_null(jail_find(jail, &net));
	assert_int_equal(jail_counters(jail)->escalated, 1);
	/* The hosts stay until the network is in force. */
	assert_int_equal(hosts_banned(), 4);
	jail_in_force(jail, jail_find(jail, &net));
	assert_int_equal(hosts_banned(), 1);
	assert_int_equal(jail_banned(jail), 2);
	/* Who fails in there now is the network. */
	for (int i = 0; i < 3; i++)
		fail_now("192.0.2.200");
	assert_int_equal(jail_banned(jail), 2);
	/* Its end brings nobody back, and the count begins anew. */
	jail_unban(jail, &net, UNBAN_BY_HAND);
	ban_host("192.0.2.1");
	ban_host("192.0.2.2");
	assert_null(jail_find(jail, &net));
	jail_unban(jail, &(struct id){ .addr = id_of("192.0.2.1").addr },
	    UNBAN_BY_HAND);
	ban_host("192.0.2.3");
	assert_null(jail_find(jail, &net));
	ban_host("192.0.2.4");
	assert_non_null(jail_find(jail, &net));
}

static void
no_network_in_place_of_hosts_hits_anybody(void **state)
{
	struct id net = id_of("192.0.2.0/24");

	(void)state;
	strings_add(&config.ignoreip, SPAN("192.0.2.77"));
	config.prefix_hosts = 2;
	networks(24, 64);
	ban_host("192.0.2.1");
	ban_host("192.0.2.2");
	ban_host("192.0.2.3");
	assert_null(jail_find(jail, &net));
	assert_int_equal(jail_banned(jail), 3);
	/* What is banned is counted anew when the width changes. */
	networks(30, 64);
	ban_host("192.0.2.4");
	ban_host("192.0.2.5");
	net = id_of("192.0.2.4/30");
	assert_non_null(jail_find(jail, &net));
	jail_in_force(jail, jail_find(jail, &net));
	assert_int_equal(jail_banned(jail), 4);
}

#define NET(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		NET(hosts_of_a_network_count_as_one),
		NET(off_means_off),
		NET(nobody_who_is_left_alone_is_hit),
		NET(who_comes_to_ignoreip_frees_his_network),
		NET(no_order_of_things_hits_anybody_spared),
		NET(hosts_become_their_network),
		NET(no_network_in_place_of_hosts_hits_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
