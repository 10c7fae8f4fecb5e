/*
 * What a change of settings means for the bans there are: another end, or none
 * of them any more. It counts for what comes at once, and for those in a walk
 * of many turns, a moment later and each once.
 */
#include "jail/jail_local.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "jail/words.h"

enum work_kind {
	WORK_BANTIME,        /* those without one of their own follow */
	WORK_SPARED,         /* whose ids are left alone from now on end */
	WORK_TOUCHING,       /* networks end that hold somebody left alone */
};

struct jail_work {
	TAILQ_ENTRY(jail_work) link;
	enum work_kind kind;
	struct bans_walk walk;
	int64_t bantime;
	struct ignore *before, *after;   /* who was left alone, and who is */
	bool restored_only;
};

/* NULL: there are no bans. */
static struct jail_work *
add(struct jail *j, enum work_kind kind)
{
	struct jail_work *w;

	if (j->bans.first == NULL)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->kind = kind;
	bans_walk_begin(&w->walk, &j->bans);
	TAILQ_INSERT_TAIL(&j->works, w, link);
	return w;
}

void
jail_work_bantime(struct jail *j)
{
	struct jail_work *w = add(j, WORK_BANTIME);

	if (w != NULL)
		w->bantime = j->bantime;
}

void
jail_work_spared(struct jail *j, struct ignore *before, bool restored_only)
{
	struct jail_work *w = add(j, WORK_SPARED);

	if (w == NULL) {
		ignore_free(before);
		return;
	}
	w->before = before;
	w->after = ignore_copy(j->ignore);
	w->restored_only = restored_only;
}

void
jail_work_touching(struct jail *j)
{
	const struct jail_config *c = j->config;

	if ((c->prefix_v4 != 0 && c->prefix_v4 != 32) ||
	    (c->prefix_v6 != 0 && c->prefix_v6 != 128))
		add(j, WORK_TOUCHING);
}

/* --- one ban -------------------------------------------------------------- */

static void
follow_bantime(struct jail *j, struct ban *ban, int64_t bantime)
{
	if (ban->own_bantime)
		return;
	jail_set_end(j, ban, bantime, bans_end(ban->ticket.time, bantime),
	    clock_wall());
	j->hooks->prolong(j, &ban->ticket, j->arg);
}

static void
lift_spared(struct jail *j, struct ban *ban, const struct jail_work *w)
{
	const struct id *id = &ban->ticket.id;
	enum ignore_verdict verdict;
	const char *path = NULL;

	if ((w->restored_only && !ban->ticket.restored) ||
	    ignore_check(w->before, id, NULL) != IGNORE_NO)
		return;
	verdict = ignore_check(w->after, id, &path);
	if (verdict == IGNORE_NO)
		return;
	words_lifted(jail_name(j), id, verdict, path);
	j->counters.lifted++;
	jail_unban_one(j, ban, UNBAN_IGNORED);
}

static void
work_on(struct jail *j, struct ban *ban, const struct jail_work *w)
{
	switch (w->kind) {
	case WORK_BANTIME:
		follow_bantime(j, ban, w->bantime);
		break;
	case WORK_SPARED:
		lift_spared(j, ban, w);
		break;
	case WORK_TOUCHING:
		if (jail_net_touches(j, &ban->ticket.id.addr))
			jail_unban_one(j, ban, UNBAN_BY_HAND);
		break;
	}
}

/* --- all of them ---------------------------------------------------------- */

static void
end(struct jail *j, struct jail_work *w)
{
	TAILQ_REMOVE(&j->works, w, link);
	bans_walk_end(&w->walk);
	ignore_free(w->before);
	ignore_free(w->after);
	free(w);
}

bool
jail_has_work(const struct jail *j)
{
	return !TAILQ_EMPTY(&j->works);
}

bool
jail_work(struct jail *j, size_t bans)
{
	struct jail_work *w;

	while ((w = TAILQ_FIRST(&j->works)) != NULL && bans > 0) {
		struct ban *ban = bans_walk_next(&w->walk);

		if (ban != NULL)
			work_on(j, ban, w);
		else
			end(j, w);
		bans--;
	}
	return jail_has_work(j);
}

void
jail_work_drop(struct jail *j)
{
	struct jail_work *w;

	while ((w = TAILQ_FIRST(&j->works)) != NULL)
		end(j, w);
}
