#include "match/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct groups fail;
static struct session_lines lines;

/* Groups as "name=value" words; true: no failure. */
static bool
hit(struct sessions *all, const char *id, int64_t at, const char *line,
    const char *groups)
{
	struct span rest = span_of(groups), word, name;

	fail.n = 0;
	while (span_word(&rest, " ", &word)) {
		name = span_sub(word, 0, span_chr(word, '='));
		groups_set(&fail, name, span_skip(word, name.n + 1));
	}
	return sessions_merge(all, span_of(id),
	    (struct boot){ at * CLOCK_SECOND }, span_of(line), &fail, &lines);
}

static void
has(const char *name, const char *value)
{
	struct span got = groups_get(&fail, span_of(name));

	if (value == NULL)
		assert_false(groups_has(&fail, span_of(name)));
	else if (!span_eq(got, span_of(value)))
		fail_msg("%s: %.*s", name, (int)got.n, got.p);
}

static void
knowledge_is_merged(void **state)
{
	struct sessions *all = sessions_new();

	(void)state;
	assert_true(hit(all, "1", 0, "l1", "ip4=192.0.2.7 nofail=Connection"));
	assert_int_equal(sessions_count(all), 1);
	assert_false(hit(all, "1", 1, "l2", "user=joe"));
	has("ip4", "192.0.2.7");
	has("user", "joe");
	has("nofail", NULL);
	assert_int_equal(lines.n, 2);
	assert_true(span_eq(lines.v[0], SPAN("l1")));
	assert_true(span_eq(lines.v[1], SPAN("l2")));
	/* What was handed over is not repeated. */
	assert_false(hit(all, "1", 2, "l3", "user=joe"));
	assert_int_equal(lines.n, 1);
	assert_true(span_eq(lines.v[0], SPAN("l3")));
	sessions_free(all);
}

static void
sign_ins_do_not_count(void **state)
{
	struct sessions *all = sessions_new();
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_true(hit(all, "1", 0, "try",
		    "ip4=192.0.2.7 user=bob nofail=publickey"));
		assert_true(hit(all, "1", 0, "in",
		    "ip4=192.0.2.7 user=bob mlfgained=A mlfforget=A"));
		assert_int_equal(sessions_count(all), 0);
	}
	/* Even when nobody knows the session. */
	assert_true(hit(all, "2", 0, "in", "user=bob mlfgained=A mlfforget=A"));
	assert_int_equal(sessions_count(all), 0);
	sessions_free(all);
}

static void
another_user_counts(void **state)
{
	struct sessions *all = sessions_new();

	(void)state;
	assert_false(hit(all, "1", 0, "joe", "ip4=192.0.2.7 user=joe"));
	assert_false(hit(all, "1", 0, "bob",
	    "ip4=192.0.2.7 user=bob mlfgained=A mlfforget=A"));
	has("mlfgained", NULL);
	has("nofail", NULL);
	assert_int_equal(sessions_count(all), 0);
	sessions_free(all);
}

static void
pending_until_an_address_comes(void **state)
{
	struct sessions *all = sessions_new();

	(void)state;
	assert_false(hit(all, "1", 0, "l1", "user=joe"));
	sessions_pend(all);
	/* A line without failure brings the address: now it counts. */
	assert_false(hit(all, "1", 0, "l2", "ip4=192.0.2.7 nofail=x"));
	assert_int_equal(lines.n, 2);
	has("nofail", NULL);
	/* A gained session forgets what was pending. */
	assert_false(hit(all, "2", 0, "l1", "user=joe"));
	sessions_pend(all);
	assert_true(hit(all, "2", 0, "l2", "user=joe mlfgained=A"));
	sessions_free(all);
}

static void
everybody_is_named_once(void **state)
{
	struct sessions *all = sessions_new();
	char user[32];
	size_t i;

	(void)state;
	for (i = 0; i < 2 * FAILURE_USERS_MAX; i++) {
		snprintf(user, sizeof(user), "user=u%zu", i / 2 % 20);
		hit(all, "1", 0, "l", user);
		assert_int_equal(lines.users_n, i / 2 + 1);
	}
	assert_true(span_eq(lines.users[0], SPAN("u0")));
	hit(all, "1", 0, "l", "user=more");
	assert_int_equal(lines.users_n, FAILURE_USERS_MAX);
	sessions_free(all);
}

static void
forgotten_sessions_are_still_lent(void **state)
{
	struct sessions *all = sessions_new();

	(void)state;
	assert_true(hit(all, "1", 0, "l1", "ip4=192.0.2.7 nofail=x"));
	assert_false(hit(all, "1", 0, "l2", "user=joe mlfforget=bye"));
	has("ip4", "192.0.2.7");
	has("mlfforget", NULL);
	assert_int_equal(lines.n, 2);
	assert_int_equal(sessions_count(all), 0);
	sessions_pend(all);
	sessions_free(all);
}

static void
time_and_number_are_bounded(void **state)
{
	struct sessions *all = sessions_new();
	char id[16];
	int i;

	(void)state;
	assert_true(hit(all, "x", 0, "l", "ip4=1.1.1.1 nofail=x"));
	assert_false(hit(all, "x", 299, "l", "user=a"));
	has("ip4", "1.1.1.1");
	assert_false(hit(all, "x", 300, "l", "user=a"));
	has("ip4", NULL);
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		hit(all, id, 300, "l", "user=a");
	}
	assert_int_equal(sessions_count(all), SESSIONS_MAX);
	assert_int_equal(sessions_evicted(all), 1000 + 1 - SESSIONS_MAX);
	sessions_free(all);
}

static void
sizes_are_bounded(void **state)
{
	struct sessions *all = sessions_new();
	char big[SESSION_LINE_MAX * 2], word[SESSION_VALUE_MAX * 2];
	int i;

	(void)state;
	memset(big, 'l', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	memset(word, 'v', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	memcpy(word, "user=", 5);
	assert_false(hit(all, big, 0, "l", "user=a"));
	assert_int_equal(sessions_count(all), 0);
	for (i = 0; i < 100; i++)
		hit(all, "1", 0, big, "user=a nofail=x");
	assert_false(hit(all, "1", 0, big, word));
	assert_int_equal(groups_get(&fail, SPAN("user")).n,
	    SESSION_VALUE_MAX);
	assert_int_equal(lines.n, FAILURE_LINES_MAX);
	assert_int_equal(lines.v[0].n, SESSION_LINE_MAX);
	sessions_free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knowledge_is_merged),
		cmocka_unit_test(sign_ins_do_not_count),
		cmocka_unit_test(another_user_counts),
		cmocka_unit_test(pending_until_an_address_comes),
		cmocka_unit_test(everybody_is_named_once),
		cmocka_unit_test(forgotten_sessions_are_still_lent),
		cmocka_unit_test(time_and_number_are_bounded),
		cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
