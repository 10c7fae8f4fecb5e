/*
 * bantime.increment. What upstream's observer does on a thread of its own:
 * the failures of somebody known count more, and their bans last longer. The
 * history comes from elsewhere and later; the jail goes on meanwhile.
 */
#include "jail/jail_local.h"

#include "jail/words.h"

static bool
ask(struct jail *j, const struct jail_question *q)
{
	if (j->hooks->ask != NULL && j->hooks->ask(j, q, j->arg))
		return true;
	j->counters.unasked++;
	return false;
}

static void
record(struct jail *j, struct ban *ban)
{
	if (j->hooks->record != NULL)
		j->hooks->record(j, &ban->ticket, j->arg);
}

void
jail_ask_failure(struct jail *j, const struct failure *f, bool first)
{
	const struct jail_question q = { .about = JAIL_ABOUT_FAILURE,
		.id = f->id, .time = f->time, .first = first };

	if (j->growth != NULL)
		ask(j, &q);
}

void
jail_ask_ban(struct jail *j, struct ban *ban)
{
	const struct jail_question q = { .about = JAIL_ABOUT_BAN,
		.id = ban->ticket.id, .time = ban->ticket.time,
		.overalljails = j->config->growth.overalljails };

	ban->asked = j->growth != NULL && !ban->own_bantime &&
	    j->bantime > 0 && ask(j, &q);
	if (!ban->asked)
		record(j, ban);
}

/* --- failures ------------------------------------------------------------ */

/* True: maxretry is reached by it. */
static bool
weigh(struct jail *j, const struct jail_question *q, const struct history *h)
{
	const struct failure f = { .id = q->id, .time = q->time };
	const struct counter_rule rule = jail_rule(j);
	int64_t maxretry = j->config->maxretry;
	int64_t weight = growth_weight(h->bancount);
	uint32_t retry;

	if (weight > maxretry)
		weight = maxretry;
	if (weight <= 1)
		return false;
	words_bad(jail_name(j), &f, h->bancount, weight, maxretry);
	retry = counter_weigh(j->counter, &f, (uint32_t)weight - 1,
	    q->first ? h->bancount : 0, &rule);
	if (retry == 0)
		return false;
	j->counters.failed_total++;
	j->counters.weighed++;
	return (int64_t)retry >= maxretry;
}

/* A failure of before the last ban was read twice: a restart. */
static bool
answer_failure(struct jail *j, const struct jail_question *q,
    const struct history *h, struct wall now)
{
	if (!h->known)
		return false;
	if (q->time.us <= h->time * CLOCK_SECOND) {
		words_old(jail_name(j), &q->id, q->time, h->time);
		return false;
	}
	return weigh(j, q, h) && jail_ban_counted(j, &q->id, now);
}

/* --- bans ---------------------------------------------------------------- */

/* The bantime that follows from the history. False: there is none. */
static bool
find_bantime(struct jail *j, const struct ban *ban, const struct history *h,
    int64_t *seconds)
{
	*seconds = ban->ticket.bantime;
	if (h->bancount == 0)
		return true;
	if (growth_bantime(j->growth, *seconds, h->bancount, seconds) != 0) {
		words_no_bantime(jail_name(j), &ban->ticket.id);
		return false;
	}
	*seconds = bans_seconds(*seconds);
	return true;
}

/* True: the ban is to be written down. */
static bool
grow(struct jail *j, struct ban *ban, const struct history *h,
    struct wall now)
{
	struct ticket *t = &ban->ticket;
	int64_t before = t->bantime, seconds;

	if (h->bancount >= t->bancount)
		t->bancount = h->bancount + 1;
	if (!find_bantime(j, ban, h, &seconds))
		return true;
	/* From a log that was read again: the row of it is there. */
	if (t->time.us <= h->time * CLOCK_SECOND)
		t->restored = true;
	else
		words_is_bad(jail_name(j), &t->id, h, before, seconds);
	ban->own_bantime = true;
	if (seconds == before)
		return !t->restored;
	j->counters.grown++;
	jail_set_end(j, ban, seconds, bans_end(t->time, seconds), now);
	j->hooks->prolong(j, t, j->arg);
	if (seconds >= 0 && ban->end.us < now.us)
		return false;
	words_increase(jail_name(j), t, ban->end);
	return !t->restored;
}

static bool
answer_ban(struct jail *j, const struct jail_question *q,
    const struct history *h, struct wall now)
{
	struct ban *ban = bans_find(&j->bans, &q->id);
	bool write = true;

	/* Lifted meanwhile, and perhaps made anew and asked about again. */
	if (ban == NULL || !ban->asked)
		return false;
	ban->asked = false;
	/* Extended meanwhile: that end is its own. */
	if (h != NULL && h->known && j->growth != NULL &&
	    !ban->own_bantime && ban->ticket.bantime > 0)
		write = grow(j, ban, h, now);
	if (write)
		record(j, ban);
	return true;
}

bool
jail_answer(struct jail *j, const struct jail_question *q,
    const struct history *h, struct wall now)
{
	if (h == NULL)
		j->counters.unasked++;
	if (q->about == JAIL_ABOUT_BAN)
		return answer_ban(j, q, h, now);
	return h != NULL && j->growth != NULL &&
	    answer_failure(j, q, h, now);
}

bool
jail_next_bantime(const struct jail *j, const struct ticket *t,
    int64_t *seconds)
{
	if (j->growth == NULL || j->bantime <= 0 ||
	    growth_bantime(j->growth, j->bantime, t->bancount, seconds) != 0)
		return false;
	*seconds = bans_seconds(*seconds);
	return true;
}
