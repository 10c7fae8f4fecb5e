/*
 * bantime.increment: what a jail asks of an id's history, and what it makes of
 * the answer, which may come late, twice, or never.
 */
#include "jail/jail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "jail_scene.h"
#include "base/xalloc.h"

static struct jail_question asked[64];
static size_t asked_n;
static bool deaf;               /* nobody can be asked */
static struct buf said;         /* what the log got */
static int log_fd;

static bool
on_ask(struct jail *j, const struct jail_question *q, void *arg)
{
	(void)j;
	(void)arg;
	if (deaf)
		return false;
	assert_true(asked_n < 64);
	asked[asked_n] = *q;
	asked[asked_n++].id = id_copy(&q->id);
	return true;
}

static void
on_record(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	tell("record", t);
	buf_addf(&told, "count %u\n", t->bancount);
}

static const struct jail_hooks growing = {
	.ask = on_ask, .record = on_record, .ban = on_ban,
	.prolong = on_prolong, .unban = on_unban,
};

static int
setup_growing(void **state)
{
	struct jail_limits limits = { .tracked_max = 1000, .bans_max = 40 };
	char name[] = "/tmp/test_jail_grow.XXXXXX";

	setup(state);
	jail_free(jail);
	config.growth = (struct growth_config){ .increment = true,
		.factor = 1 };
	jail = jail_new(&config, &limits, &growing, NULL);
	asked_n = 0;
	deaf = false;
	log_fd = mkstemp(name);
	unlink(name);
	log_set_fd(log_fd);
	log_set_level(LEVEL_INFO);
	return 0;
}

static int
teardown_growing(void **state)
{
	log_set_level(LEVEL_CRITICAL);
	log_set_fd(2);
	close(log_fd);
	buf_fini(&said);
	while (asked_n > 0)
		id_fini(&asked[--asked_n].id);
	return teardown(state);
}

/* Answers the oldest question. */
static bool
answer(const struct history *h)
{
	struct jail_question q = asked[0];
	bool changed;

	assert_true(asked_n > 0);
	memmove(asked, asked + 1, --asked_n * sizeof(asked[0]));
	changed = jail_answer(jail, &q, h, clock_wall());
	id_fini(&q.id);
	return changed;
}

static void
assert_told(const char *expected)
{
	assert_string_equal(told.p != NULL ? told.p : "", expected);
	buf_clear(&told);
}

/* Is it in the log since the last look? */
static void
assert_said(const char *text)
{
	char part[4096];
	ssize_t n;

	buf_clear(&said);
	lseek(log_fd, 0, SEEK_SET);
	while ((n = read(log_fd, part, sizeof(part))) > 0)
		buf_add(&said, part, (size_t)n);
	if (said.p == NULL || strstr(said.p, text) == NULL)
		fail_msg("'%s' is not in:\n%s", text, said.p);
	assert_int_equal(ftruncate(log_fd, 0), 0);
	lseek(log_fd, 0, SEEK_SET);
}

static const struct history nobody = { 0 };

static struct history
banned(uint32_t n, int64_t ago)
{
	return (struct history){ .known = true, .bancount = n,
		.time = START - ago };
}

static void
fail_now(const char *id)
{
	fail_at(id, clock_wall().us);
}

static void
a_stranger_counts_once_and_gets_the_plain_bantime(void **state)
{
	(void)state;
	fail_now("192.0.2.1");
	assert_int_equal(asked_n, 1);
	assert_int_equal(asked[0].about, JAIL_ABOUT_FAILURE);
	assert_true(asked[0].first);
	assert_false(answer(&nobody));
	fail_now("192.0.2.1");
	assert_false(asked[0].first);
	fail_now("192.0.2.1");
	assert_int_equal(asked[1].about, JAIL_ABOUT_BAN);
	assert_told("ban 192.0.2.1 1700000000000000 100\n");
	assert_false(answer(&nobody));
	assert_true(answer(&nobody));
	assert_told("record 192.0.2.1 1700000000000000 100\ncount 1\n");
	assert_int_equal(jail_counters(jail)->failed_total, 3);
}

