/* The list of bans: three orders of one set. */
#include "jail/bans.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"

static struct ban *
add(struct bans *b, const char *id, int64_t seconds)
{
	struct ticket t = { 0 };
	struct ban *ban;

	t.id = id_from_span(span_of(id));
	t.time = wall_from_seconds(1000);
	t.data = strdup("{}");
	ban = bans_add(b, &t, false);
	if (ban == NULL) {
		assert_non_null(t.data);
		free(t.data);
		return NULL;
	}
	assert_null(t.data);
	bans_set_end(b, ban, seconds, bans_end(t.time, seconds),
	    wall_from_seconds(1000), (struct boot){ 0 });
	return ban;
}

static struct ban *
find(struct bans *b, const char *text)
{
	struct id id = id_from_span(span_of(text));

	return bans_find(b, &id);
}

static void
bans_end_in_order_of_their_ends(void **state)
{
	struct bans b;
	struct ban *ban;

	(void)state;
	bans_init(&b, 10);
	add(&b, "192.0.2.1", 300);
	add(&b, "192.0.2.2", 100);
	add(&b, "root", 200);
	add(&b, "192.0.2.4", -1);
	assert_int_equal(bans_count(&b), 4);
	/* Not before its end is over. */
	assert_null(bans_ended(&b, (struct boot){ 100 * CLOCK_SECOND }));
	ban = bans_ended(&b, (struct boot){ 100 * CLOCK_SECOND + 1 });
	assert_ptr_equal(ban, find(&b, "192.0.2.2"));
	bans_remove(&b, ban);
	ban_free(ban);
	ban = bans_ended(&b, (struct boot){ 900 * CLOCK_SECOND });
	assert_ptr_equal(ban, find(&b, "root"));
	bans_set_end(&b, ban, 1000, wall_from_seconds(2000),
	    wall_from_seconds(1900), (struct boot){ 900 * CLOCK_SECOND });
	ban = bans_ended(&b, (struct boot){ 900 * CLOCK_SECOND });
	assert_ptr_equal(ban, find(&b, "192.0.2.1"));
	bans_set_end(&b, ban, -1, ban->end, wall_from_seconds(0),
	    (struct boot){ 0 });
	assert_true(ban->ticket.permanent);
	assert_null(bans_ended(&b, (struct boot){ 1000 * CLOCK_SECOND }));
	bans_fini(&b);
}

static void
insertion_order_survives_removals(void **state)
{
	static const char *const left[] = { "192.0.2.2", "192.0.2.4" };
	struct bans b;
	struct ban *ban;
	char id[32];
	int i;

	(void)state;
	bans_init(&b, 10);
	for (i = 1; i <= 5; i++) {
		snprintf(id, sizeof(id), "192.0.2.%d", i);
		add(&b, id, 100 - i);
	}
	for (i = 1; i <= 5; i += 2) {
		snprintf(id, sizeof(id), "192.0.2.%d", i);
		ban = find(&b, id);
		bans_remove(&b, ban);
		ban_free(ban);
		assert_null(find(&b, id));
	}
	for (i = 0, ban = b.first; ban != NULL; ban = ban->next)
		assert_ptr_equal(ban, find(&b, left[i++]));
	assert_int_equal(i, 2);
	assert_ptr_equal(b.last, find(&b, "192.0.2.4"));
	bans_fini(&b);
}

static void
a_full_list_refuses(void **state)
{
	struct bans b;

	(void)state;
	bans_init(&b, 2);
	assert_non_null(add(&b, "192.0.2.1", 1));
	assert_non_null(add(&b, "192.0.2.2", 1));
	errno = 0;
	assert_null(add(&b, "192.0.2.3", 1));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(bans_count(&b), 2);
	bans_fini(&b);
}

static void
durations_are_capped(void **state)
{
	(void)state;
	assert_int_equal(bans_seconds(-7), -1);
	assert_int_equal(bans_seconds(0), 0);
	assert_int_equal(bans_seconds(600), 600);
	assert_int_equal(bans_seconds(INT64_MAX), BANS_SECONDS_MAX);
	assert_true(bans_end(wall_from_seconds(BANS_SECONDS_MAX),
	    BANS_SECONDS_MAX).us > 0);
}

/* --- walks ------------------------------------------------------------------ */

/* What is there all the time comes once, in order; nothing comes twice. */
static void
walk_among_changes(void)
{
	enum { IDS = 40 };
	int seen[IDS] = { 0 }, last = -1;
	bool gone[IDS] = { false };
	struct bans_walk walk, other;
	struct bans b;
	struct ban *ban;
	char id[32];

	bans_init(&b, 1000);
	for (int i = 0; i < IDS; i++) {
		snprintf(id, sizeof(id), "192.0.2.%d", i);
		add(&b, id, 100);
	}
	bans_walk_begin(&walk, &b);
	bans_walk_begin(&other, &b);
	for (int turn = 0;; turn++) {
		int i = (int)random_below(IDS);

		snprintf(id, sizeof(id), "192.0.2.%d", i);
		ban = find(&b, id);
		if (random_below(2) == 0 && ban != NULL) {
			gone[i] = true;
			bans_remove(&b, ban);
			ban_free(ban);
			/* Banned again: it is another one. */
			if (random_below(2) == 0)
				add(&b, id, 100);
		}
		if (turn == 5)
			bans_walk_end(&other);
		ban = bans_walk_next(&walk);
		if (ban == NULL)
			break;
		i = ban->ticket.id.addr.b[3];
		assert_true(i > last);
		last = i;
		seen[i]++;
	}
	for (int i = 0; i < IDS; i++)
		assert_true(seen[i] == 1 || (seen[i] == 0 && gone[i]));
	assert_null(bans_walk_next(&walk));
	/* The end of the bans is the walk's, which then may end again. */
	bans_fini(&b);
	assert_null(bans_walk_next(&walk));
	bans_walk_end(&walk);
}

static void
walks_survive_changes(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++)
		walk_among_changes();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_survive_changes),
		cmocka_unit_test(bans_end_in_order_of_their_ends),
		cmocka_unit_test(insertion_order_survives_removals),
		cmocka_unit_test(a_full_list_refuses),
		cmocka_unit_test(durations_are_capped),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
