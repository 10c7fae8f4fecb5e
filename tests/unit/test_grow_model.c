/*
 * Bans that grow against a small model of the specification that shares no
 * code with them, over random histories of failures, bans and unbans by hand,
 * clock steps, changed settings and restarts through a real database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "grow_scene.h"
#include "random.h"

#define IDS 5
#define STEPS 80
#define START 1700000000

struct row { int known; int64_t time, bantime; unsigned long n; };

struct model_id {
	int counted;
	double first;
	int64_t last;
	long retry, failures;
	unsigned long known;      /* bans before, as the record was told */
	int banned, own, restored;
	int64_t time, bantime;
	unsigned long n;
	struct row row;
};

static struct model {
	struct model_id v[IDS];
	unsigned long failed, bans;
	int64_t purged;
	struct jail_config *c;
} models[JAILS];

static int64_t now;

static int64_t
model_bantime(const struct model *m, const struct model_id *x)
{
	return x->own ? x->bantime : m->c->bantime;
}

static int64_t
end_of(int64_t time, int64_t bantime)
{
	return bantime == -1 ? INT64_MAX : time + bantime;
}

/* What the settings of this history make of a first bantime. */
static int64_t
model_grow(const struct growth_config *g, int64_t bantime, unsigned long n)
{
	static const int64_t factors[] = { 1, 5, 30 };
	int64_t v;

	if (g->multipliers.n > 0)
		v = bantime * factors[n < 3 ? n : 2];
	else if (g->formula != NULL)
		v = bantime + (int64_t)n * 7;
	else
		v = bantime << (n < 20 ? n : 20);
	if (g->limited && v > (int64_t)g->maxtime)
		v = (int64_t)g->maxtime;
	return v;
}

static struct row
history_of(const struct model *m, int id, int overall)
{
	struct row sum = { 0 }, *r;
	int i;

	if (!overall)
		return m->v[id].row;
	for (i = 0; i < JAILS; i++) {
		r = &models[i].v[id].row;
		if (!r->known)
			continue;
		sum.known = 1;
		sum.n += r->n;
		if (r->time > sum.time)
			sum.time = r->time;
	}
	return sum;
}

static void
model_new_ban(struct model *m, int id, int64_t time)
{
	struct model_id *x = &m->v[id];
	const struct growth_config *g = &m->c->growth;
	struct row r = history_of(m, id, g->overalljails);
	int64_t before = m->c->bantime, after = before;

	if (g->increment && before > 0 && r.known) {
		if (r.n >= x->n)
			x->n = r.n + 1;
		after = model_grow(g, before, r.n);
		x->own = 1;
		x->bantime = after;
		x->restored = time <= r.time;
	}
	if (x->restored || (after != before && after != -1 &&
	    time + after < now))
		return;
	x->row = (struct row){ 1, time, after, x->n };
}

static void
model_ban(struct model *m, int id, int64_t time, unsigned long known)
{
	struct model_id *x = &m->v[id];
	int64_t seconds = m->c->bantime;

	if (end_of(time, seconds) < now)
		return;
	if (!x->banned) {
		x->banned = 1;
		x->own = x->restored = 0;
		x->time = time;
		x->n = known + 1;
		m->bans++;
		model_new_ban(m, id, time);
		return;
	}
	if (end_of(time, seconds) <= end_of(x->time, model_bantime(m, x)))
		return;
	x->own = 1;
	x->bantime = seconds;
	if (seconds != -1 && time > x->time)
		x->bantime += time - x->time;
}

/* maxretry reached: the record goes. */
static void
model_take(struct model *m, int id)
{
	struct model_id *x = &m->v[id];

	x->counted = 0;
	model_ban(m, id, x->last, x->known);
}

static void
model_move(struct model *m, struct model_id *x, int64_t t)
{
	double exact;

	if (t <= x->last)
		return;
	if (x->first < (double)t - m->c->findtime) {
		exact = (double)x->retry / ((double)t - x->first) *
		    m->c->findtime;
		x->retry = (long)(exact + 0.5);
		if ((double)x->retry - exact == 0.5 && x->retry % 2 == 1)
			x->retry--;
		x->first = (double)t - m->c->findtime;
	}
	x->last = t;
}

