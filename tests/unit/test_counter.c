/* Counting of failures: the examples of the specification, and the bounds. */
#include "jail/counter.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct counter_rule rule = { .findtime = 600, .maxmatches = 5 };

static struct failure
failure_of(const char *id, double seconds)
{
	struct failure f = { 0 };

	f.id = id_from_span(span_of(id));
	f.time.us = (int64_t)(seconds * 1e6);
	return f;
}

static uint32_t
add(struct counter *c, const char *id, double seconds)
{
	struct failure f = failure_of(id, seconds);

	return counter_add(c, &f, &rule);
}

static struct counted
take(struct counter *c, const char *id)
{
	struct id key = id_from_span(span_of(id));
	struct counted out;

	assert_true(counter_take(c, &key, &out));
	return out;
}

static void
six_failures_then_one_late_count_three(void **state)
{
	struct counter *c = counter_new(100);
	int i;

	(void)state;
	for (i = 1; i <= 6; i++)
		assert_int_equal(add(c, "192.0.2.1", 0), i);
	/* 6 / 1500 * 600 = 2.4, so 2, and the new one. */
	assert_int_equal(add(c, "192.0.2.1", 1500), 3);
	assert_int_equal(counter_count(c), 1);
	counter_free(c);
}

static void
halves_go_to_the_even_number(void **state)
{
	struct counter *c = counter_new(100);
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		add(c, "192.0.2.1", 0);
	/* 5 / 1200 * 600 = 2.5 -> 2. */
	assert_int_equal(add(c, "192.0.2.1", 1200), 3);
	for (i = 0; i < 7; i++)
		add(c, "192.0.2.2", 0);
	/* 3.5 -> 4. */
	assert_int_equal(add(c, "192.0.2.2", 1200), 5);
	counter_free(c);
}

static void
within_findtime_nothing_shrinks(void **state)
{
	struct counter *c = counter_new(100);

	(void)state;
	add(c, "192.0.2.1", 0);
	assert_int_equal(add(c, "192.0.2.1", 600), 2);
	/* first moves to 1: 2 / 601 * 600 = 1.997 -> 2 */
	assert_int_equal(add(c, "192.0.2.1", 601), 3);
	counter_free(c);
}

static void
older_failures_count_and_move_nothing(void **state)
{
	struct counter *c = counter_new(100);
	struct counted out;

	(void)state;
	add(c, "192.0.2.1", 1000);
	assert_int_equal(add(c, "192.0.2.1", 10), 2);
	assert_int_equal(add(c, "192.0.2.1", 1000), 3);
	out = take(c, "192.0.2.1");
	assert_int_equal(out.last.us, 1000 * CLOCK_SECOND);
	assert_int_equal(out.failures, 3);
	assert_int_equal(counter_count(c), 0);
	free(out.trace);
	counter_free(c);
}

static void
ids_are_kept_apart(void **state)
{
	static const char *const ids[] = { "192.0.2.1", "192.0.2.0/24",
		"2001:db8::1", "root", "ROOT", "c000:201::" };
	struct counter *c = counter_new(100);
	size_t i, n = sizeof(ids) / sizeof(*ids);

	(void)state;
	for (i = 0; i < n; i++)
		assert_int_equal(add(c, ids[i], 1), 1);
	assert_int_equal(counter_count(c), n);
	/* One address, written in two ways. */
	assert_int_equal(add(c, "::ffff:192.0.2.1", 1), 2);
	for (i = 1; i < n; i++)
		assert_int_equal(add(c, ids[i], 2), 2);
	counter_free(c);
}

static void
lines_are_the_last_and_groups_the_first(void **state)
{
	struct counter *c = counter_new(100);
	struct strings lines = { 0 };
	struct span name, value;
	struct counted out;
	struct failure f;
	char text[32];
	size_t at = 0;
	int i;

	(void)state;
	for (i = 0; i < 9; i++) {
		f = failure_of("192.0.2.1", i);
		snprintf(text, sizeof(text), "line %d", i);
		f.lines[0] = span_of(text);
		f.lines_n = 1;
		f.groups[0].name = SPAN("user");
		f.groups[0].value = i == 0 ? SPAN("first") : SPAN("later");
		f.groups_n = 1;
		f.ip = id_from_span(SPAN("198.51.100.9")).addr;
		counter_add(c, &f, &rule);
	}
	out = take(c, "192.0.2.1");
	trace_lines(out.trace, &lines);
	assert_int_equal(lines.n, 5);
	assert_string_equal(lines.v[0], "line 4");
	assert_string_equal(lines.v[4], "line 8");
	assert_true(trace_group(out.trace, &at, &name, &value));
	assert_true(span_eq(name, SPAN("user")));
	assert_true(span_eq(value, SPAN("first")));
	assert_true(trace_group(out.trace, &at, &name, &value));
	assert_true(span_eq(name, SPAN("ip")));
	assert_true(span_eq(value, SPAN("198.51.100.9")));
	assert_false(trace_group(out.trace, &at, &name, &value));
	strings_fini(&lines);
	free(out.trace);
	counter_free(c);
}

