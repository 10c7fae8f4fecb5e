#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/siphash.h"
#include "random.h"

#define KEYS 3000

struct entry {
	unsigned key;
	unsigned seen;
	bool present;
};

static struct entry entries[KEYS];

static bool
entry_eq(const void *entry, const void *key)
{
	return ((const struct entry *)entry)->key == *(const unsigned *)key;
}

/* A bad hash on purpose: plain numbers, and runs of collisions. */
static uint64_t
poor(unsigned key)
{
	if (key % 7 == 0)
		return UINT64_MAX;
	return key % 7 == 1 ? key : table_hash(&key, sizeof(key));
}

static void
reset(void)
{
	unsigned i;

	for (i = 0; i < KEYS; i++)
		entries[i] = (struct entry){ .key = i };
}

static void
test_random(void **state)
{
	struct table *t = table_new(0, entry_eq);
	size_t count = 0;
	struct entry *e;
	unsigned k;
	int round;

	(void)state;
	reset();
	for (round = 0; round < 200000; round++) {
		k = (unsigned)random_below(round % 20000 < 10000 ? 50 : KEYS);
		e = &entries[k];
		assert_ptr_equal(table_find(t, poor(k), &k),
		    e->present ? e : NULL);
		if (random_below(3) == 0) {
			assert_ptr_equal(table_del(t, poor(k), &k),
			    e->present ? e : NULL);
			count -= e->present;
			e->present = false;
		} else if (!e->present) {
			assert_int_equal(table_add(t, poor(k), e), 0);
			e->present = true;
			count++;
		}
		assert_int_equal(table_count(t), count);
	}
	table_free(t);
}

/* Every entry exactly once, though a random half is deleted on the way. */
static void
test_walk(void **state)
{
	struct table *t = table_new(0, entry_eq);
	struct entry *e;
	size_t at = 0;
	unsigned i, left = 0;

	(void)state;
	reset();
	assert_null(table_next(t, &at));
	for (i = 0; i < KEYS; i++)
		assert_int_equal(table_add(t, poor(i), &entries[i]), 0);
	at = 0;
	while ((e = table_next(t, &at)) != NULL) {
		e->seen++;
		e->present = random_below(2) == 0;
		left += e->present;
		if (!e->present)
			assert_ptr_equal(table_del(t, poor(e->key), &e->key),
			    e);
	}
	assert_int_equal(table_count(t), left);
	for (i = 0; i < KEYS; i++) {
		assert_int_equal(entries[i].seen, 1);
		assert_ptr_equal(table_find(t, poor(i), &i),
		    entries[i].present ? &entries[i] : NULL);
	}
	table_free(t);
}

static void
test_bound(void **state)
{
	struct table *t = table_new(10, entry_eq);
	unsigned i;

	(void)state;
	reset();
	for (i = 0; i < 10; i++)
		assert_int_equal(table_add(t, poor(i), &entries[i]), 0);
	errno = 0;
	assert_int_equal(table_add(t, poor(i), &entries[i]), -1);
	assert_int_equal(errno, ENOSPC);
	assert_null(table_find(t, poor(i), &i));
	i = 3;
	assert_ptr_equal(table_del(t, poor(i), &i), &entries[3]);
	assert_int_equal(table_add(t, poor(i), &entries[3]), 0);
	table_free(t);
	table_free(NULL);
}

/* Nothing is lost on the move, and the bound stays what it was. */
static void
test_reserve(void **state)
{
	struct table *t = table_new(20, entry_eq);
	unsigned i;

	(void)state;
	reset();
	for (i = 0; i < 10; i++)
		assert_int_equal(table_add(t, poor(i), &entries[i]), 0);
	table_reserve(t, 5);
	table_reserve(t, SIZE_MAX);
	for (; i < 20; i++)
		assert_int_equal(table_add(t, poor(i), &entries[i]), 0);
	assert_int_equal(table_add(t, poor(i), &entries[i]), -1);
	assert_int_equal(table_count(t), 20);
	for (i = 0; i < 20; i++)
		assert_ptr_equal(table_find(t, poor(i), &i), &entries[i]);
	table_free(t);
}

/* From the paper's appendix and the reference vectors. */
static void
test_siphash(void **state)
{
	const uint64_t key[2] = { UINT64_C(0x0706050403020100),
		UINT64_C(0x0f0e0d0c0b0a0908) };
	static const struct { size_t n; uint64_t hash; } vectors[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
	};
	uint8_t data[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_true(siphash(key, data, vectors[i].n) ==
		    vectors[i].hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_siphash),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
