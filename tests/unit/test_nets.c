#include "base/nets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random.h"

/* Few distinct bits, so that networks nest. */
static struct addr
random_net(void)
{
	struct addr a = { .family = random_below(2) ? ADDR_V4 : ADDR_V6 };
	unsigned bits = addr_bits(&a);

	a.plen = (uint8_t)bits;
	for (unsigned i = 0; i < bits / 8; i++)
		a.b[i] = (uint8_t)random_below(2);
	addr_mask(&a, (unsigned)random_below(bits + 1U));
	return a;
}

/* As asking each of them, one behind the other. */
static void
the_least_of_those_that_hold_it(void **state)
{
	size_t hits = 0;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct addr v[40];
		size_t n = random_below(40), place[40];
		struct nets *nets = nets_new();

		for (size_t i = 0; i < n; i++) {
			v[i] = random_net();
			place[i] = random_below(100);
			nets_add(nets, &v[i], place[i]);
		}
		for (int k = 0; k < 100; k++) {
			struct addr a = random_net();
			size_t want = NETS_NONE;

			for (size_t i = 0; i < n; i++)
				if (addr_in(&a, &v[i]) && place[i] < want)
					want = place[i];
			assert_int_equal(nets_least(nets, &a), want);
			hits += want != NETS_NONE;
		}
		nets_free(nets);
	}
	assert_true(hits > 1000);
}

static void
none_holds_what_is_no_address(void **state)
{
	struct addr all = { .family = ADDR_V4 }, none = { 0 };
	struct nets *nets = nets_new();

	(void)state;
	assert_int_equal(nets_count(nets), 0);
	nets_add(nets, &all, 0);
	nets_add(nets, &all, 7);
	assert_int_equal(nets_count(nets), 1);
	assert_int_equal(nets_least(nets, &all), 0);
	assert_int_equal(nets_least(nets, &none), NETS_NONE);
	nets_free(nets);
	nets_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_of_those_that_hold_it),
		cmocka_unit_test(none_holds_what_is_no_address),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
