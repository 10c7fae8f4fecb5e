/* Who is never banned, whoever asks. */
#include "process/never.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

static int
asked(const struct trie *never, const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse_net(span_of(text), &a), 0);
	return never_refuses(never, &a);
}

static void
loopback_and_own_addresses(void **state)
{
	struct addr own;
	struct trie *never;

	(void)state;
	assert_int_equal(addr_parse(SPAN("192.0.2.25"), &own), 0);
	never = never_new(NULL, &own, 1);
	assert_int_equal(asked(never, "127.0.0.1"), EACCES);
	assert_int_equal(asked(never, "::1"), EACCES);
	assert_int_equal(asked(never, "192.0.2.25"), EACCES);
	/* A network that holds one is no way round it. */
	assert_int_equal(asked(never, "192.0.2.0/24"), EACCES);
	assert_int_equal(asked(never, "192.0.2.26"), 0);
	assert_int_equal(asked(never, "2001:db8::1"), 0);
	trie_free(never);
}

static int
width(const struct own_config *own, const struct jail_config *jail,
    const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse_net(span_of(text), &a), 0);
	return never_too_wide(own, jail, &a);
}

static void
networks_as_wide_as_configured(void **state)
{
	const struct own_config any = { .widest_v4 = 8, .widest_v6 = 16 };
	const struct own_config none = { .widest_v4 = 32, .widest_v6 = 128 };
	const struct jail_config hosts = { .prefix_v4 = 32, .prefix_v6 = 128 };
	const struct jail_config nets = { .prefix_v4 = 24, .prefix_v6 = 64 };
	const struct jail_config made = { 0 };

	(void)state;
	assert_int_equal(width(&any, &hosts, "10.0.0.0/8"), 0);
	assert_int_equal(width(&any, &nets, "10.0.0.0/8"), 0);
	assert_int_equal(width(&any, &made, "2001::/16"), 0);
	assert_int_equal(width(&none, &hosts, "192.0.2.1"), 0);
	assert_int_equal(width(&none, &hosts, "192.0.2.0/31"), ERANGE);
	assert_int_equal(width(&none, &made, "192.0.2.0/31"), ERANGE);
	assert_int_equal(width(&none, &nets, "192.0.2.0/24"), 0);
	assert_int_equal(width(&none, &nets, "192.0.2.0/23"), ERANGE);
	assert_int_equal(width(&none, &nets, "2001:db8::/64"), 0);
	assert_int_equal(width(&none, &nets, "2001:db8::/63"), ERANGE);
	assert_int_equal(width(&none, &hosts, "2001:db8::1"), 0);
}

static void
ignoreip_of_default(void **state)
{
	struct config config = { 0 };
	struct trie *never;

	(void)state;
	strings_add(&config.never, SPAN("198.51.100.0/24"));
	strings_add(&config.never, SPAN("2001:db8:5::/48"));
	/* A name is nothing that could be compared. */
	strings_add(&config.never, SPAN("mail.example.net"));
	never = never_new(&config, NULL, 0);
	assert_int_equal(asked(never, "198.51.100.7"), EACCES);
	assert_int_equal(asked(never, "2001:db8:5::9"), EACCES);
	assert_int_equal(asked(never, "198.51.101.7"), 0);
	trie_free(never);
	strings_fini(&config.never);
}

static void
too_wide_or_no_address(void **state)
{
	struct trie *never = never_new(NULL, NULL, 0);
	struct addr a = { .family = ADDR_V4, .plen = 8, .b = { 191, 255 } };

	(void)state;
	assert_int_equal(asked(never, "200.0.0.0/7"), ERANGE);
	assert_int_equal(asked(never, "200.0.0.0/8"), 0);
	assert_int_equal(asked(never, "2001::/15"), ERANGE);
	assert_int_equal(asked(never, "224.0.0.1"), EINVAL);
	assert_int_equal(asked(never, "0.0.0.0"), EINVAL);
	/* Host bits that a mask should have cleared. */
	assert_int_equal(never_refuses(never, &a), EINVAL);
	trie_free(never);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_and_own_addresses),
		cmocka_unit_test(networks_as_wide_as_configured),
		cmocka_unit_test(ignoreip_of_default),
		cmocka_unit_test(too_wide_or_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
