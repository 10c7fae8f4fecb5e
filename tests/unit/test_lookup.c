/* What may be looked up as a name, and what replies are read as. */
#include "process/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "random.h"

static void
names_are_told_from_numbers(void **state)
{
	static const char *const good[] = {
		"localhost", "a.b", "mail.example.org", "xn--bcher-kva.example",
		"1.example", "a_b.example", "host-1", "example.", "0a",
		"1e", "7.example.0xz1a.org",
	};
	static const char *const bad[] = {
		"", ".", "..", "a..b", ".a", "-a.b", "a.-b", "a b", "a\tb",
		"a/b", "a:b", "a@b", "b\xc3\xbc", "1", "1.2", "1.2.3",
		"1.2.3.4.5", "0x7f", "0X7F.1", "a.1", "1.0x1", "$(id)",
		"a;b", "a'b", "%41", "192.0.2.1",
	};
	char label[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!lookup_is_name(span_of(good[i])))
			fail_msg("'%s' is a name", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (lookup_is_name(span_of(bad[i])))
			fail_msg("'%s' is no name", bad[i]);
	memset(label, 'a', sizeof(label));
	assert_true(lookup_is_name(span_from(label, 63)));
	assert_false(lookup_is_name(span_from(label, 64)));
	for (size_t i = 50; i < sizeof(label); i += 50)
		label[i] = '.';
	assert_true(lookup_is_name(span_from(label, 253)));
	assert_false(lookup_is_name(span_from(label, 254)));
	assert_false(lookup_is_name(span_from("a\0b", 3)));
}

/* --- replies ------------------------------------------------------------ */

/* One answer more. */
static size_t
record(unsigned char *out, const char *data, size_t n, unsigned type)
{
	const unsigned char head[] = {
		0xc0, 12, 0, (unsigned char)type, 0, 1, 0, 0, 0, 60,
		(unsigned char)(n >> 8), (unsigned char)n,
	};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), data, n);
	return sizeof(head) + n;
}

/* Question a.b TXT, and one answer whose data are `data`. */
static size_t
reply(unsigned char *out, const char *data, size_t n, unsigned type)
{
	static const unsigned char head[] = {
		0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
		1, 'a', 1, 'b', 0, 0, 16, 0, 1,
	};

	memcpy(out, head, sizeof(head));
	return sizeof(head) + record(out + sizeof(head), data, n, type);
}

static void
a_text_is_read(void **state)
{
	unsigned char b[4200];
	char text[LOOKUP_TEXT_MAX + 1], big[256];
	size_t n = reply(b, "\x0b" "1234 | DE |" "\x03" "xyz", 16, 16);

	(void)state;
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_FOUND);
	assert_string_equal(text, "1234 | DE |");
	n = reply(b, "\x05" "a\x1b\xff\nb", 6, 16);
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_FOUND);
	assert_string_equal(text, "ab");
	memset(big, 'x', sizeof(big));
	big[0] = (char)255;
	n = reply(b, big, 256, 16);
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_FOUND);
	assert_int_equal(strlen(text), 255);
	/* more than one */
	n = reply(b, "\1a", 2, 16);
	n += record(b + n, "\2bc\1d", 5, 16);
	b[7] = 2;
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_FOUND);
	assert_string_equal(text, "a\nbc");
	n = reply(b, big, 256, 16);
	for (int i = 0; i < 9; i++)
		n += record(b + n, big, 256, 16);
	b[7] = 10;
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_FOUND);
	assert_int_equal(strlen(text), 3 * 256 + 255);
	/* longer than its data say, other types, nothing */
	n = reply(b, "\x0c" "1234", 5, 16);
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_FAILED);
	n = reply(b, "\1\2\3\4", 4, 1);
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_NONE);
	n = reply(b, "", 0, 16);
	assert_int_equal(lookup_read_text(b, n, text), LOOKUP_NONE);
	assert_int_equal(lookup_read_text(b, 4097, text), LOOKUP_FAILED);
}

static void
a_cut_or_changed_reply_breaks_nothing(void **state)
{
	unsigned char b[128], *copy;
	char text[LOOKUP_TEXT_MAX + 1];
	size_t n = reply(b, "\x0b" "1234 | DE |", 12, 16);

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		copy = malloc(cut + 1);
		memcpy(copy, b, cut);
		(void)lookup_read_text(copy, cut, text);
		free(copy);
	}
	for (int i = 0; i < 20000; i++) {
		copy = malloc(n);
		memcpy(copy, b, n);
		copy[random_below(n)] = (unsigned char)random_below(256);
		copy[random_below(n)] = (unsigned char)random_below(256);
		(void)lookup_read_text(copy, n, text);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_told_from_numbers),
		cmocka_unit_test(a_text_is_read),
		cmocka_unit_test(a_cut_or_changed_reply_breaks_nothing),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
