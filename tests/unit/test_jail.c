/* The jail against the examples of the specification. */
#include "jail/jail.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jail/detail.h"
#include "jail_scene.h"

static void
assert_told(const char *expected)
{
	assert_string_equal(told.p != NULL ? told.p : "", expected);
	buf_clear(&told);
}

static void
attack(const char *id, int times)
{
	while (times-- > 0)
		fail_at(id, clock_wall().us);
}

static const struct ticket *
ticket(const char *id)
{
	struct id key = id_of(id);

	return jail_find(jail, &key);
}

static int64_t
left(const char *id)
{
	return jail_left(jail, ticket(id), clock_boot());
}

/* What the log says, as a text without its stamps. */
static char log_file[] = "/tmp/test_jail.XXXXXX";

static int
log_begin(void)
{
	int fd;

	memcpy(log_file + sizeof(log_file) - 7, "XXXXXX", 6);
	fd = mkstemp(log_file);
	assert_true(fd >= 0);
	log_set_fd(fd);
	log_set_level(LEVEL_DEBUG);
	return fd;
}

static void
log_end(int fd, const char *expected)
{
	char text[4096], *message;
	struct buf found = { 0 };
	struct span rest, line;
	ssize_t n;

	log_set_level(LEVEL_CRITICAL);
	log_set_fd(STDERR_FILENO);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	close(fd);
	unlink(log_file);
	text[n] = '\0';
	rest = span_from(text, (size_t)n);
	while (span_cut(&rest, '\n', &line)) {
		message = memmem(line.p, line.n, "fail2ban.", 9);
		if (message == NULL)
			message = memmem(line.p, line.n, "gaol.", 5);
		assert_non_null(message);
		/* logger, then what follows "]: ". */
		buf_add_span(&found, span_sub(span_from(message, 99), 0,
		    (size_t)(strchr(message, ' ') - message)));
		message = strstr(message, "]: ") + 3;
		buf_addc(&found, ' ');
		buf_add(&found, message, (size_t)(line.p + line.n -
		    message));
		buf_addc(&found, '\n');
	}
	assert_string_equal(found.p != NULL ? found.p : "", expected);
	buf_fini(&found);
}

static void
maxretry_failures_are_a_ban(void **state)
{
	(void)state;
	attack("192.0.2.1", 2);
	assert_told("");
	assert_int_equal(jail_failing(jail), 1);
	attack("192.0.2.1", 1);
	assert_told("ban 192.0.2.1 1700000000000000 100\n");
	assert_int_equal(jail_failing(jail), 0);
	assert_int_equal(jail_banned(jail), 1);
	assert_int_equal(jail_counters(jail)->failed_total, 3);
	assert_int_equal(jail_counters(jail)->banned_total, 1);
	assert_int_equal(ticket("192.0.2.1")->failures, 3);
	assert_int_equal(ticket("192.0.2.1")->bancount, 1);
	assert_int_equal(left("192.0.2.1"), 100);
	/* Counting starts anew. */
	attack("192.0.2.1", 2);
	assert_told("");
	assert_int_equal(jail_failing(jail), 1);
}

static void
a_ban_ends_behind_its_end(void **state)
{
	struct boot next;

	(void)state;
	assert_int_equal(jail_next(jail).us, INT64_MAX);
	attack("192.0.2.1", 3);
	next = jail_next(jail);
	assert_int_equal(next.us, 5000000 + 100 * CLOCK_SECOND + 1);
	clock_advance(100 * CLOCK_SECOND);
	assert_false(run_jail());
	assert_int_equal(jail_banned(jail), 1);
	assert_int_equal(left("192.0.2.1"), 0);
	clock_advance(1);
	assert_int_equal(clock_boot().us, next.us);
	buf_clear(&told);
	assert_false(run_jail());
	assert_told("expire 192.0.2.1 1700000000000000 100\n");
	assert_int_equal(jail_banned(jail), 0);
	assert_int_equal(jail_next(jail).us, INT64_MAX);
}

static void
twenty_ends_a_run(void **state)
{
	char id[32];
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "192.0.2.%d", i);
		attack(id, 3);
	}
	attack("198.51.100.1", 3);
	assert_int_equal(jail_counters(jail)->refused, 1);
	assert_int_equal(jail_banned(jail), 40);
	clock_advance(101 * CLOCK_SECOND);
	assert_true(run_jail());
	assert_int_equal(jail_banned(jail), 20);
	assert_false(run_jail());
	assert_int_equal(jail_banned(jail), 0);
}

