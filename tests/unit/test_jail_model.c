/*
 * The jail against a small model of the specification that shares no code
 * with it, over random histories.
 */
#include "jail/jail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jail_scene.h"
#include "random.h"

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
		else if (bantime != -1)
			end = x->time + bantime * 1000000;
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
		while (jail_work(jail, 1))
			continue;
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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_histories_agree_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
