/* Replies with long lists are what they were with JSON values in their place. */
#include "control/roll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "control/payload.h"
#include "control/reply.h"
#include "control/reply_long.h"
#include "process/command_rows.h"
#include "random.h"

static struct strings
words(const char *first)
{
	struct strings argv = { 0 };

	strings_add(&argv, span_of(first));
	return argv;
}

/* Ids, and what may stand in their place: quotes, no UTF-8, long ones. */
static struct span
random_text(char *out, size_t size)
{
	static const char *const odd[] = { "a\"b\\c", "\xff\xfe", "\x01\n",
	    "gr\xc3\xbc\xc3\x9f" "e", "", "a/b" };
	size_t n;

	switch (random_below(8)) {
	case 0:
		return span_of(odd[random_below(6)]);
	case 1:
		n = random_below(300);
		memset(out, 'x', n);
		return span_from(out, n);
	case 2:
		if (random_below(50) == 0) {
			memset(out, 'y', size);
			return span_from(out, size - random_below(2));
		}
	}
	n = (size_t)snprintf(out, size, "10.%u.%u.%u",
	    (unsigned)random_below(256), (unsigned)random_below(256),
	    (unsigned)random_below(256));
	return span_from(out, n);
}

/* The same in both forms: an object with lists, and others around them. */
static json_t *
make(struct rolls *rolls, json_t **plain)
{
	static const size_t sizes[] = { 0, 1, 2, 999, 1000, 1001, 2000, 5003 };
	static char text[(64 << 10) + 1];
	json_t *with = json_array();

	*plain = json_array();
	for (size_t i = 0, n = 1 + random_below(4); i < n; i++) {
		struct roll *roll = rolls_add(rolls);
		json_t *list = json_array();
		size_t size = sizes[random_below(8)];
		json_t *near = json_pack("{s:i, s:[i], s:n, s:s}", "n", 7,
		    "[]", (int)i, "none", "q\"", "\xc3\xbc");

		for (size_t k = 0; k < size; k++) {
			struct span t = random_text(text, sizeof(text));

			roll_add(roll, t);
			json_array_append_new(list, payload_text(t));
		}
		json_array_append_new(with, json_pack("{s:O, s:[o], s:O}",
		    "a", near, "ids", roll_mark(roll), "z", near));
		json_array_append_new(*plain, json_pack("{s:O, s:[o], s:O}",
		    "a", near, "ids", list, "z", near));
		json_decref(near);
	}
	return with;
}

static void
compare(enum request_form form, const struct strings *argv)
{
	struct rolls rolls = { 0 };
	struct buf want = { 0 };
	json_t *plain, *with = make(&rolls, &plain);
	struct reply_long *l = reply_long_new(form, argv, with, &rolls);
	struct buf *got = reply_long_bytes(l);

	reply_ok(form, argv, plain, &want);
	while (reply_long_step(l, 1 + random_below(700)))
		;
	assert_int_equal(got->n, want.n);
	assert_memory_equal(got->p, want.p, want.n);
	reply_long_free(l);
	buf_fini(&want);
}

static void
replies_are_the_same(void **state)
{
	struct strings argv = words("get");

	(void)state;
	for (int i = 0; i < 40; i++) {
		compare(REQUEST_JSON, &argv);
		compare(REQUEST_PICKLE, &argv);
	}
	strings_fini(&argv);
}

static void
only_the_mark_is_the_list(void **state)
{
	struct rolls rolls = { 0 };
	struct roll *roll = rolls_add(&rolls);
	json_t *mark = roll_mark(roll), *like = json_pack("[i]", 0);

	(void)state;
	assert_ptr_equal(rolls_find(&rolls, mark), roll);
	assert_null(rolls_find(&rolls, like));
	assert_null(rolls_find(&rolls, NULL));
	assert_null(rolls_find(NULL, mark));
	json_decref(like);
	like = json_pack("[i]", 1);
	assert_null(rolls_find(&rolls, like));
	json_decref(like);
	json_decref(mark);
	rolls_fini(&rolls);
}

/* A slice is no longer than it was asked for, however long the list is. */
static void
a_slice_is_bounded(void **state)
{
	struct strings argv = words("get");
	struct rolls rolls = { 0 };
	struct roll *roll = rolls_add(&rolls);
	struct reply_long *l;
	size_t steps = 1, was = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		roll_add(roll, SPAN("192.0.2.7"));
	l = reply_long_new(REQUEST_JSON, &argv, roll_mark(roll), &rolls);
	for (; reply_long_step(l, 100); steps++) {
		assert_true(reply_long_bytes(l)->n - was <= 100 * 12 + 10);
		was = reply_long_bytes(l)->n;
	}
	assert_in_range(steps, 100, 102);
	reply_long_free(l);
	strings_fini(&argv);
}

/* --- rows ----------------------------------------------------------------- */

static void
check_order(size_t n, uint64_t ends)
{
	struct rolls rolls = { 0 };
	struct roll *roll = rolls_add(&rolls);
	struct rows *rows = rows_new(roll, random_below(2) * n);
	struct roll_place place = { 0 };
	int64_t last_end = INT64_MIN;
	long last = -1;

	for (size_t i = 0; i < n; i++) {
		int64_t end = random_below(8) == 0 ? INT64_MAX :
		    (int64_t)random_below(ends);
		char text[64];

		snprintf(text, sizeof(text), "%lld %zu", (long long)end, i);
		rows_add(rows, end, roll_add(roll, span_of(text)));
	}
	while (rows_sort(rows, 1 + random_below(100)))
		;
	assert_false(rows_sort(rows, 1));
	rows_free(rows);
	for (size_t i = 0; i < n; i++) {
		char *text = span_dup(roll_next(roll, &place).text), *rest;
		int64_t end = strtoll(text, &rest, 10);
		long number = strtol(rest, NULL, 10);

		assert_true(end > last_end ||
		    (end == last_end && number > last));
		last_end = end;
		last = number;
		free(text);
	}
	rolls_fini(&rolls);
}

static void
rows_end_in_order(void **state)
{
	(void)state;
	for (size_t n = 0; n < 70; n++)
		check_order(n, 1 + random_below(20));
	for (int i = 0; i < 20; i++)
		check_order(random_below(5000), 1 + random_below(1000));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_the_same),
		cmocka_unit_test(only_the_mark_is_the_list),
		cmocka_unit_test(a_slice_is_bounded),
		cmocka_unit_test(rows_end_in_order),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