static void
a_step_of_the_wall_clock_unbans_nobody(void **state)
{
	(void)state;
	attack("192.0.2.1", 3);
	clock_freeze(wall_from_seconds(START + 86400),
	    (struct boot){ 5000000 });
	assert_false(run_jail());
	assert_int_equal(jail_banned(jail), 1);
	assert_int_equal(left("192.0.2.1"), 100);
	clock_freeze(wall_from_seconds(START - 86400),
	    (struct boot){ 5000000 + 101 * CLOCK_SECOND });
	assert_false(run_jail());
	assert_int_equal(jail_banned(jail), 0);
}

static void
banned_already_extends_to_the_later_end(void **state)
{
	(void)state;
	attack("192.0.2.1", 3);
	buf_clear(&told);
	/* Not later than the end it has: nothing happens. */
	attack("192.0.2.1", 3);
	assert_told("");
	clock_advance(2 * CLOCK_SECOND);
	attack("192.0.2.1", 3);
	assert_told("prolong 192.0.2.1 1700000000000000 102\n");
	assert_int_equal(left("192.0.2.1"), 100);
	assert_int_equal(jail_counters(jail)->banned_total, 1);
	/* An extended ban does not follow the jail any more. */
	config.bantime = 50;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_told("");
	assert_int_equal(left("192.0.2.1"), 100);
}

static void
running_bans_follow_the_bantime(void **state)
{
	(void)state;
	attack("192.0.2.1", 3);
	attack("192.0.2.2", 3);
	clock_advance(10 * CLOCK_SECOND);
	jail_ban(jail, &(struct id){ .addr = id_of("192.0.2.3").addr }, 30,
	    clock_wall());
	buf_clear(&told);
	config.bantime = -1;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_told("prolong 192.0.2.1 1700000000000000 -1\n"
	    "prolong 192.0.2.2 1700000000000000 -1\n");
	assert_int_equal(left("192.0.2.1"), -1);
	assert_int_equal(left("192.0.2.3"), 30);
	config.bantime = 5;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	buf_clear(&told);
	assert_false(run_jail());
	assert_told("expire 192.0.2.1 1700000000000000 5\n"
	    "expire 192.0.2.2 1700000000000000 5\n");
}

static void
old_failures_make_no_ban(void **state)
{
	int fd = log_begin();

	(void)state;
	fail_at("192.0.2.1", (START - 102) * CLOCK_SECOND);
	fail_at("192.0.2.1", (START - 102) * CLOCK_SECOND);
	log_set_level(LEVEL_NOTICE);
	fail_at("192.0.2.1", (START - 101) * CLOCK_SECOND);
	log_set_level(LEVEL_INFO);
	fail_at("192.0.2.2", (START - 101) * CLOCK_SECOND);
	fail_at("192.0.2.2", (START - 101) * CLOCK_SECOND);
	fail_at("192.0.2.2", (START - 101) * CLOCK_SECOND);
	log_end(fd, "fail2ban.filter INFO    [j] Found 192.0.2.1 - "
	    "2023-11-14 22:11:38\n"
	    "fail2ban.filter INFO    [j] Found 192.0.2.1 - "
	    "2023-11-14 22:11:38\n"
	    "fail2ban.filter INFO    [j] Found 192.0.2.2 - "
	    "2023-11-14 22:11:39\n"
	    "fail2ban.filter INFO    [j] Found 192.0.2.2 - "
	    "2023-11-14 22:11:39\n"
	    "fail2ban.filter INFO    [j] Found 192.0.2.2 - "
	    "2023-11-14 22:11:39\n"
	    "fail2ban.actions INFO    [j] Ignore 192.0.2.2, "
	    "expired bantime\n");
	assert_told("");
	assert_int_equal(jail_failing(jail), 0);
	/* An end that is now is not over. */
	fail_at("192.0.2.1", (START - 100) * CLOCK_SECOND);
	fail_at("192.0.2.1", (START - 100) * CLOCK_SECOND);
	fail_at("192.0.2.1", (START - 100) * CLOCK_SECOND);
	assert_int_equal(jail_banned(jail), 1);
}

static void
already_banned_is_the_louder_the_later(void **state)
{
	int fd;

	(void)state;
	config.maxretry = 1;
	config.bantime = 1000;
	attack("some\x1b[2Jbody", 1);
	fd = log_begin();
	clock_advance(CLOCK_SECOND);
	attack("some\x1b[2Jbody", 1);
	log_set_level(LEVEL_NOTICE);
	clock_advance(2 * CLOCK_SECOND);
	attack("some\x1b[2Jbody", 1);
	clock_advance(56 * CLOCK_SECOND);
	attack("some\x1b[2Jbody", 1);
	clock_advance(CLOCK_SECOND);
	attack("some\x1b[2Jbody", 1);
	log_end(fd, "fail2ban.filter INFO    [j] Found some\\x1b[2Jbody - "
	    "2023-11-14 22:13:21\n"
	    "fail2ban.actions DEBUG   [j] some\\x1b[2Jbody already banned\n"
	    "fail2ban.actions NOTICE  [j] some\\x1b[2Jbody already banned\n"
	    "fail2ban.actions NOTICE  [j] some\\x1b[2Jbody already banned\n"
	    "fail2ban.actions WARNING [j] some\\x1b[2Jbody already banned\n");
}

