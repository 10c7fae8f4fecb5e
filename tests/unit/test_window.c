#include "match/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct buf text;

static void
shows(const struct window *w, const char *want)
{
	window_text(w, &text);
	assert_true(span_eq(buf_span(&text), span_of(want)));
}

static void
dates_are_cut_and_the_oldest_goes(void **state)
{
	struct window *w = window_new(2);

	(void)state;
	shows(w, "");
	window_push(w, SPAN("[DATE] a"), 1, 5);
	window_push(w, SPAN("b"), 0, 0);
	shows(w, "[] a\nb\n");
	window_push(w, SPAN("c"), 0, 0);
	shows(w, "b\nc\n");
	window_replace(w, SPAN("d"));
	shows(w, "d\n");
	window_free(w);
}

static void
matched_lines_leave(void **state)
{
	struct window *w = window_new(5);
	struct span lines[5], s;

	(void)state;
	window_push(w, SPAN("D a"), 0, 2);
	window_push(w, SPAN("b"), 0, 0);
	window_push(w, SPAN("c"), 0, 0);
	window_push(w, SPAN("d"), 0, 0);
	window_text(w, &text);
	s = buf_span(&text);
	/* "b\nc\n" with "c\n" skipped. */
	window_mark(w, s, span_sub(s, 2, 4));
	window_unmark(w, s, span_sub(s, 4, 2));
	assert_int_equal(window_marked(w, lines, 5), 1);
	assert_true(span_eq(lines[0], SPAN("b")));
	window_drop_marked(w);
	shows(w, "a\nc\nd\n");
	s = buf_span(&text);
	window_mark(w, s, s);
	assert_int_equal(window_marked(w, lines, 2), 2);
	assert_true(span_eq(lines[0], SPAN("c")));
	assert_true(span_eq(lines[1], SPAN("d")));
	assert_int_equal(window_marked(w, lines, 5), 3);
	assert_true(span_eq(lines[0], SPAN("D a")));
	window_marked_text(w, &text);
	assert_true(span_eq(buf_span(&text), SPAN("a\nc\nd\n")));
	window_drop_marked(w);
	shows(w, "");
	buf_fini(&text);
	window_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_cut_and_the_oldest_goes),
		cmocka_unit_test(matched_lines_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
