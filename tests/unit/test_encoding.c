#include "match/encoding.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/text.h"
#include "random.h"

#define REPLACED "\xef\xbf\xbd"

static void
decodes(const char *name, struct span line, const char *want)
{
	struct encoding *e;
	struct buf out = { 0 };

	assert_int_equal(encoding_open(name, &e), 0);
	assert_non_null(e);
	encoding_decode(e, line, &out);
	assert_string_equal(out.p, want);
	assert_int_equal(out.n, strlen(want));
	buf_fini(&out);
	encoding_close(e);
}

static void
names_of_python(void **state)
{
	static const char *const utf8[] = {
		"auto", "AUTO", "utf-8", "UTF8", "utf_8", "u8", ""
	};
	static const char *const bad[] = {
		"klingon", "utf-8//IGNORE", "hex_codec/", "latin1//TRANSLIT"
	};
	struct encoding *e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++) {
		assert_int_equal(encoding_open(utf8[i], &e), 0);
		assert_null(e);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(encoding_open(bad[i], &e), -1);
		assert_int_equal(errno, EINVAL);
		assert_null(e);
	}
	decodes("latin_1", SPAN("\xe4"), "\xc3\xa4");
	decodes("Latin-1", SPAN("\xe4"), "\xc3\xa4");
	decodes("iso8859_15", SPAN("\xa4"), "\xe2\x82\xac");
	decodes("windows-1252", SPAN("\x80"), "\xe2\x82\xac");
	decodes("cp1251", SPAN("\xcc"), "\xd0\x9c");
	decodes("koi8_r", SPAN("\xcd"), "\xd0\xbc");
	decodes("shift_jis", SPAN("\x82\xa0"), "\xe3\x81\x82");
}

static void
replaces_what_is_no_character(void **state)
{
	(void)state;
	decodes("ascii", SPAN("a\xc3\xa4z"), "a" REPLACED REPLACED "z");
	decodes("cp1252", SPAN("\x81z"), REPLACED "z");
	decodes("utf-16", SPAN("\x00\xd8z\0"), REPLACED "z");
	decodes("utf-16", SPAN("z\0y"), "z" REPLACED);
}

static void
wide_characters_cut_at_newlines(void **state)
{
	(void)state;
	/* Both halves of "a\nb", cut behind the byte of the newline. */
	decodes("utf-16", SPAN("\xff\xfe" "a\0"), "a");
	decodes("utf-16le", SPAN("\0b\0"), "b");
	decodes("utf-16-be", SPAN("\0a\0"), "a");
	decodes("utf-32", SPAN("\0\0\0b\0\0\0"), "b");
	decodes("utf-32be", SPAN("\0\0\0a\0\0\0"), "a");
}

static void
any_bytes_in_any_encoding(void **state)
{
	static const char *const names[] = {
		"ascii", "latin1", "cp1252", "cp1255", "gb18030", "euc-jp",
		"big5hkscs", "utf-16", "utf-32", "utf-7", "iso2022_jp"
	};
	struct encoding *e;
	struct buf line = { 0 }, out = { 0 };
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(encoding_open(names[i], &e), 0);
		for (k = 0; k < 500; k++) {
			buf_clear(&line);
			for (n = random_below(80); n > 0; n--)
				buf_addc(&line, (char)random_below(256));
			encoding_decode(e, buf_span(&line), &out);
			assert_true(text_is_utf8(buf_span(&out)));
			assert_true(out.n <= 3 * line.n + 16);
		}
		encoding_close(e);
	}
	buf_fini(&line);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_python),
		cmocka_unit_test(replaces_what_is_no_character),
		cmocka_unit_test(wide_characters_cut_at_newlines),
		cmocka_unit_test(any_bytes_in_any_encoding),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