static void
the_ignored_are_not_counted(void **state)
{
	struct addr own = id_of("192.0.2.9").addr;
	int fd;

	(void)state;
	strings_add(&config.ignoreip, SPAN("198.51.100.0/24"));
	strings_add(&config.ignoreip, SPAN("friend.example"));
	config.ignoreself = true;
	fd = log_begin();
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	jail_own_addresses(jail, &own, 1);
	while (jail_work(jail, 1))
		continue;
	attack("198.51.100.7", 1);
	attack("192.0.2.9", 1);
	log_end(fd, "fail2ban.filter INFO    [j] Ignore 198.51.100.7 by ip\n"
	    "fail2ban.filter INFO    [j] Ignore 192.0.2.9 by "
	    "ignoreself rule\n");
	assert_int_equal(jail_counters(jail)->ignored, 2);
	assert_int_equal(jail_counters(jail)->failed_total, 0);
	assert_int_equal(jail_failing(jail), 0);
	assert_int_equal(jail_ignore_names(jail)->n, 1);
	/* By hand ignoreip is not asked. */
	assert_int_equal(jail_ban(jail, &(struct id){ .addr = own }, 0,
	    clock_wall()), JAIL_BAN_NEW);
}

/* ignoreip_lifts: whoever comes to ignoreip is let go, and nobody else. */
static void
bans_end_when_ignoreip_grows(void **state)
{
	struct id spared = id_of("198.51.100.9"), net = id_of("192.0.2.0/25");
	struct addr v = id_of("203.0.113.1").addr;

	(void)state;
	strings_add(&config.ignoreip, SPAN("198.51.100.0/24"));
	strings_add(&config.ignoreip, SPAN("friend.example"));
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	attack("192.0.2.1", 3);
	attack("192.0.2.200", 3);
	attack("203.0.113.1", 3);
	jail_ban(jail, &net, 0, clock_wall());
	/* By hand, although it is spared: that stays. */
	jail_ban(jail, &spared, 0, clock_wall());
	assert_int_equal(jail_banned(jail), 5);
	strings_add(&config.ignoreip, SPAN("192.0.2.0/25"));
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_int_equal(jail_banned(jail), 5);
	assert_true(jail_ignore_name(jail, "friend.example", &v, 1));
	while (jail_work(jail, 1))
		continue;
	assert_int_equal(jail_banned(jail), 5);
	/* The entry is not new to the configuration that lifts. */
	config.ignoreip_lifts = true;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_int_equal(jail_banned(jail), 5);
	strings_add(&config.ignoreip, SPAN("192.0.2.200"));
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_int_equal(jail_banned(jail), 4);
	assert_null(jail_find(jail, &(struct id){
		.addr = id_of("192.0.2.200").addr }));
	assert_true(jail_ignore_name(jail, "friend.example", NULL, 0));
	while (jail_work(jail, 1))
		continue;
	assert_true(jail_ignore_name(jail, "friend.example", &v, 1));
	while (jail_work(jail, 1))
		continue;
	assert_int_equal(jail_banned(jail), 3);
	assert_int_equal(jail_counters(jail)->lifted, 2);
}

