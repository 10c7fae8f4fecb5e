/*
 * The jail against the examples of the specification, and against a small
 * model of it that shares no code with it, over random histories.
 */
#include "jail/jail.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "jail/detail.h"
#include "random.h"

#define START 1700000000

/* --- what the hooks told ------------------------------------------------ */

static struct buf told;

static void
tell(const char *what, const struct ticket *t)
{
	buf_addf(&told, "%s ", what);
	id_format(&t->id, &told);
	buf_addf(&told, " %lld %lld\n", (long long)t->time.us,
	    t->permanent ? -1LL : (long long)t->bantime);
}

static void
on_ban(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	t->state = TICKET_CONFIRMED;
	tell("ban", t);
}

static void
on_prolong(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	tell("prolong", t);
}

static void
on_unban(struct jail *j, struct ticket *t, enum jail_unban_why why, void *arg)
{
	(void)j;
	(void)arg;
	tell(why == UNBAN_EXPIRED ? "expire" : why == UNBAN_BY_HAND ?
	    "unban" : "flush", t);
}

static const struct jail_hooks hooks = { on_ban, on_prolong, on_unban };

static void
assert_told(const char *expected)
{
	assert_string_equal(told.p != NULL ? told.p : "", expected);
	buf_clear(&told);
}

/* --- a jail with a clock ------------------------------------------------ */

static struct jail_config config;
static struct jail *jail;

static int
setup(void **state)
{
	struct jail_limits limits = { .tracked_max = 1000, .bans_max = 40 };

	(void)state;
	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(START), (struct boot){ 5000000 });
	config = (struct jail_config){ .name = (char *)"j", .maxretry = 3,
		.maxmatches = 3, .findtime = 600, .bantime = 100 };
	jail = jail_new(&config, &limits, &hooks, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	jail_free(jail);
	strings_fini(&config.ignoreip);
	buf_fini(&told);
	clock_thaw();
	return 0;
}

static struct id
id_of(const char *text)
{
	return id_from_span(span_of(text));
}

static void
fail_at(const char *id, int64_t us)
{
	struct failure f = { .id = id_of(id), .time = { us } };

	jail_failure(jail, &f, clock_wall());
}

static void
attack(const char *id, int times)
{
	while (times-- > 0)
		fail_at(id, clock_wall().us);
}

static bool
run_jail(void)
{
	return jail_run(jail, clock_wall(), clock_boot());
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

/* --- fixed cases -------------------------------------------------------- */

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
	assert_told("prolong 192.0.2.1 1700000000000000 -1\n"
	    "prolong 192.0.2.2 1700000000000000 -1\n");
	assert_int_equal(left("192.0.2.1"), -1);
	assert_int_equal(left("192.0.2.3"), 30);
	config.bantime = 5;
	jail_reconfigure(jail, &config);
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
	jail_reconfigure(jail, &config);
	jail_own_addresses(jail, &own, 1);
	attack("198.51.100.7", 1);
	attack("192.0.2.9", 1);
	log_end(fd, "gaol.jail WARNING [j] not in this version: "
	    "ignoreip friend.example ignored\n"
	    "fail2ban.filter INFO    [j] Ignore 198.51.100.7 by ip\n"
	    "fail2ban.filter INFO    [j] Ignore 192.0.2.9 by "
	    "ignoreself rule\n");
	assert_int_equal(jail_counters(jail)->ignored, 2);
	assert_int_equal(jail_counters(jail)->failed_total, 0);
	assert_int_equal(jail_failing(jail), 0);
	assert_int_equal(jail_unused(jail)->n, 1);
	/* By hand ignoreip is not asked. */
	assert_int_equal(jail_ban(jail, &(struct id){ .addr = own }, 0,
	    clock_wall()), JAIL_BAN_NEW);
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
	taken = jail_restore(jail, &t, clock_wall());
	assert_true(taken == (t.data == NULL));
	free(t.data);
	return taken;
}

