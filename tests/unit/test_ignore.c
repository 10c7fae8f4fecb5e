/* Who is left alone. */
#include "jail/ignore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ignore *
make(struct strings *entries, bool self)
{
	struct jail_config config = { .ignoreself = self };
	struct ignore *g;

	config.ignoreip = *entries;
	g = ignore_new(&config);
	strings_fini(entries);
	return g;
}

static enum ignore_verdict
check(const struct ignore *g, const char *text)
{
	struct id id = id_from_span(span_of(text));

	return ignore_check(g, &id);
}

static void
networks_cover_their_addresses(void **state)
{
	static const char *const in[] = { "192.0.2.7", "10.1.2.3",
		"10.1.0.0/16", "10.1.7.0/24", "172.16.255.255", "2001:db8::1",
		"::ffff:10.1.2.3", "2001:db8:0:1::/64" };
	static const char *const out[] = { "192.0.2.8", "10.2.0.1",
		"10.0.0.0/8", "172.32.0.0", "2001:db9::1", "root",
		"::a01:203" };
	struct strings l = { 0 };
	struct ignore *g;
	size_t i;

	(void)state;
	strings_add(&l, SPAN("192.0.2.7"));
	strings_add(&l, SPAN("10.1.9.9/16"));
	strings_add(&l, SPAN("172.16.0.0/255.240.0.0"));
	strings_add(&l, SPAN("2001:db8::/32"));
	g = make(&l, false);
	for (i = 0; i < sizeof(in) / sizeof(*in); i++)
		assert_int_equal(check(g, in[i]), IGNORE_IP);
	for (i = 0; i < sizeof(out) / sizeof(*out); i++)
		assert_int_equal(check(g, out[i]), IGNORE_NO);
	assert_int_equal(ignore_unused(g)->n, 0);
	ignore_free(g);
}

static void
own_addresses_are_exact_and_optional(void **state)
{
	struct addr own[2] = { 0 };
	struct strings none = { 0 };
	struct ignore *g = make(&none, true);

	(void)state;
	own[0] = id_from_span(SPAN("192.0.2.0/24")).addr;
	own[1] = id_from_span(SPAN("2001:db8::7")).addr;
	own[0].b[3] = 9;
	assert_int_equal(check(g, "192.0.2.9"), IGNORE_NO);
	ignore_own(g, own, 2);
	assert_int_equal(check(g, "192.0.2.9"), IGNORE_SELF);
	assert_int_equal(check(g, "192.0.2.10"), IGNORE_NO);
	assert_int_equal(check(g, "2001:db8::7"), IGNORE_SELF);
	assert_int_equal(check(g, "127.0.0.1"), IGNORE_SELF);
	assert_int_equal(check(g, "::1"), IGNORE_SELF);
	assert_int_equal(check(g, "127.0.0.2"), IGNORE_NO);
	ignore_own(g, own + 1, 1);
	assert_int_equal(check(g, "192.0.2.9"), IGNORE_NO);
	ignore_free(g);
	g = make(&none, false);
	ignore_own(g, own, 2);
	assert_int_equal(check(g, "2001:db8::7"), IGNORE_NO);
	assert_int_equal(check(g, "127.0.0.1"), IGNORE_NO);
	ignore_free(g);
}

static void
raw_ids_and_what_cannot_be_used(void **state)
{
	struct strings l = { 0 };
	const struct strings *unused;
	struct ignore *g;

	(void)state;
	strings_add(&l, SPAN("user with space"));
	strings_add(&l, SPAN("mail.example.org"));
	strings_add(&l, SPAN("file:/etc/trusted"));
	strings_add(&l, SPAN("localhost"));
	strings_add(&l, SPAN("mail.example.org"));
	strings_add(&l, SPAN(""));
	g = make(&l, false);
	assert_int_equal(check(g, "user with space"), IGNORE_IP);
	assert_int_equal(check(g, "User with space"), IGNORE_NO);
	assert_int_equal(check(g, "mail.example.org"), IGNORE_IP);
	assert_int_equal(check(g, "file:/etc/trusted"), IGNORE_NO);
	assert_int_equal(check(g, "127.0.0.1"), IGNORE_IP);
	assert_int_equal(check(g, "::1"), IGNORE_IP);
	unused = ignore_unused(g);
	assert_int_equal(unused->n, 3);
	assert_string_equal(unused->v[0], "ignoreip mail.example.org");
	assert_string_equal(unused->v[1], "ignoreip file:/etc/trusted");
	ignore_free(g);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_cover_their_addresses),
		cmocka_unit_test(own_addresses_are_exact_and_optional),
		cmocka_unit_test(raw_ids_and_what_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
