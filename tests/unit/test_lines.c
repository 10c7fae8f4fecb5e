#include "source/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "random.h"

/* Lines as received, each with a '|' behind it. */
struct sink {
	struct buf text;
	unsigned stop_after;    /* 0: never */
	unsigned n;
};

static bool
receive(struct span line, void *arg)
{
	struct sink *sink = arg;

	buf_add_span(&sink->text, line);
	buf_addc(&sink->text, '|');
	return ++sink->n != sink->stop_after;
}

static void
expect(const char *input, size_t size, size_t line_max, const char *output,
    size_t output_size)
{
	struct sink sink = { 0 };
	struct lines l;

	lines_init(&l, line_max);
	assert_int_equal(lines_feed(&l, span_from(input, size), receive,
	    &sink), size);
	assert_int_equal(sink.text.n, output_size);
	if (output_size > 0)
		assert_memory_equal(sink.text.p, output, output_size);
	assert_int_equal(l.count, sink.n);
	lines_fini(&l);
	buf_fini(&sink.text);
}

#define EXPECT(in, max, out) \
	expect((in), sizeof(in) - 1, (max), (out), sizeof(out) - 1)

static void
test_simple(void **state)
{
	(void)state;
	EXPECT("", 9, "");
	EXPECT("a", 9, "");
	EXPECT("a\n", 9, "a|");
	EXPECT("\n\n", 9, "||");
	EXPECT("a\nbc\nd", 9, "a|bc|");
	EXPECT("a\r\nb\n", 9, "a\r|b|");
	EXPECT("a\0b\n\0\n", 9, "a\0b|\0|");
}

static void
test_overlong(void **state)
{
	struct sink sink = { 0 };
	struct lines l;

	(void)state;
	EXPECT("123\n1234\n12345\n1\n", 4, "123|1234|1234|1|");
	lines_init(&l, 4);
	lines_feed(&l, SPAN("12"), receive, &sink);
	lines_feed(&l, SPAN("34"), receive, &sink);
	lines_feed(&l, SPAN("56"), receive, &sink);
	lines_feed(&l, SPAN("78"), receive, &sink);
	assert_int_equal(sink.n, 0);    /* not before its newline */
	lines_feed(&l, SPAN("9\nab\n"), receive, &sink);
	assert_string_equal(sink.text.p, "1234|ab|");
	assert_int_equal(l.cut, 1);
	assert_int_equal(l.count, 2);
	lines_fini(&l);
	buf_fini(&sink.text);
}

static void
test_stop(void **state)
{
	struct span rest = SPAN("b\nc\nd\n");
	struct sink sink = { .stop_after = 1 };
	struct lines l;
	size_t taken;

	(void)state;
	lines_init(&l, 9);
	lines_feed(&l, SPAN("a"), receive, &sink);
	taken = lines_feed(&l, rest, receive, &sink);
	assert_int_equal(taken, 2);
	sink.stop_after = 2;
	rest = span_skip(rest, taken);
	taken = lines_feed(&l, rest, receive, &sink);
	assert_int_equal(taken, 2);
	rest = span_skip(rest, taken);
	assert_int_equal(lines_feed(&l, rest, receive, &sink), 2);
	assert_string_equal(sink.text.p, "ab|c|d|");
	lines_fini(&l);
	buf_fini(&sink.text);
}

static void
test_reset(void **state)
{
	struct sink sink = { 0 };
	struct lines l;

	(void)state;
	lines_init(&l, 3);
	lines_feed(&l, SPAN("12345"), receive, &sink);
	lines_reset(&l);
	lines_feed(&l, SPAN("a\n"), receive, &sink);
	assert_string_equal(sink.text.p, "a|");
	assert_int_equal(l.cut, 0);
	lines_fini(&l);
	buf_fini(&sink.text);
}

/* However the bytes arrive, the lines are the same; stopping loses none. */
static void
test_random_chunks(void **state)
{
	char text[300];
	struct sink whole, parts;
	struct lines a, b;
	size_t n, at, i, k, max;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		n = random_below(sizeof(text) + 1);
		max = 1 + random_below(40);
		k = 1 + random_below(40);
		for (i = 0; i < n; i++)
			text[i] = random_below(k) == 0 ? '\n' :
			    (char)random_next();
		whole = parts = (struct sink){ 0 };
		lines_init(&a, max);
		lines_init(&b, max);
		lines_feed(&a, span_from(text, n), receive, &whole);
		for (at = 0; at < n; at += i) {
			k = random_below(50);
			k = k < n - at ? k : n - at;
			parts.stop_after = random_below(3) == 0 ?
			    parts.n + 1 : 0;
			i = lines_feed(&b, span_from(text + at, k), receive,
			    &parts);
			assert_true(i <= k);
		}
		assert_int_equal(whole.text.n, parts.text.n);
		if (whole.text.n > 0)
			assert_memory_equal(whole.text.p, parts.text.p,
			    whole.text.n);
		assert_int_equal(a.cut, b.cut);
		assert_int_equal(a.count, b.count);
		lines_fini(&a);
		lines_fini(&b);
		buf_fini(&whole.text);
		buf_fini(&parts.text);
	}
}

/* Takes lines that begin with a "-". */
static size_t
skip_dashes(struct span rest, uint64_t *count, void *arg)
{
	size_t n = 0, end;

	(void)arg;
	while (n < rest.n && rest.p[n] == '-' &&
	    (end = span_chr(span_skip(rest, n), '\n')) != SPAN_NONE) {
		n += end + 1;
		++*count;
	}
	return n;
}

static void
test_skip(void **state)
{
	struct sink sink = { 0 };
	struct lines l;

	(void)state;
	lines_init(&l, 6);
	l.skip = skip_dashes;
	lines_feed(&l, SPAN("-a\n-b\nc\n-d\n-e"), receive, &sink);
	assert_string_equal(sink.text.p, "c|");
	assert_int_equal(l.count, 4);
	/* The rest of a line begun before is no line; a cut one is counted. */
	lines_feed(&l, SPAN("\n-f\n-too long\n"), receive, &sink);
	assert_string_equal(sink.text.p, "c|-e|-f|-too l|");
	assert_int_equal(l.count, 7);
	assert_int_equal(l.cut, 1);
	lines_fini(&l);
	buf_fini(&sink.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_overlong),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_random_chunks),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
