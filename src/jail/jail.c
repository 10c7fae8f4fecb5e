#include "jail/jail_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jail/detail.h"
#include "jail/words.h"

#define UNBANS_EACH_RUN 20            /* as upstream */
#define PURGE_PAUSE (5 * CLOCK_SECOND)
#define PURGE_EACH_RUN 10000

/* --- settings ----------------------------------------------------------- */

static void
configure(struct jail *j, const struct jail_config *config)
{
	j->config = config;
	growth_free(j->growth);
	j->growth = growth_new(&config->growth);
	j->ignore = ignore_new(config);
}

struct jail *
jail_new(const struct jail_config *config, const struct jail_limits *limits,
    const struct jail_hooks *hooks, void *arg)
{
	struct jail *j = xcalloc(1, sizeof(*j));

	j->hooks = hooks;
	j->arg = arg;
	j->counter = counter_new(limits->tracked_max);
	bans_init(&j->bans, limits->bans_max);
	TAILQ_INIT(&j->works);
	j->bantime = bans_seconds(config->bantime);
	configure(j, config);
	jail_net_count(j);
	return j;
}

void
jail_free(struct jail *j)
{
	if (j == NULL)
		return;
	counter_free(j->counter);
	jail_work_drop(j);
	bans_fini(&j->bans);
	ignore_free(j->ignore);
	growth_free(j->growth);
	jail_net_fini(j);
	free(j);
}

void
jail_reconfigure(struct jail *j, const struct jail_config *config)
{
	int64_t bantime = bans_seconds(config->bantime);
	struct ignore *before = j->ignore;

	configure(j, config);
	ignore_inherit(j->ignore, before);
	if (bantime != j->bantime) {
		j->bantime = bantime;
		jail_work_bantime(j);
	}
	if (config->ignoreip_lifts)
		jail_work_spared(j, before, false);
	else
		ignore_free(before);
	jail_work_touching(j);
	jail_net_count(j);
}

const struct jail_config *
jail_config(const struct jail *j)
{
	return j->config;
}

const char *
jail_name(const struct jail *j)
{
	return j->config->name;
}

/* --- failures ----------------------------------------------------------- */

bool
jail_ban_counted(struct jail *j, const struct id *id, struct wall now)
{
	struct counted counted;
	struct ticket t = { .id = *id };

	if (!counter_take(j->counter, id, &counted))
		return false;
	t.time = counted.last;
	if (j->bantime >= 0 && bans_end(t.time, j->bantime).us < now.us) {
		words_expired(jail_name(j), id);
	} else {
		t.failures = counted.failures;
		t.bancount = counted.bancount;
		trace_lines(counted.trace, &t.matches);
		t.data = detail_format(j->config->maxmatches <= 0 &&
		    t.failures > 1 ? NULL : &t.matches, t.failures,
		    counted.trace);
		jail_ban_ticket(j, &t, j->bantime, false, now);
		jail_ticket_clear(&t);
	}
	free(counted.trace);
	return true;
}

struct counter_rule
jail_rule(const struct jail *j)
{
	return (struct counter_rule){ .findtime = j->config->findtime,
		.maxmatches = j->config->maxmatches };
}

static void
count(struct jail *j, const struct failure *f, struct wall now)
{
	const struct counter_rule rule = jail_rule(j);
	uint32_t retry;
	bool first;

	j->counters.failed_total++;
	retry = counter_add(j->counter, f, &rule);
	j->counters.evicted = counter_evicted(j->counter);
	j->counters.untold = counter_untold(j->counter);
	first = counter_is_first(j->counter, &f->id);
	if ((int64_t)retry >= j->config->maxretry)
		jail_ban_counted(j, &f->id, now);
	jail_ask_failure(j, f, first);
}

bool
jail_failure(struct jail *j, const struct failure *f, struct wall now)
{
	char host[ADDR_STRLEN];
	struct failure wide;

	if (jail_ignores(j, &f->id)) {
		j->counters.ignored++;
		return false;
	}
	words_found(jail_name(j), f);
	count(j, jail_widen(j, f, &wide, host) ? &wide : f, now);
	return true;
}