static void
model_observe(struct model *m, int id, int64_t t, struct row r, int first)
{
	struct model_id *x = &m->v[id];
	long weight;

	if (!m->c->growth.increment || !r.known || t <= r.time)
		return;
	weight = (1L << (r.n < 20 ? r.n : 20)) / 2 + 1;
	if (weight > m->c->maxretry)
		weight = m->c->maxretry;
	if (weight <= 1 || !x->counted)
		return;
	m->failed++;
	model_move(m, x, t);
	x->retry += weight - 1;
	if (first)
		x->known = r.n;
	if (x->retry >= m->c->maxretry)
		model_take(m, id);
}

static void
model_fail(struct model *m, int id, int64_t t)
{
	struct model_id *x = &m->v[id];
	struct row before = x->row;
	int first = !x->counted;

	m->failed++;
	if (first) {
		x->counted = 1;
		x->first = (double)t;
		x->last = t;
		x->retry = 0;
		x->known = 0;
	} else {
		model_move(m, x, t);
	}
	if (++x->retry >= m->c->maxretry)
		model_take(m, id);
	model_observe(m, id, t, before, first);
}

static void
model_run(struct model *m)
{
	struct model_id *x;
	int clean = now >= m->purged + 5;

	if (clean)
		m->purged = now;
	for (x = m->v; x < m->v + IDS; x++) {
		if (clean && (double)x->last <= (double)now -
		    m->c->findtime)
			x->counted = 0;
		if (x->banned && now > end_of(x->time, model_bantime(m, x)))
			x->banned = 0;
	}
}

static void
model_restart(struct model *m)
{
	const struct growth_config *g = &m->c->growth;
	int64_t most = m->c->bantime, bantime;
	struct model_id *x;

	if (g->increment)
		most = g->limited && g->maxtime > 0 ? (int64_t)g->maxtime : -1;
	m->failed = m->bans = 0;
	m->purged = INT64_MIN / 2;
	for (x = m->v; x < m->v + IDS; x++) {
		x->counted = x->banned = 0;
		bantime = x->row.bantime;
		if (!x->row.known || end_of(x->row.time, bantime) <= now)
			continue;
		if (most != -1 && (bantime == -1 || bantime > most))
			bantime = most;
		if (end_of(x->row.time, bantime) <= now)
			continue;
		x->banned = x->own = x->restored = 1;
		x->time = x->row.time;
		x->bantime = bantime;
		x->n = x->row.n + 1;
		m->bans++;
	}
}

/* --- both ---------------------------------------------------------------- */

static struct id
id_of(int n, char text[32])
{
	snprintf(text, 32, n == 4 ? "2001:db8::%d" : n == 3 ?
	    "198.51.%d.0/24" : "192.0.2.%d", n);
	return id_from_span(span_of(text));
}

static void
assert_same(size_t j)
{
	const struct model *m = &models[j];
	const struct jail_counters *c = jail_counters(places[j].jail);
	size_t banned = 0, counted = 0;
	char text[32];

	assert_int_equal(c->failed_total, m->failed);
	assert_int_equal(c->banned_total, m->bans);
	for (int i = 0; i < IDS; i++) {
		const struct model_id *x = &m->v[i];
		struct id id = id_of(i, text);
		struct ticket *t = jail_find(places[j].jail, &id);

		banned += (size_t)x->banned;
		counted += (size_t)x->counted;
		assert_int_equal(t != NULL, x->banned);
		if (t == NULL)
			continue;
		assert_int_equal(wall_seconds(t->time), x->time);
		assert_int_equal(t->permanent ? -1 : t->bantime,
		    model_bantime(m, x));
		assert_int_equal(t->bancount, x->n);
		assert_int_equal(t->restored, x->restored);
	}
	assert_int_equal(jail_banned(places[j].jail), banned);
	assert_int_equal(jail_failing(places[j].jail), counted);
}

static void
step_clock(int64_t seconds)
{
	now += seconds;
	clock_freeze(wall_from_seconds(now), (struct boot){ now *
	    CLOCK_SECOND });
	for (size_t j = 0; j < JAILS; j++) {
		while (jail_run(places[j].jail, clock_wall(), clock_boot()))
			continue;
		model_run(&models[j]);
	}
}

