#include "access/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "access/country.h"
#include "base/buf.h"
#include "random.h"
#include "tree.h"

static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static struct places *
open_ranges(const char *text4, const char *text6)
{
	struct place_paths paths = { 0 };
	char *path4, *path6;
	struct places *p;

	tree_write(&tree, "geoip", text4);
	tree_write(&tree, "geoip6", text6);
	path4 = strdup(tree_path(&tree, "geoip"));
	path6 = strdup(tree_path(&tree, "geoip6"));
	paths.ranges4 = path4;
	paths.ranges6 = path6;
	p = places_open(&paths);
	assert_null(places_error(p));
	free(path4);
	free(path6);
	return p;
}

static void
expect(struct places *p, const char *address, const char *country, bool lan)
{
	struct place place;
	struct addr a;

	assert_int_equal(addr_parse_net(span_of(address), &a), 0);
	places_find(p, &a, &place);
	if (strcmp(place.country, country) != 0)
		print_error("%s: %s\n", address, place.country);
	assert_string_equal(place.country, country);
	assert_int_equal(place.lan, lan);
}

static void
test_ranges(void **state)
{
	/* 192.0.2.0-63, 192.0.2.64-127, 198.51.100.0-255, 203.0.113.5 */
	struct places *p = open_ranges("# a comment\n#\n"
	    "3221225984,3221226047,GB\n3221226048,3221226111,US\n"
	    "3325256704,3325256959,??\n3405803781,3405803781,NG\n",
	    "# six\n2001:db8:1::,2001:db8:1:ffff:ffff:ffff:ffff:ffff,FR\n"
	    "2001:db8:2::,2001:db8:2:ffff:ffff:ffff:ffff:ffff,CN\n");

	(void)state;
	expect(p, "192.0.2.0", "GB", false);
	expect(p, "192.0.2.63", "GB", false);
	expect(p, "192.0.2.64", "US", false);
	expect(p, "192.0.2.127", "US", false);
	expect(p, "192.0.2.128", "", false);
	expect(p, "192.0.1.255", "", false);
	expect(p, "198.51.100.7", "", false);
	expect(p, "203.0.113.5", "NG", false);
	expect(p, "203.0.113.6", "", false);
	expect(p, "192.0.2.64/28", "US", false);
	expect(p, "2001:db8:1::5", "FR", false);
	expect(p, "2001:db8:2:ffff:ffff:ffff:ffff:ffff", "CN", false);
	expect(p, "2001:db8:3::", "", false);
	places_close(p);
}

static void
test_lan(void **state)
{
	static const char *const lan[] = {
		"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.7.1",
		"100.64.0.1", "127.0.0.1", "169.254.1.1", "::1", "fd00::1",
		"fe80::1",
	};
	struct places *p = open_ranges("167772160,184549375,US\n", "");

	(void)state;
	for (size_t i = 0; i < sizeof(lan) / sizeof(lan[0]); i++)
		expect(p, lan[i], "", true);
	expect(p, "172.32.0.1", "", false);
	expect(p, "100.128.0.1", "", false);
	expect(p, "2001:db8::1", "", false);
	places_close(p);
}

#define RANGES 300

/* Files of random ranges, searched by halves and from end to end. */
static void
test_halves(void **state)
{
	uint32_t from[RANGES], to[RANGES], at;
	struct buf text = { 0 };
	struct places *p;

	(void)state;
	random_start();
	for (int round = 0; round < 20; round++) {
		size_t n = 1 + random_below(RANGES);

		at = 0x01000000;
		buf_clear(&text);
		for (size_t i = 0; i < n; i++) {
			from[i] = at + (uint32_t)random_below(20000);
			to[i] = from[i] + (uint32_t)random_below(20000);
			at = to[i] + 1;
			if (random_below(10) == 0)
				buf_adds(&text, "# between\n");
			buf_addf(&text, "%u,%u,%c%c\n", from[i], to[i],
			    (int)('A' + i % 26), (int)('A' + i / 26));
		}
		p = open_ranges(text.p, "");
		for (int k = 0; k < 500; k++) {
			uint32_t v = 0x01000000 +
			    (uint32_t)random_below(at - 0x01000000 + 20000);
			char address[32], country[3] = "";

			for (size_t i = 0; i < n; i++)
				if (v >= from[i] && v <= to[i]) {
					country[0] = (char)('A' + i % 26);
					country[1] = (char)('A' + i / 26);
				}
			snprintf(address, sizeof(address), "%u.%u.%u.%u",
			    v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
			/* 10/8 is LAN whatever a file says. */
			if (v >> 24 < 10)
				expect(p, address, country, false);
		}
		places_close(p);
	}
	buf_fini(&text);
}

/* Files that are none: no answer, no crash, no long search. */
static void
test_broken(void **state)
{
	static const char *const texts[] = {
		"", "\n\n\n", "no ranges at all", "1,2\n", ",,,\n,,,\n",
		"3221225984,3221226047,GBR\n", "99999999999,3,US\n",
		"3221225984,3221226047,GB",   /* without its newline: whole */
	};
	struct place_paths paths = { .country = "/nonexistent/a.mmdb",
		.ranges4 = "/nonexistent/b" };
	struct places *p;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		p = open_ranges(texts[i], texts[i]);
		expect(p, "192.0.2.7", i == 7 ? "GB" : "", false);
		places_close(p);
	}
	p = places_open(&paths);
	assert_non_null(places_error(p));
	assert_true(places_empty(p));
	expect(p, "192.0.2.7", "", false);
	places_close(p);
}

/* A new file in the place of the old one is taken; a bad one is not. */
static void
test_refresh(void **state)
{
	struct places *p = open_ranges("3221225984,3221226047,GB\n", "");
	char *path = strdup(tree_path(&tree, "geoip"));

	(void)state;
	expect(p, "192.0.2.7", "GB", false);
	tree_write(&tree, "new", "3221225984,3221226047,FR\n");
	assert_int_equal(rename(tree_path(&tree, "new"), path), 0);
	expect(p, "192.0.2.7", "GB", false);
	places_refresh(p);
	expect(p, "192.0.2.7", "FR", false);
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	places_refresh(p);
	assert_non_null(places_error(p));
	expect(p, "192.0.2.7", "FR", false);
	assert_int_equal(rmdir(path), 0);
	free(path);
	places_close(p);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(country_name("AD"), "Andorra");
	assert_string_equal(country_name("DE"), "Germany");
	assert_string_equal(country_name("ZW"), "Zimbabwe");
	assert_null(country_name("??"));
	assert_null(country_name(""));
	assert_null(country_name("de"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_lan),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
