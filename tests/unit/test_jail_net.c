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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