/* --- time --------------------------------------------------------------- */

static int64_t
findtime_us(const struct jail *j)
{
	double us = j->config->findtime * (double)CLOCK_SECOND;
	double most = (double)(BANS_SECONDS_MAX * CLOCK_SECOND);

	return us <= 0 ? 0 : us < most ? (int64_t)us : (int64_t)most;
}

/* True: stale counters are left, more than one run takes. */
static bool
purge(struct jail *j, struct wall now, struct boot boot)
{
	struct wall stale = { now.us - findtime_us(j) };

	if (boot.us < j->purge_after.us)
		return false;
	if (counter_purge(j->counter, stale, PURGE_EACH_RUN) ==
	    PURGE_EACH_RUN)
		return true;
	j->purge_after.us = boot.us + PURGE_PAUSE;
	return false;
}

bool
jail_forget_failures(struct jail *j, size_t most)
{
	return counter_purge(j->counter, (struct wall){ INT64_MAX }, most) ==
	    most;
}

bool
jail_run(struct jail *j, struct wall now, struct boot boot)
{
	bool more = purge(j, now, boot);
	struct ban *ban;
	int i;

	for (i = 0; (ban = bans_ended(&j->bans, boot)) != NULL; i++) {
		if (i == UNBANS_EACH_RUN)
			return true;
		jail_unban_one(j, ban, UNBAN_EXPIRED);
	}
	return more;
}

struct boot
jail_next(const struct jail *j)
{
	struct heap_node *first = heap_first(&j->bans.due);
	struct boot next = { INT64_MAX }, stale;
	struct wall oldest;

	if (counter_oldest(j->counter, &oldest)) {
		stale.us = clock_boot().us +
		    (oldest.us + findtime_us(j) - clock_wall().us);
		next = stale.us > j->purge_after.us ? stale :
		    j->purge_after;
	}
	/* An end is over strictly behind it. */
	if (first != NULL && first->key < next.us)
		next.us = first->key + 1;
	return next;
}

int64_t
jail_left(const struct jail *j, const struct ticket *t, struct boot now)
{
	int64_t us;

	(void)j;
	if (t->permanent)
		return -1;
	/* Rounded up: the kernel must not let go before we do. */
	us = ban_of(t)->due.key - now.us + CLOCK_SECOND - 1;
	return us > 0 ? us / CLOCK_SECOND : 0;
}

/* --- looking ------------------------------------------------------------ */

size_t
jail_failing(const struct jail *j)
{
	return counter_count(j->counter);
}

size_t
jail_banned(const struct jail *j)
{
	return bans_count(&j->bans);
}

const struct jail_counters *
jail_counters(const struct jail *j)
{
	return &j->counters;
}

struct ticket *
jail_ban_first(const struct jail *j)
{
	return j->bans.first != NULL ? &j->bans.first->ticket : NULL;
}

struct bans_walk *
jail_walk_new(struct jail *j)
{
	struct bans_walk *w = xcalloc(1, sizeof(*w));

	bans_walk_begin(w, &j->bans);
	return w;
}

struct ticket *
jail_walk_next(struct bans_walk *w)
{
	struct ban *ban = bans_walk_next(w);

	return ban != NULL ? &ban->ticket : NULL;
}

void
jail_walk_free(struct bans_walk *w)
{
	if (w == NULL)
		return;
	bans_walk_end(w);
	free(w);
}

struct ticket *
jail_ban_of_last(const struct jail *j, size_t n)
{
	struct ban *ban = j->bans.last;

	while (ban != NULL && n-- > 1 && ban->prev != NULL)
		ban = ban->prev;
	return ban != NULL ? &ban->ticket : NULL;
}

struct ticket *
jail_ban_next(const struct jail *j, const struct ticket *t)
{
	struct ban *next = ban_of(t)->next;

	(void)j;
	return next != NULL ? &next->ticket : NULL;
}