static void
fail_some(size_t j, int id, const struct id *key)
{
	int64_t ago = random_below(3) == 0 ? (int64_t)random_below(400) : 0;
	struct failure f = { .id = *key, .time = wall_from_seconds(now -
	    ago) };

	for (unsigned n = 1 + (unsigned)random_below(4); n > 0; n--) {
		jail_failure(places[j].jail, &f, clock_wall());
		settle();
		model_fail(&models[j], id, now - ago);
	}
}

static void
change(struct jail_config *c, struct jail *jail)
{
	static const int64_t bantimes[] = { 5, 60, 60, 600, -1 };

	c->maxretry = 1 + (int64_t)random_below(5);
	c->findtime = 1 + (double)random_below(600);
	c->bantime = bantimes[random_below(5)];
	jail_reconfigure(jail, c);
	while (jail_work(jail, 1))
		continue;
}

static void
restart(void)
{
	stop();
	start();
	for (size_t j = 0; j < JAILS; j++)
		model_restart(&models[j]);
}

static void
step(void)
{
	size_t j = (size_t)random_below(JAILS);
	int id = (int)random_below(IDS);
	struct model_id *x = &models[j].v[id];
	char text[32];
	struct id key = id_of(id, text);

	switch (random_below(24)) {
	case 0:
	case 1:
	case 2:
		step_clock((int64_t)random_below(800));
		break;
	case 3:
	case 4:
		step_clock((int64_t)random_below(10));
		break;
	case 5:
	case 6:
		jail_ban(places[j].jail, &key, 0, clock_wall());
		model_ban(&models[j], id, now, 0);
		break;
	case 7:
		if (!jail_unban(places[j].jail, &key, UNBAN_BY_HAND))
			store_unban(store, places[j].config.name, &key);
		x->banned = x->row.known = 0;
		break;
	case 8:
		change(&places[j].config, places[j].jail);
		break;
	case 9:
		if (random_below(4) == 0)
			restart();
		break;
	default:
		fail_some(j, id, &key);
	}
	settle();
}

static void
choose_growth(struct growth_config *g)
{
	static const double most[] = { 300, 3600, 5, -1 };

	*g = (struct growth_config){ .factor = 1,
		.increment = random_below(6) != 0,
		.overalljails = random_below(2) == 0,
		.limited = random_below(2) == 0,
		.maxtime = most[random_below(4)] };
	switch (random_below(3)) {
	case 0:
		strings_add(&g->multipliers, SPAN("1"));
		strings_add(&g->multipliers, SPAN("5"));
		strings_add(&g->multipliers, SPAN("30"));
		break;
	case 1:
		g->formula = (char *)"ban.Time + ban.Count * 7";
		break;
	}
}

static void
remove_file(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static void
one_history(uint64_t seed)
{
	random_state = seed;
	now = START;
	clock_freeze(wall_from_seconds(now), (struct boot){ now *
	    CLOCK_SECOND });
	for (size_t j = 0; j < JAILS; j++) {
		places[j].config = (struct jail_config){
			.name = (char *)(j == 0 ? "a" : "b"), .maxretry = 3,
			.findtime = 100, .bantime = 60, .maxmatches = 3 };
		choose_growth(&places[j].config.growth);
		models[j] = (struct model){ .purged = INT64_MIN / 2,
			.c = &places[j].config };
	}
	start();
	for (int i = 0; i < STEPS; i++) {
		step();
		for (size_t j = 0; j < JAILS; j++)
			assert_same(j);
	}
	stop();
	remove_file();
	for (size_t j = 0; j < JAILS; j++)
		strings_fini(&places[j].config.growth.multipliers);
}

static void
random_histories_agree_with_the_model(void **state)
{
	uint64_t i, n = getenv("SOAK") != NULL ? 10000 : 1000;
	char dir[] = "/dev/shm/test_grow_model.XXXXXX", file[64];
	uint64_t seed;

	(void)state;
	log_set_level(LEVEL_CRITICAL);
	random_start();
	seed = random_state;
	if (mkdtemp(dir) == NULL) {
		snprintf(dir, sizeof(dir), "/tmp/test_grow.XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	snprintf(file, sizeof(file), "%s/db", dir);
	path = file;
	base = event_base_new();
	for (i = 0; i < n; i++)
		one_history(seed + i);
	event_base_free(base);
	rmdir(dir);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_histories_agree_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