static void
by_hand(void **state)
{
	struct id a = id_of("192.0.2.1"), net = id_of("192.0.2.0/24");
	struct id any = id_of("0.0.0.0"), all = id_of("::/0");

	(void)state;
	assert_int_equal(jail_ban(jail, &a, 0, clock_wall()), JAIL_BAN_NEW);
	assert_int_equal(left("192.0.2.1"), 100);
	assert_int_equal(jail_ban(jail, &a, 500, clock_wall()),
	    JAIL_BAN_PROLONGED);
	assert_int_equal(left("192.0.2.1"), 500);
	assert_int_equal(jail_ban(jail, &a, 20, clock_wall()),
	    JAIL_BAN_PROLONGED);
	assert_int_equal(left("192.0.2.1"), 500);
	assert_int_equal(jail_ban(jail, &a, -1, clock_wall()),
	    JAIL_BAN_PROLONGED);
	assert_int_equal(left("192.0.2.1"), -1);
	errno = 0;
	assert_int_equal(jail_ban(jail, &any, 0, clock_wall()),
	    JAIL_BAN_REFUSED);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(jail_ban(jail, &all, 0, clock_wall()),
	    JAIL_BAN_REFUSED);
	assert_int_equal(jail_ban(jail, &net, 0, clock_wall()),
	    JAIL_BAN_NEW);
	assert_string_equal(ticket("192.0.2.0/24")->data,
	    "{\"matches\": [], \"failures\": 0}");
	buf_clear(&told);
	assert_true(jail_unban(jail, &a, UNBAN_BY_HAND));
	assert_false(jail_unban(jail, &a, UNBAN_BY_HAND));
	assert_told("unban 192.0.2.1 1700000000000000 -1\n");
	jail_ban(jail, &a, 0, clock_wall());
	buf_clear(&told);
	assert_int_equal(jail_unban_inside(jail, &net.addr, UNBAN_FLUSH), 2);
	assert_told("flush 192.0.2.0/24 1700000000000000 100\n"
	    "flush 192.0.2.1 1700000000000000 100\n");
	assert_int_equal(jail_unban_all(jail, UNBAN_FLUSH), 0);
}

static bool
restore(const char *id, int64_t ago, int64_t bantime, bool permanent)
{
	struct ticket t = { .id = id_of(id), .bantime = bantime,
		.permanent = permanent, .bancount = 4 };
	bool taken;

	t.time = wall_from_seconds(START - ago);
	t.data = strdup("{\"failures\": 7}");
	taken = jail_restore(jail, &t, clock_wall()) != NULL;
	assert_true(taken == (t.data == NULL));
	free(t.data);
	return taken;
}

static unsigned asked_earlier;

/* In the store only: one that was banned for a minute, one for ever. */
static bool
from_the_store(const struct id *id)
{
	struct id a = id_of("192.0.2.1"), b = id_of("192.0.2.2");

	asked_earlier++;
	if (id_eq(id, &a))
		return restore("192.0.2.1", 10, 60, false);
	return id_eq(id, &b) && restore("192.0.2.2", 10, -1, true);
}

static void
a_ban_meets_the_one_before_it(void **state)
{
	struct id a = id_of("192.0.2.1"), b = id_of("192.0.2.2"),
	    c = id_of("192.0.2.3");

	(void)state;
	config.bantime = -1;
	jail_reconfigure(jail, &config);
	earlier = from_the_store;
	/* A failure that would end sooner than it changes nothing. */
	assert_int_equal(jail_ban(jail, &a, 20, clock_wall()),
	    JAIL_BAN_PROLONGED);
	assert_int_equal(left("192.0.2.1"), 50);
	assert_int_equal(ticket("192.0.2.1")->bancount, 5);
	assert_told("");
	/* By counted failures likewise: permanent stays permanent. */
	for (int i = 0; i < 3; i++)
		fail_at("192.0.2.2", clock_wall().us);
	assert_int_equal(left("192.0.2.2"), -1);
	assert_told("");
	assert_true(jail_unban(jail, &b, UNBAN_BY_HAND));
	assert_int_equal(asked_earlier, 2);
	/* What is known is not asked for; nobody is found where nobody is. */
	assert_int_equal(jail_ban(jail, &c, 20, clock_wall()), JAIL_BAN_NEW);
	assert_true(jail_unban(jail, &c, UNBAN_BY_HAND));
	assert_false(jail_unban(jail, &c, UNBAN_BY_HAND));
	assert_int_equal(asked_earlier, 4);
}

static void
restored_bans_keep_their_ends(void **state)
{
	(void)state;
	strings_add(&config.ignoreip, SPAN("198.51.100.0/24"));
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_true(restore("192.0.2.1", 40, 60, false));
	assert_int_equal(left("192.0.2.1"), 20);
	assert_true(ticket("192.0.2.1")->restored);
	assert_int_equal(ticket("192.0.2.1")->bancount, 5);
	assert_string_equal(ticket("192.0.2.1")->data, "{\"failures\": 7}");
	assert_false(restore("192.0.2.1", 40, 60, false));
	/* Ended; ignored; nonsense. */
	assert_false(restore("192.0.2.2", 60, 60, false));
	assert_false(restore("198.51.100.1", 1, 60, false));
	assert_false(restore("0.0.0.0/0", 1, 60, false));
	/* The jail's bantime is the most, and the unknown one. */
	assert_true(restore("192.0.2.3", 40, 5000, false));
	assert_int_equal(left("192.0.2.3"), 60);
	assert_true(restore("192.0.2.4", 40, -1, true));
	assert_int_equal(left("192.0.2.4"), 60);
	assert_true(restore("192.0.2.5", 40, -2, false));
	assert_int_equal(left("192.0.2.5"), 60);
	assert_false(restore("192.0.2.6", 100, 5000, false));
	assert_int_equal(jail_counters(jail)->banned_total, 4);
	config.bantime = -1;
	jail_reconfigure(jail, &config);
	while (jail_work(jail, 1))
		continue;
	assert_int_equal(left("192.0.2.1"), 20);
	assert_true(restore("192.0.2.7", 40, 5000, false));
	assert_int_equal(left("192.0.2.7"), 4960);
	assert_true(restore("192.0.2.8", 40, -1, true));
	assert_int_equal(left("192.0.2.8"), -1);
	assert_told("");
}