static void
sessions_longer_than_maxmatches_keep_their_end(void **state)
{
	struct counter_rule two = { .findtime = 600, .maxmatches = 2 };
	struct counter_rule none = { .findtime = 600, .maxmatches = 0 };
	struct counter *c = counter_new(100);
	struct failure f = failure_of("192.0.2.1", 1);
	struct strings lines = { 0 };
	struct counted out;

	(void)state;
	f.lines[0] = SPAN("a");
	f.lines[1] = SPAN("b\0\xff");
	f.lines[2] = SPAN("c");
	f.lines_n = 3;
	counter_add(c, &f, &two);
	counter_add(c, &f, &two);
	out = take(c, "192.0.2.1");
	trace_lines(out.trace, &lines);
	assert_int_equal(lines.n, 2);
	/* NUL and a byte that is no UTF-8 are one U+FFFD each. */
	assert_string_equal(lines.v[0], "b\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(lines.v[1], "c");
	free(out.trace);
	strings_fini(&lines);
	counter_add(c, &f, &none);
	counter_add(c, &f, &none);
	out = take(c, "192.0.2.1");
	trace_lines(out.trace, &lines);
	assert_int_equal(lines.n, 0);
	free(out.trace);
	/* One failure alone keeps what it has, as fail2ban's. */
	counter_add(c, &f, &none);
	out = take(c, "192.0.2.1");
	trace_lines(out.trace, &lines);
	assert_int_equal(lines.n, 3);
	free(out.trace);
	strings_fini(&lines);
	counter_free(c);
}

static void
stale_records_are_purged_and_no_others(void **state)
{
	struct counter *c = counter_new(100);
	struct wall oldest;

	(void)state;
	add(c, "192.0.2.1", 100);
	add(c, "192.0.2.2", 101);
	add(c, "192.0.2.3", 102);
	add(c, "192.0.2.1", 103);
	assert_true(counter_oldest(c, &oldest));
	assert_int_equal(oldest.us, 101 * CLOCK_SECOND);
	assert_int_equal(counter_purge(c, wall_from_seconds(102), 1), 1);
	assert_int_equal(counter_purge(c, wall_from_seconds(102), 10), 1);
	assert_int_equal(counter_count(c), 1);
	assert_int_equal(add(c, "192.0.2.1", 103), 3);
	assert_int_equal(counter_purge(c, wall_from_seconds(103), 10), 1);
	assert_false(counter_oldest(c, &oldest));
	counter_free(c);
}

static void
a_full_table_forgets_the_longest_silent(void **state)
{
	struct counter *c = counter_new(3);

	(void)state;
	add(c, "192.0.2.1", 1);
	add(c, "192.0.2.2", 2);
	add(c, "192.0.2.3", 3);
	add(c, "192.0.2.1", 4);
	add(c, "192.0.2.4", 5);      /* .2 goes */
	assert_int_equal(counter_evicted(c), 1);
	assert_int_equal(counter_count(c), 3);
	assert_int_equal(add(c, "192.0.2.1", 6), 3);
	assert_int_equal(add(c, "192.0.2.2", 7), 1);
	assert_int_equal(counter_evicted(c), 2);
	counter_free(c);
}

/* What a process really holds: the allocator's own figure. */
static size_t
heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
a_million_addresses_fit_into_100_megabytes(void **state)
{
	enum { MILLION = 1000000 };
	static const char line[] = "Nov 21 22:08:12 host sshd[18455]: Failed "
	    "password for invalid user admin from 192.0.2.7 port 22 ssh2";
	struct counter *c = counter_new(MILLION);
	size_t before = heap_bytes();
	struct failure f = { 0 };
	uint32_t i;

	(void)state;
	f.lines[0] = span_of(line);
	f.lines_n = 1;
	f.groups[0].name = SPAN("user");
	f.groups[0].value = SPAN("admin");
	f.groups_n = 1;
	f.id.addr.family = ADDR_V4;
	f.id.addr.plen = 32;
	for (i = 0; i < MILLION + 10; i++) {
		memcpy(f.id.addr.b, &i, sizeof(i));
		f.time.us = i;
		assert_int_equal(counter_add(c, &f, &rule), 1);
	}
	assert_int_equal(counter_count(c), MILLION);
	assert_int_equal(counter_evicted(c), 10);
	assert_true(counter_untold(c) > 0);
	assert_true(counter_memory(c) <= 105 * 1000 * 1000);
	/* Under ASan mallinfo is zero, and says nothing. */
	assert_true(heap_bytes() - before <= 110 * 1000 * 1000);
	/* All of them are still counted right. */
	i = MILLION / 2;
	memcpy(f.id.addr.b, &i, sizeof(i));
	assert_int_equal(counter_add(c, &f, &rule), 2);
	assert_int_equal(counter_purge(c, (struct wall){ INT64_MAX },
	    SIZE_MAX), MILLION);
	assert_true(counter_memory(c) < 4096);
	counter_free(c);
}

static void
raw_ids_cannot_eat_the_memory(void **state)
{
	struct counter *c = counter_new(1000000);
	struct failure f = { 0 };
	char text[ID_RAW_MAX];
	int i;

	(void)state;
	memset(text, 'x', sizeof(text));
	f.id.raw = span_from(text, sizeof(text));
	for (i = 0; i < 30000; i++) {
		memcpy(text, &i, sizeof(i));
		f.time.us = i;
		assert_int_equal(counter_add(c, &f, &rule), 1);
		assert_int_equal(counter_add(c, &f, &rule), 2);
	}
	assert_true(counter_evicted(c) > 0);
	assert_true(counter_memory(c) < 24 * 1000 * 1000);
	counter_free(c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_failures_then_one_late_count_three),
		cmocka_unit_test(halves_go_to_the_even_number),
		cmocka_unit_test(within_findtime_nothing_shrinks),
		cmocka_unit_test(older_failures_count_and_move_nothing),
		cmocka_unit_test(ids_are_kept_apart),
		cmocka_unit_test(lines_are_the_last_and_groups_the_first),
		cmocka_unit_test(
		    sessions_longer_than_maxmatches_keep_their_end),
		cmocka_unit_test(stale_records_are_purged_and_no_others),
		cmocka_unit_test(a_full_table_forgets_the_longest_silent),
		cmocka_unit_test(a_million_addresses_fit_into_100_megabytes),
		cmocka_unit_test(raw_ids_cannot_eat_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
