#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "action/values.h"
#include "random.h"

static struct values ticket;

static void
add(struct strings *l, const char *line)
{
	strings_add(l, span_of(line));
}

static int
make_ticket(void **state)
{
	(void)state;
	ticket = (struct values){
		.fid = strdup("192.0.2.7"), .time = { 1124013600500000 },
		.bantime = 600, .bancount = 2, .failures = 5,
		.jail_banned = 1, .jail_banned_total = 20, .jail_found = 3,
		.jail_found_total = 40,
	};
	add(&ticket.matches, "first line");
	add(&ticket.matches, "second <ip> $(x)");
	values_add_group(&ticket, SPAN("user"), SPAN("root"));
	values_add_group(&ticket, SPAN("fport"), SPAN("22"));
	return 0;
}

static int
drop_ticket(void **state)
{
	(void)state;
	values_fini(&ticket);
	return 0;
}

static void
values_travel_packed(void **state)
{
	struct buf one = { 0 }, two = { 0 };
	struct values v;

	(void)state;
	ticket.merged = true;
	add(&ticket.ipmatches, "all");
	values_pack(&ticket, &one);
	assert_int_equal(values_unpack(buf_span(&one), &v), 0);
	values_pack(&v, &two);
	assert_int_equal(one.n, two.n);
	assert_memory_equal(one.p, two.p, one.n);
	assert_string_equal(v.fid, "192.0.2.7");
	assert_null(v.ip);
	assert_string_equal(values_group(&v, "user"), "root");
	values_fini(&v);
	/* Cut anywhere, or longer, it is refused. */
	for (size_t n = 0; n < one.n; n++)
		assert_int_equal(values_unpack(span_from(one.p, n), &v), -1);
	buf_addc(&one, 'x');
	assert_int_equal(values_unpack(buf_span(&one), &v), -1);
	buf_fini(&one);
	buf_fini(&two);
}

static void
packed_values_are_bounded(void **state)
{
	struct values v = { .fid = (char *)"192.0.2.7" }, out;
	struct buf line = { 0 }, packed = { 0 };

	(void)state;
	for (int i = 0; i < 70000; i++)
		buf_addc(&line, 'a');
	for (int i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "g%d", i);
		values_add_group(&v, span_of(name), buf_span(&line));
	}
	values_add_group(&v, SPAN("Bad"), SPAN("x"));
	values_add_group(&v, SPAN("b-c"), SPAN("x"));
	assert_int_equal(v.groups_n, VALUES_GROUPS_MAX);
	for (int i = 0; i < 5000; i++)
		add(&v.matches, i == 4999 ? "newest" : "old");
	for (int i = 0; i < 5; i++)
		strings_add(&v.ipmatches, buf_span(&line));
	strings_copy(&v.ipjailmatches, &v.ipmatches);
	values_pack(&v, &packed);
	assert_true(packed.n <= VALUES_PACKED_MAX);
	assert_int_equal(values_unpack(buf_span(&packed), &out), 0);
	assert_int_equal(out.matches.n, VALUES_LINES_MAX);
	assert_string_equal(out.matches.v[out.matches.n - 1], "newest");
	assert_int_equal(out.ipmatches.n, 1);
	values_fini(&out);
	v.fid = NULL;
	values_fini(&v);
	buf_fini(&line);
	buf_fini(&packed);
}

/* Any bytes: refused, or packed again as they were. */
static void
spoiled_values_are_refused(void **state)
{
	struct buf good = { 0 };
	unsigned refused = 0;

	(void)state;
	random_start();
	values_pack(&ticket, &good);
	for (int i = 0; i < 20000; i++) {
		char bytes[1024];
		struct values v;
		struct buf again = { 0 };

		assert_true(good.n <= sizeof(bytes));
		memcpy(bytes, good.p, good.n);
		for (size_t k = 1 + random_below(3); k > 0; k--)
			bytes[random_below(good.n)] = (char)random_next();
		if (values_unpack(span_from(bytes, good.n), &v) != 0) {
			refused++;
			continue;
		}
		values_pack(&v, &again);
		assert_int_equal(again.n, good.n);
		assert_memory_equal(again.p, bytes, good.n);
		buf_fini(&again);
		values_fini(&v);
	}
	assert_true(refused > 1000);
	buf_fini(&good);
}

static void
ids_are_addresses_or_not(void **state)
{
	struct values v = { .fid = (char *)"session", .ip = (char *)"::1" };
	struct addr a;

	(void)state;
	assert_true(values_addr(&v, &a));
	assert_int_equal(a.family, ADDR_V6);
	v.ip = NULL;
	assert_false(values_addr(&v, &a));
	v.fid = (char *)"192.0.2.0/24";
	assert_true(values_addr(&v, &a));
	assert_int_equal(a.plen, 24);
	v.fid = NULL;
	assert_false(values_addr(&v, &a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_ticket, drop_ticket)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_travel_packed),
		TEST(packed_values_are_bounded),
		TEST(spoiled_values_are_refused),
		TEST(ids_are_addresses_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
