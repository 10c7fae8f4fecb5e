#include "store/event_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS (5 * EVENT_ROWS_EACH + 3)

/* Its texts: two of the line, one beside it, one behind what is kept of it. */
static void
fill(struct access_event *e, char *line, char *user, unsigned i)
{
	memset(line, '.', 2 * EVENT_LINE_MAX);
	snprintf(user, 32, "user%u", i);
	snprintf(line, 32, "host%u session%u", i, i);
	access_event_init(e);
	e->line = span_from(line, i % 2 == 0 ? 64 : 2 * EVENT_LINE_MAX);
	e->texts[EVENT_HOST] = span_sub(e->line, 0, 5);
	e->texts[EVENT_SESSION] = span_sub(e->line, 6, 8);
	e->texts[EVENT_USER] = span_of(user);
	e->texts[EVENT_DETAIL] = span_sub(e->line, EVENT_LINE_MAX - 8, 16);
	e->number = i;
}

static void
check(const struct event_row *row, unsigned i)
{
	char line[2 * EVENT_LINE_MAX], user[32];
	struct access_event e;

	fill(&e, line, user, i);
	assert_int_equal(row->number, i + 1);
	assert_int_equal(row->event.number, i);
	assert_int_equal(row->duration_ms, -1);
	assert_false(row->is_session);
	assert_true(span_eq(row->event.line,
	    span_sub(e.line, 0, EVENT_LINE_MAX)));
	for (unsigned k = 0; k < EVENT_TEXTS; k++)
		assert_true(span_eq(row->event.texts[k], e.texts[k]));
}

/* What is added stays where it is, whatever becomes of what it was from. */
static void
test_rows(void **state)
{
	struct event_rows rows = { 0 };
	struct event_row *first[ROWS];
	char line[2 * EVENT_LINE_MAX], user[32];
	struct access_event e;

	(void)state;
	for (unsigned i = 0; i < ROWS; i++) {
		fill(&e, line, user, i);
		first[i] = event_rows_add(&rows, &e);
		first[i]->number = i + 1;
		memset(line, 'x', sizeof(line));
		memset(user, 'x', sizeof(user));
	}
	assert_int_equal(rows.n, ROWS);
	for (unsigned i = 0; i < ROWS; i++) {
		assert_ptr_equal(event_rows_at(&rows, i), first[i]);
		check(first[i], i);
	}
	event_rows_fini(&rows);
	assert_int_equal(rows.n, 0);
	event_rows_fini(&rows);
}

/* No line at all: nothing is a part of it, an empty text neither. */
static void
test_no_line(void **state)
{
	struct event_rows rows = { 0 };
	struct access_event e;

	(void)state;
	access_event_init(&e);
	e.texts[EVENT_USER] = SPAN("alice");
	event_rows_add(&rows, &e);
	assert_true(span_eq(event_rows_at(&rows, 0)->event.texts[EVENT_USER],
	    SPAN("alice")));
	assert_int_equal(event_rows_at(&rows, 0)->event.line.n, 0);
	event_rows_fini(&rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
