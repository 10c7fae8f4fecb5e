#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random.h"

static void
test_vectors(void **state)
{
	/* RFC 4648 §10. */
	static const char *const pairs[][2] = {
		{ "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" }, { "+/+/", "\xfb\xff\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct buf out = { 0 };

		buf_adds(&out, "x");
		assert_int_equal(base64_decode(span_of(pairs[i][0]), &out), 0);
		assert_string_equal(out.p + 1, pairs[i][1]);
		buf_fini(&out);
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"", "Z", "Zg", "Zg=", "Zg===", "====", "=g==", "Z===", "Zh==",
		"Zm9=", "Zm9v=", "Zm 9", "Zm9v\n", "Zg==Zg==", "Zm-_", "\xc3\xa4==",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf out = { 0 };

		buf_adds(&out, "kept");
		assert_int_equal(base64_decode(span_of(bad[i]), &out), -1);
		assert_string_equal(out.p, "kept");
		assert_int_equal(out.n, 4);
		buf_fini(&out);
	}
}

static void
encode(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t b = (uint32_t)p[i] << 16;

		b |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
		b |= i + 2 < n ? p[i + 2] : 0;
		*out++ = digits[b >> 18 & 63];
		*out++ = digits[b >> 12 & 63];
		*out++ = i + 1 < n ? digits[b >> 6 & 63] : '=';
		*out++ = i + 2 < n ? digits[b & 63] : '=';
	}
	*out = '\0';
}

static void
test_random(void **state)
{
	unsigned char raw[64];
	char text[100];

	(void)state;
	random_start();
	for (int round = 0; round < 10000; round++) {
		size_t n = 1 + random_below(sizeof(raw));
		struct buf out = { 0 };

		for (size_t i = 0; i < n; i++)
			raw[i] = (unsigned char)random_next();
		encode(raw, n, text);
		assert_int_equal(base64_decode(span_of(text), &out), 0);
		assert_int_equal(out.n, n);
		assert_memory_equal(out.p, raw, n);
		buf_fini(&out);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