static void
somebody_known_counts_more(void **state)
{
	struct history h = banned(1, 1000);

	(void)state;
	fail_now("192.0.2.1");
	assert_false(answer(&h));
	assert_said("[j] Found 192.0.2.1, bad - ");
	assert_int_equal(jail_counters(jail)->failed_total, 2);
	assert_told("");
	fail_now("192.0.2.1");
	assert_told("ban 192.0.2.1 1700000000000000 100\n");
	/* The ban was 2 + 1 of 3; its failures are those that were seen. */
	assert_int_equal(jail_find(jail, &asked[0].id)->failures, 3);
	assert_int_equal(jail_find(jail, &asked[0].id)->bancount, 2);
	assert_int_equal(asked_n, 2);
}

static void
the_weight_bans_by_itself_and_is_bounded(void **state)
{
	struct history h = banned(2, 1000);

	(void)state;
	fail_now("192.0.2.1");
	assert_true(answer(&h));
	assert_said(", 2 # -> 3.0, Ban");
	assert_told("ban 192.0.2.1 1700000000000000 100\n");
	h.bancount = 9;
	fail_now("192.0.2.2");
	answer(&nobody);
	assert_told("record 192.0.2.1 1700000000000000 100\ncount 3\n");
	assert_true(answer(&h));
	assert_said("[j] Found 192.0.2.2, bad - ");
}

static void
failures_of_before_the_last_ban_weigh_nothing(void **state)
{
	struct history h = banned(5, 0);

	(void)state;
	fail_now("192.0.2.1");
	assert_false(answer(&h));
	assert_int_equal(jail_counters(jail)->failed_total, 1);
	assert_int_equal(jail_counters(jail)->weighed, 0);
	clock_advance(1);
	fail_now("192.0.2.1");
	assert_true(answer(&h));
}

static void
a_repeated_ban_lasts_longer(void **state)
{
	struct history h = banned(3, 50000);
	struct id id = id_of("192.0.2.1");

	(void)state;
	jail_ban(jail, &id, 0, clock_wall());
	assert_told("ban 192.0.2.1 1700000000000000 100\n");
	assert_true(answer(&h));
	assert_told("prolong 192.0.2.1 1700000000000000 800\n"
	    "record 192.0.2.1 1700000000000000 800\ncount 4\n");
	assert_said("- incr 1m 40s to 13m 20s");
	clock_advance(100 * CLOCK_SECOND);
	run_jail();
	assert_told("");
	/* It has a bantime of its own. */
	config.bantime = 50;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_told("");
	clock_advance(700 * CLOCK_SECOND + 1);
	run_jail();
	assert_told("expire 192.0.2.1 1700000000000000 800\n");
}

static void
the_log_says_what_upstream_says(void **state)
{
	struct history h = { true, 1, START - 3600 };
	struct id id = id_of("192.0.2.1");

	(void)state;
	setenv("TZ", "UTC", 1);
	config.bantime = 1800;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	jail_ban(jail, &id, 0, clock_wall());
	answer(&h);
	assert_said("fail2ban.observer       [");
	jail_unban(jail, &id, UNBAN_BY_HAND);
	jail_ban(jail, &id, 0, clock_wall());
	answer(&h);
	assert_said("NOTICE  [j] Increase Ban 192.0.2.1 "
	    "(2 # 1h -> 2023-11-14 23:13:20)");
	config.growth.limited = true;
	config.growth.maxtime = -1;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	jail_unban(jail, &id, UNBAN_BY_HAND);
	jail_ban(jail, &id, 0, clock_wall());
	answer(&h);
	assert_said("Increase Ban 192.0.2.1 (2 # permanent -> infinite)");
	assert_true(jail_find(jail, &id)->permanent);
}

static void
late_answers_find_what_is_there_now(void **state)
{
	struct history h = banned(3, 50000);
	struct id id = id_of("192.0.2.1");

	(void)state;
	jail_ban(jail, &id, 0, clock_wall());
	jail_unban(jail, &id, UNBAN_BY_HAND);
	buf_clear(&told);
	assert_false(answer(&h));
	assert_told("");
	/* Two bans, two questions; the first answer settles the second. */
	jail_ban(jail, &id, 0, clock_wall());
	jail_unban(jail, &id, UNBAN_BY_HAND);
	jail_ban(jail, &id, 0, clock_wall());
	buf_clear(&told);
	assert_true(answer(&h));
	assert_told("prolong 192.0.2.1 1700000000000000 800\n"
	    "record 192.0.2.1 1700000000000000 800\ncount 4\n");
	assert_false(answer(&h));
	assert_told("");
	/* Extended before its answer came: that end stays. */
	id = id_of("192.0.2.2");
	jail_ban(jail, &id, 0, clock_wall());
	clock_advance(10 * CLOCK_SECOND);
	jail_ban(jail, &id, 0, clock_wall());
	buf_clear(&told);
	answer(&h);
	assert_told("record 192.0.2.2 1700000000000000 110\ncount 1\n");
}

