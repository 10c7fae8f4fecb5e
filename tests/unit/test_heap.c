#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "random.h"

#define NODES 500

static int
by_key(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
test_sorts(void **state)
{
	struct heap_node nodes[NODES], *first;
	int64_t keys[NODES];
	struct heap h = { 0 };
	size_t i;

	(void)state;
	assert_null(heap_first(&h));
	for (i = 0; i < NODES; i++) {
		heap_node_init(&nodes[i]);
		assert_false(heap_node_present(&nodes[i]));
		keys[i] = (int64_t)random_next() >> random_below(60);
		heap_add(&h, &nodes[i], keys[i]);
		assert_true(heap_node_present(&nodes[i]));
	}
	qsort(keys, NODES, sizeof(keys[0]), by_key);
	for (i = 0; i < NODES; i++) {
		first = heap_first(&h);
		assert_true(first->key == keys[i]);
		heap_del(&h, first);
		assert_false(heap_node_present(first));
		heap_del(&h, first);
	}
	assert_null(heap_first(&h));
	heap_fini(&h);
}

/* The first is always the least of those present, whatever was done. */
static void
test_random(void **state)
{
	struct heap_node nodes[NODES], *least;
	struct heap h = { 0 };
	size_t i, k, count = 0;
	int round;

	(void)state;
	for (i = 0; i < NODES; i++)
		heap_node_init(&nodes[i]);
	for (round = 0; round < 20000; round++) {
		k = random_below(round % 1000 < 500 ? 20 : NODES);
		if (!heap_node_present(&nodes[k])) {
			heap_add(&h, &nodes[k], (int64_t)random_below(100));
			count++;
		} else if (random_below(2) == 0) {
			heap_change(&h, &nodes[k],
			    (int64_t)random_below(100) - 50);
		} else {
			heap_del(&h, &nodes[k]);
			count--;
		}
		least = NULL;
		for (i = 0; i < NODES; i++)
			if (heap_node_present(&nodes[i]) &&
			    (least == NULL || nodes[i].key < least->key))
				least = &nodes[i];
		assert_int_equal(h.n, count);
		assert_int_equal(heap_first(&h) == NULL, least == NULL);
		if (least != NULL)
			assert_true(heap_first(&h)->key == least->key);
	}
	heap_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorts),
		cmocka_unit_test(test_random),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