static void
restored_bans_keep_their_ends(void **state)
{
	(void)state;
	strings_add(&config.ignoreip, SPAN("198.51.100.0/24"));
	jail_reconfigure(jail, &config);
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

/* --- the model ---------------------------------------------------------- */

#define IDS 30

struct model_id {
	int counted;              /* 0: no record */
	double first;
	int64_t last;
	long retry;
	int banned;
	int own;
	int64_t time, end, due;   /* end: wall; due: boot */
	int64_t bantime;          /* -1 permanent */
	unsigned order;
};

struct model {
	struct model_id v[IDS];
	int64_t purged;           /* boot; INT64_MIN: never */
	int64_t bantime;
	unsigned long failed, bans;
	struct buf told;
};

static void
model_tell(struct model *m, const char *what, int id)
{
	struct model_id *x = &m->v[id];

	buf_addf(&m->told, "%s 10.0.0.%d %lld %lld\n", what, id,
	    (long long)x->time, (long long)x->bantime);
}

static void
model_end(struct model_id *x, int64_t bantime, int64_t end)
{
	x->bantime = bantime;
	x->end = bantime == -1 ? INT64_MAX : end;
	x->due = bantime == -1 ? INT64_MAX :
	    clock_boot().us + end - clock_wall().us;
}

static void
model_ban(struct model *m, int id, int64_t time, int64_t bantime, int own)
{
	struct model_id *x = &m->v[id];
	int64_t end = bantime == -1 ? INT64_MAX : time + bantime * 1000000;

	if (x->banned) {
		if (end <= x->end)
			return;
		if (bantime != -1 && time > x->time)
			bantime += (time - x->time) / 1000000;
		model_end(x, bantime, end);
		x->own = 1;
		model_tell(m, "prolong", id);
		return;
	}
	x->banned = 1;
	x->own = own;
	x->time = time;
	model_end(x, bantime, end);
	m->bans++;
	model_tell(m, "ban", id);
}

static void
model_fail(struct model *m, int id, int64_t us)
{
	struct model_id *x = &m->v[id];
	double t = (double)us / 1e6, exact;
	long n;

	m->failed++;
	if (!x->counted) {
		x->counted = 1;
		x->first = t;
		x->last = us;
		x->retry = 0;
	} else if (us > x->last) {
		if (x->first < t - config.findtime) {
			exact = (double)x->retry / (t - x->first) *
			    config.findtime;
			n = (long)(exact + 0.5);
			if ((double)n - exact == 0.5 && n % 2 == 1)
				n--;
			x->retry = n;
			x->first = t - config.findtime;
		}
		x->last = us;
	}
	if (++x->retry < config.maxretry)
		return;
	x->counted = 0;
	if (m->bantime == -1 ||
	    x->last + m->bantime * 1000000 >= clock_wall().us)
		model_ban(m, id, x->last, m->bantime, 0);
}

static void
model_unban(struct model *m, int id, const char *what)
{
	if (!m->v[id].banned)
		return;
	m->v[id].banned = 0;
	model_tell(m, what, id);
}

static void
model_run(struct model *m)
{
	int64_t stale = clock_wall().us - (int64_t)(config.findtime * 1e6);
	int i, n, best;

	if (m->purged == INT64_MIN ||
	    clock_boot().us >= m->purged + 5000000) {
		m->purged = clock_boot().us;
		for (i = 0; i < IDS; i++)
			if (m->v[i].last <= stale)
				m->v[i].counted = 0;
	}
	for (n = 0; n < 20; n++) {
		best = -1;
		for (i = 0; i < IDS; i++)
			if (m->v[i].banned && m->v[i].bantime != -1 &&
			    (best < 0 || m->v[i].due < m->v[best].due))
				best = i;
		if (best < 0 || clock_boot().us <= m->v[best].due)
			break;
		model_unban(m, best, "expire");
	}
}

/* Hook order of a change of bantime is the list's: the oldest ban first. */
static void
model_follow(struct model *m, int64_t bantime)
{
	const struct ticket *t;
	struct model_id *x;

	if (bantime == m->bantime)
		return;
	m->bantime = bantime;
	for (t = jail_ban_first(jail); t != NULL;
	    t = jail_ban_next(jail, t)) {
		x = &m->v[t->id.addr.b[3]];
		assert_true(x->banned);
		if (x->own)
			continue;
		model_end(x, bantime, x->time + bantime * 1000000);
		model_tell(m, "prolong", t->id.addr.b[3]);
	}
}

static void
assert_same(const struct model *m)
{
	unsigned long counted = 0, banned = 0;
	const struct ticket *t;
	int64_t us;
	int i;

	assert_string_equal(told.p != NULL ? told.p : "",
	    m->told.p != NULL ? m->told.p : "");
	for (i = 0; i < IDS; i++) {
		counted += (unsigned long)m->v[i].counted;
		banned += (unsigned long)m->v[i].banned;
	}
	assert_int_equal(jail_failing(jail), counted);
	assert_int_equal(jail_banned(jail), banned);
	assert_int_equal(jail_counters(jail)->failed_total, m->failed);
	assert_int_equal(jail_counters(jail)->banned_total, m->bans);
	for (t = jail_ban_first(jail); t != NULL;
	    t = jail_ban_next(jail, t)) {
		i = t->id.addr.b[3];
		us = m->v[i].due - clock_boot().us;
		assert_true(m->v[i].banned);
		assert_int_equal(jail_left(jail, t, clock_boot()),
		    m->v[i].bantime == -1 ? -1 :
		    us > 0 ? (us + 999999) / 1000000 : 0);
	}
}

static void
restore_one(struct model *m, int id, int64_t us, int64_t bantime)
{
	struct ticket t = { .time = { us }, .bantime = bantime,
		.permanent = bantime == -1 };
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%d", id);
	t.id = id_of(text);
	if (jail_restore(jail, &t, clock_wall())) {
		assert_false(m->v[id].banned);
		m->v[id].banned = m->v[id].own = 1;
		m->v[id].time = us;
		if (m->bantime != -1 &&
		    (bantime == -1 || bantime > m->bantime))
			bantime = m->bantime;
		model_end(&m->v[id], bantime, us + bantime * 1000000);
		m->bans++;
		assert_true(m->v[id].end > clock_wall().us);
	} else if (!m->v[id].banned) {
		assert_true(bantime != -1 || m->bantime != -1);
		if (bantime == -1 ||
		    (m->bantime != -1 && bantime > m->bantime))
			bantime = m->bantime;
		assert_true(us + bantime * 1000000 <= clock_wall().us);
	}
}

static void
step(struct model *m)
{
	static const int64_t bantimes[] = { 1, 30, 100, 100, 600, -1 };
	int id = (int)random_below(IDS);
	int64_t ago = (int64_t)random_below(60000000), seconds;
	char text[32];
	struct id key;
	unsigned n;

	/* No two ends at one moment: their order would be anybody's. */
	clock_advance(1 + (int64_t)random_below(1000));
	snprintf(text, sizeof(text), "10.0.0.%d", id);
	key = id_of(text);
	switch (random_below(16)) {
	case 0:
		clock_advance((int64_t)random_below(400000000));
		break;
	case 1:
		clock_advance((int64_t)random_below(7000000));
		break;
	case 2:
		clock_freeze((struct wall){ clock_wall().us +
		    (int64_t)random_below(7200000000) - 3600000000 },
		    clock_boot());
		break;
	case 3:
		seconds = bantimes[random_below(6)];
		if (random_below(3) == 0)
			seconds = 0;
		jail_ban(jail, &key, seconds, clock_wall());
		model_ban(m, id, clock_wall().us, seconds != 0 ? seconds :
		    m->bantime, seconds != 0);
		break;
	case 4:
		jail_unban(jail, &key, UNBAN_BY_HAND);
		model_unban(m, id, "unban");
		break;
	case 5:
		seconds = bantimes[random_below(6)];
		model_follow(m, seconds);
		config.bantime = seconds;
		jail_reconfigure(jail, &config);
		break;
	case 6:
		config.maxretry = 1 + (int64_t)random_below(6);
		config.findtime = 1 + (double)random_below(3000) / 7;
		break;
	case 7:
		restore_one(m, id, clock_wall().us - ago,
		    bantimes[random_below(6)]);
		break;
	case 8:
	case 9:
		model_run(m);
		run_jail();
		break;
	default:
		/* Sometimes many at one moment, sometimes out of order. */
		n = 1 + (unsigned)random_below(4);
		if (random_below(2) == 0)
			ago = 0;
		while (n-- > 0) {
			fail_at(text, clock_wall().us - ago);
			model_fail(m, id, clock_wall().us - ago);
		}
	}
}

static void
one_history(uint64_t seed)
{
	struct model m = { .purged = INT64_MIN };
	int i;

	random_state = seed;
	setup(NULL);
	m.bantime = config.bantime;
	for (i = 0; i < 200; i++) {
		step(&m);
		assert_same(&m);
		buf_clear(&told);
		buf_clear(&m.told);
	}
	buf_fini(&m.told);
	teardown(NULL);
}

static void
random_histories_agree_with_the_model(void **state)
{
	uint64_t i, n = getenv("SOAK") != NULL ? 10000 : 1000;
	uint64_t seed;

	(void)state;
	random_start();
	seed = random_state;
	for (i = 0; i < n; i++)
		one_history(seed + i);
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
		JAIL(by_hand),
		JAIL(restored_bans_keep_their_ends),
		JAIL(a_ticket_tells_of_its_failures),
		JAIL(stale_counters_go_every_five_seconds),
		cmocka_unit_test(random_histories_agree_with_the_model),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