static void
without_an_answer_nothing_grows(void **state)
{
	struct id id = id_of("192.0.2.1");

	(void)state;
	jail_ban(jail, &id, 0, clock_wall());
	buf_clear(&told);
	assert_true(answer(NULL));
	assert_told("record 192.0.2.1 1700000000000000 100\ncount 1\n");
	deaf = true;
	id = id_of("192.0.2.2");
	jail_ban(jail, &id, 0, clock_wall());
	assert_told("record 192.0.2.2 1700000000000000 100\ncount 1\n"
	    "ban 192.0.2.2 1700000000000000 100\n");
	fail_now("192.0.2.3");
	assert_int_equal(jail_counters(jail)->unasked, 3);
}

static void
nobody_asks_for_a_ban_with_its_own_bantime(void **state)
{
	struct id id = id_of("192.0.2.1");

	(void)state;
	jail_ban(jail, &id, 50, clock_wall());
	assert_int_equal(asked_n, 0);
	config.bantime = -1;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	id = id_of("192.0.2.2");
	jail_ban(jail, &id, 0, clock_wall());
	assert_int_equal(asked_n, 0);
	config.bantime = 60;
	config.growth.overalljails = true;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	id = id_of("192.0.2.3");
	jail_ban(jail, &id, 0, clock_wall());
	assert_int_equal(asked_n, 1);
	assert_true(asked[0].overalljails);
}

static void
a_formula_without_a_value_keeps_the_bantime(void **state)
{
	struct history h = banned(3, 50000);
	struct id id = id_of("192.0.2.1");

	(void)state;
	config.growth.formula = (char *)"1 / (ban.Count - 3)";
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	jail_ban(jail, &id, 0, clock_wall());
	buf_clear(&told);
	answer(&h);
	assert_told("record 192.0.2.1 1700000000000000 100\ncount 4\n");
	assert_said("keeps the plain bantime");
}

static void
a_log_read_again_writes_no_second_row(void **state)
{
	struct history h = banned(2, 0);
	struct id id = id_of("192.0.2.1");

	(void)state;
	jail_ban(jail, &id, 0, clock_wall());
	buf_clear(&told);
	answer(&h);
	assert_told("prolong 192.0.2.1 1700000000000000 400\n");
	assert_true(jail_find(jail, &id)->restored);
}

static void
restored_bans_keep_what_they_grew_to(void **state)
{
	struct ticket t = { .id = id_of("192.0.2.1"), .bantime = 5000,
		.bancount = 3, .time = wall_from_seconds(START - 10) };
	int64_t next;

	(void)state;
	assert_true(jail_restore(jail, &t, clock_wall()));
	assert_int_equal(jail_find(jail, &t.id)->bantime, 5000);
	assert_int_equal(jail_find(jail, &t.id)->bancount, 4);
	assert_true(jail_next_bantime(jail, jail_find(jail, &t.id), &next));
	assert_int_equal(next, 1600);
	config.growth.limited = true;
	config.growth.maxtime = 300;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	t.id = id_of("192.0.2.2");
	t.bantime = -1;
	t.permanent = true;
	assert_true(jail_restore(jail, &t, clock_wall()));
	assert_int_equal(jail_find(jail, &t.id)->bantime, 300);
	assert_int_equal(asked_n, 0);
}

#define GROW(test) cmocka_unit_test_setup_teardown(test, setup_growing, \
	teardown_growing)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		GROW(a_stranger_counts_once_and_gets_the_plain_bantime),
		GROW(somebody_known_counts_more),
		GROW(the_weight_bans_by_itself_and_is_bounded),
		GROW(failures_of_before_the_last_ban_weigh_nothing),
		GROW(a_repeated_ban_lasts_longer),
		GROW(the_log_says_what_upstream_says),
		GROW(late_answers_find_what_is_there_now),
		GROW(without_an_answer_nothing_grows),
		GROW(nobody_asks_for_a_ban_with_its_own_bantime),
		GROW(a_formula_without_a_value_keeps_the_bantime),
		GROW(a_log_read_again_writes_no_second_row),
		GROW(restored_bans_keep_what_they_grew_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
