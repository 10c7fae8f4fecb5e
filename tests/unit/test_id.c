#include "base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/sha1.h"

static void
expect_text(const struct id *id, const char *text)
{
	struct buf b = { 0 };

	id_format(id, &b);
	buf_addc(&b, '.');
	b.p[b.n - 1] = '\0';
	assert_string_equal(b.p, text);
	buf_fini(&b);
}

static void
test_kinds(void **state)
{
	struct id host = id_from_span(SPAN("192.0.2.7"));
	struct id mapped = id_from_span(SPAN("::ffff:192.0.2.7"));
	struct id net = id_from_span(SPAN("192.0.2.7/24"));
	struct id raw = id_from_span(SPAN("user\0root"));
	struct id other = id_from_span(SPAN("user\0r00t"));
	struct id host_again = id_from_addr(&host.addr);

	(void)state;
	assert_int_equal(host.addr.family, ADDR_V4);
	assert_int_equal(raw.addr.family, ADDR_NONE);
	assert_true(id_eq(&host, &mapped));
	assert_true(id_eq(&host, &host_again));
	assert_true(id_hash(&host) == id_hash(&mapped));
	assert_false(id_eq(&host, &net));
	assert_false(id_eq(&host, &raw));
	assert_false(id_eq(&raw, &other));
	assert_true(id_hash(&raw) != id_hash(&other));
	expect_text(&host, "192.0.2.7");
	expect_text(&net, "192.0.2.0/24");
	expect_text(&other, "user");   /* as C sees it; the NUL is kept */
}

static void
test_copy(void **state)
{
	char text[] = "joe";
	struct id borrowed = id_from_span(span_of(text));
	struct id owned = id_copy(&borrowed);
	struct id same = id_from_span(SPAN("joe"));

	(void)state;
	text[0] = 'x';
	assert_true(id_eq(&owned, &same));
	assert_false(id_eq(&owned, &borrowed));
	assert_true(id_hash(&owned) == id_hash(&same));
	id_fini(&owned);
	same = id_from_span(SPAN("::1"));
	owned = id_copy(&same);
	assert_true(id_eq(&owned, &same));
	assert_null(owned.raw.p);
	id_fini(&owned);
}

static void
test_long_and_empty(void **state)
{
	static char text[ID_RAW_MAX + 50];
	struct id id, cut, owned;

	(void)state;
	memset(text, 'a', sizeof(text));
	id = id_from_span(span_from(text, sizeof(text)));
	assert_int_equal(id.raw.n, ID_RAW_MAX);
	cut = id_from_span(span_from(text, ID_RAW_MAX));
	assert_true(id_eq(&id, &cut));
	id = id_from_span(span_from(NULL, 0));
	owned = id_copy(&id);
	assert_true(id_eq(&id, &owned));
	assert_true(id_hash(&id) == id_hash(&owned));
	id_fini(&owned);
}

static void
test_sha1(void **state)
{
	static char million[1000000];
	char hex[SHA1_HEX];

	(void)state;
	sha1_hex(span_from(NULL, 0), hex);
	assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	sha1_hex(SPAN("abc"), hex);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	memset(million, 'a', sizeof(million));
	sha1_hex(span_from(million, sizeof(million)), hex);
	assert_string_equal(hex, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_long_and_empty),
		cmocka_unit_test(test_sha1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
