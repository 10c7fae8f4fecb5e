#include "base/trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "random.h"

/* Few distinct bits, so that networks nest and touch. */
static struct addr
random_net(void)
{
	struct addr a = { .family = random_below(2) ? ADDR_V4 : ADDR_V6 };
	unsigned bytes, i;

	a.plen = (uint8_t)addr_bits(&a);
	bytes = a.plen / 8U;
	for (i = 0; i < bytes; i++)
		a.b[i] = (uint8_t)(random_below(8) == 0 ? random_next() :
		    random_below(2));
	addr_mask(&a, (unsigned)random_below(a.plen + 1U));
	return a;
}

static void
test_random(void **state)
{
	struct addr nets[64], a;
	struct trie *t;
	bool covers, overlaps, known;
	size_t n, limit, i, distinct, hits = 0;
	int round, probe;

	(void)state;
	for (round = 0; round < 300; round++) {
		t = trie_new();
		distinct = 0;
		limit = random_below(64);
		for (n = 0; n < limit; n++) {
			nets[n] = random_net();
			/* The whole Internet would hide the rest. */
			if (nets[n].plen < 6)
				nets[n] = (struct addr){ ADDR_V6, 128, { 9 } };
			known = false;
			for (i = 0; i < n; i++)
				known |= addr_eq(&nets[i], &nets[n]);
			distinct += !known;
			trie_add(t, &nets[n]);
		}
		assert_int_equal(trie_count(t), distinct);
		for (probe = 0; probe < 200; probe++) {
			a = random_net();
			covers = overlaps = false;
			for (i = 0; i < n; i++) {
				covers |= addr_in(&a, &nets[i]);
				overlaps |= addr_in(&a, &nets[i]) ||
				    addr_in(&nets[i], &a);
			}
			assert_int_equal(trie_covers(t, &a), covers);
			assert_int_equal(trie_overlaps(t, &a), overlaps);
			hits += covers;
		}
		trie_free(t);
	}
	assert_true(hits > 100);
}

static void
test_edges(void **state)
{
	struct trie *t = trie_new();
	struct addr all4 = { .family = ADDR_V4 }, none = { 0 };
	struct addr a = { ADDR_V4, 32, { 192, 0, 2, 7 } };
	struct addr b = { ADDR_V6, 128, { 192, 0, 2, 7 } };

	(void)state;
	assert_false(trie_covers(t, &a));
	assert_false(trie_overlaps(t, &all4));
	trie_add(t, &none);
	assert_int_equal(trie_count(t), 0);
	trie_add(t, &all4);
	assert_true(trie_covers(t, &a));
	assert_false(trie_overlaps(t, &b));
	assert_false(trie_covers(t, &none));
	assert_false(trie_overlaps(t, &none));
	trie_free(t);
	trie_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