static void
a_ticket_tells_of_its_failures(void **state)
{
	struct failure f = { .id = id_of("192.0.2.1") };
	struct strings lines = { 0 };
	const struct ticket *t;
	char text[32], *user;
	unsigned failures;
	int i;

	(void)state;
	config.maxretry = 4;
	for (i = 0; i < 4; i++) {
		f.time = clock_wall();
		f.groups_n = 2;
		f.groups[0].name = SPAN("user");
		f.groups[0].value = i == 0 ? SPAN("r\xff\"t") : SPAN("x");
		f.groups[1].name = SPAN("matches");
		f.groups[1].value = SPAN("forged");
		snprintf(text, sizeof(text), "line %d", i);
		f.lines[0] = span_of(text);
		f.lines_n = 1;
		jail_failure(jail, &f, clock_wall());
	}
	t = ticket("192.0.2.1");
	assert_int_equal(t->matches.n, 3);
	assert_string_equal(t->matches.v[0], "line 1");
	assert_string_equal(t->data, "{\"matches\": [\"line 1\", \"line 2\", "
	    "\"line 3\"], \"failures\": 4, "
	    "\"user\": \"r\xef\xbf\xbd\\\"t\"}");
	detail_read(t->data, &lines, &failures);
	assert_true(strings_eq(&lines, &t->matches));
	assert_int_equal(failures, 4);
	assert_int_equal(detail_failures(t->data), 4);
	user = detail_group(t->data, "user");
	assert_string_equal(user, "r\xef\xbf\xbd\"t");
	free(user);
	strings_fini(&lines);
	/* Upstream's lists of pieces. */
	detail_read("{\"matches\": [[\"a\", \"b\", \"c\"], \"d\", 7]}", &lines,
	    &failures);
	assert_int_equal(lines.n, 3);
	assert_string_equal(lines.v[0], "abc");
	assert_string_equal(lines.v[1], "d");
	strings_fini(&lines);
	detail_read("[", &lines, &failures);
	assert_int_equal(lines.n + failures, 0);
	assert_int_equal(detail_failures("["), 0);
	assert_int_equal(detail_failures("{\"failures\": -1}"), 0);
	assert_int_equal(detail_failures(NULL), 0);
}

static void
stale_counters_go_every_five_seconds(void **state)
{
	(void)state;
	config.findtime = 10;
	attack("192.0.2.1", 1);
	assert_int_equal(jail_next(jail).us, 5000000 + 10 * CLOCK_SECOND);
	clock_advance(10 * CLOCK_SECOND);
	run_jail();
	assert_int_equal(jail_failing(jail), 0);
	fail_at("192.0.2.2", clock_wall().us - 20 * CLOCK_SECOND);
	run_jail();
	assert_int_equal(jail_failing(jail), 1);
	assert_int_equal(jail_next(jail).us, clock_boot().us +
	    5 * CLOCK_SECOND);
	clock_advance(5 * CLOCK_SECOND);
	run_jail();
	assert_int_equal(jail_failing(jail), 0);
}

#define JAIL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		JAIL(maxretry_failures_are_a_ban),
		JAIL(a_ban_ends_behind_its_end),
		JAIL(twenty_ends_a_run),
		JAIL(a_step_of_the_wall_clock_unbans_nobody),
		JAIL(banned_already_extends_to_the_later_end),
		JAIL(running_bans_follow_the_bantime),
		JAIL(old_failures_make_no_ban),
		JAIL(already_banned_is_the_louder_the_later),
		JAIL(the_ignored_are_not_counted),
		JAIL(bans_end_when_ignoreip_grows),
		JAIL(by_hand),
		JAIL(a_ban_meets_the_one_before_it),
		JAIL(restored_bans_keep_their_ends),
		JAIL(a_ticket_tells_of_its_failures),
		JAIL(stale_counters_go_every_five_seconds),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
