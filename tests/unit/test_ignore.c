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

	return ignore_check(g, &id, NULL);
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
	assert_int_equal(ignore_names(g)->n, 0);
	assert_int_equal(ignore_files(g)->n, 0);
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
raw_ids_names_and_files(void **state)
{
	struct strings l = { 0 };
	struct ignore *g;

	(void)state;
	strings_add(&l, SPAN("user with space"));
	strings_add(&l, SPAN("mail.example.org"));
	strings_add(&l, SPAN("file:/etc/trusted"));
	strings_add(&l, SPAN("file:///etc/trusted"));
	strings_add(&l, SPAN("file:trusted"));
	strings_add(&l, SPAN("localhost"));
	strings_add(&l, SPAN("mail.example.org"));
	strings_add(&l, SPAN("[2001:db8::1]"));
	strings_add(&l, SPAN("1.2.3"));
	strings_add(&l, SPAN(""));
	g = make(&l, false);
	assert_int_equal(check(g, "user with space"), IGNORE_IP);
	assert_int_equal(check(g, "User with space"), IGNORE_NO);
	assert_int_equal(check(g, "mail.example.org"), IGNORE_IP);
	assert_int_equal(check(g, "file:/etc/trusted"), IGNORE_NO);
	assert_int_equal(check(g, "127.0.0.1"), IGNORE_IP);
	assert_int_equal(check(g, "::1"), IGNORE_IP);
	assert_int_equal(check(g, "2001:db8::1"), IGNORE_IP);
	assert_int_equal(check(g, "1.2.0.3"), IGNORE_NO);
	assert_int_equal(ignore_names(g)->n, 1);
	assert_string_equal(ignore_names(g)->v[0], "mail.example.org");
	assert_int_equal(ignore_files(g)->n, 1);
	assert_string_equal(ignore_files(g)->v[0], "/etc/trusted");
	ignore_free(g);
}

static void
names_mean_what_was_brought(void **state)
{
	struct addr v[2] = {
		id_from_span(SPAN("192.0.2.1")).addr,
		id_from_span(SPAN("2001:db8::1")).addr,
	};
	struct strings l = { 0 }, again = { 0 };
	struct ignore *g, *next;

	(void)state;
	strings_add(&l, SPAN("mail.example.org"));
	strings_copy(&again, &l);
	strings_add(&again, SPAN("other.example.org"));
	g = make(&l, false);
	assert_int_equal(check(g, "192.0.2.1"), IGNORE_NO);
	assert_false(ignore_name_known(g, "mail.example.org"));
	assert_false(ignore_set_name(g, "else.example.org", v, 2));
	assert_true(ignore_set_name(g, "mail.example.org", v, 2));
	assert_true(ignore_name_known(g, "mail.example.org"));
	assert_int_equal(check(g, "192.0.2.1"), IGNORE_DNS);
	assert_int_equal(check(g, "2001:db8::1"), IGNORE_DNS);
	assert_int_equal(check(g, "192.0.2.0/24"), IGNORE_NO);
	/* A new configuration knows what the old one knew. */
	next = make(&again, false);
	ignore_inherit(next, g);
	ignore_free(g);
	assert_int_equal(check(next, "192.0.2.1"), IGNORE_DNS);
	assert_false(ignore_name_known(next, "other.example.org"));
	assert_true(ignore_set_name(next, "mail.example.org", v + 1, 1));
	assert_int_equal(check(next, "192.0.2.1"), IGNORE_NO);
	assert_true(ignore_set_name(next, "mail.example.org", NULL, 0));
	assert_int_equal(check(next, "2001:db8::1"), IGNORE_NO);
	ignore_free(next);
}

static void
files_are_read_as_lists(void **state)
{
	static const char text[] = "# 203.0.113.1\n203.0.113.2,203.0.113.3"
	    "\t10.0.0.0/8 ; 203.0.113.4 \n203.0.113.5#\n  #\n\nroot\n"
	    "file:/etc/passwd\n2001:db8::/32\n;\0";
	struct strings l = { 0 };
	struct ignore_list *list;
	struct id id = id_from_span(SPAN("10.1.2.3"));
	const char *path = NULL;
	struct ignore *g;
	size_t left;

	(void)state;
	strings_add(&l, SPAN("file:/a"));
	g = make(&l, false);
	list = ignore_list_read(span_from(text, sizeof(text) - 1), &left);
	assert_int_equal(left, 1);
	assert_int_equal(ignore_list_count(list), 6);
	assert_false(ignore_set_file(g, "/b", list));
	assert_true(ignore_set_file(g, "/a", list));
	ignore_list_free(list);
	assert_int_equal(check(g, "203.0.113.1"), IGNORE_NO);
	assert_int_equal(check(g, "203.0.113.2"), IGNORE_FILE);
	assert_int_equal(check(g, "203.0.113.3"), IGNORE_FILE);
	assert_int_equal(check(g, "203.0.113.4"), IGNORE_NO);
	assert_int_equal(check(g, "203.0.113.5"), IGNORE_NO);
	assert_int_equal(check(g, "root"), IGNORE_FILE);
	assert_int_equal(check(g, "2001:db8:5::1"), IGNORE_FILE);
	assert_int_equal(ignore_check(g, &id, &path), IGNORE_FILE);
	assert_string_equal(path, "/a");
	ignore_free(g);
}

static void
own_names_count_with_ignoreself(void **state)
{
	struct addr v = id_from_span(SPAN("192.0.2.1")).addr;
	struct strings none = { 0 };
	struct ignore *g = make(&none, true);

	(void)state;
	ignore_own_names(g, &v, 1);
	assert_int_equal(check(g, "192.0.2.1"), IGNORE_SELF);
	ignore_own(g, NULL, 0);
	assert_int_equal(check(g, "192.0.2.1"), IGNORE_SELF);
	ignore_own_names(g, NULL, 0);
	assert_int_equal(check(g, "192.0.2.1"), IGNORE_NO);
	ignore_free(g);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_cover_their_addresses),
		cmocka_unit_test(own_addresses_are_exact_and_optional),
		cmocka_unit_test(raw_ids_names_and_files),
		cmocka_unit_test(names_mean_what_was_brought),
		cmocka_unit_test(files_are_read_as_lists),
		cmocka_unit_test(own_names_count_with_ignoreself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
