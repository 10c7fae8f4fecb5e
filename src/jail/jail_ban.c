/* Who is banned, for how long, and who is not any more. */
#include "jail/jail_local.h"

#include <errno.h>
#include <stdlib.h>

#include "jail/detail.h"
#include "jail/words.h"

void
jail_set_end(struct jail *j, struct ban *ban, int64_t seconds,
    struct wall end, struct wall now)
{
	bans_set_end(&j->bans, ban, seconds, end, now, clock_boot());
}

void
jail_ticket_clear(struct ticket *t)
{
	strings_fini(&t->matches);
	free(t->data);
	t->data = NULL;
}

static bool
is_bannable(const struct id *id)
{
	if (id->addr.family == ADDR_NONE)
		return id->raw.n > 0;
	return addr_is_bannable(&id->addr);
}

static int
refuse(struct jail *j, const struct id *id, int error)
{
	j->counters.refused++;
	/* A full jail under attack would say nothing else. */
	if (error != ENOSPC || !j->refusing)
		words_refused(jail_name(j), id, error);
	j->refusing |= error == ENOSPC;
	errno = error;
	return -1;
}

/*
 * Banned already: of the two ends the later one counts, and the ban has a
 * bantime of its own from then on.
 */
static void
extend(struct jail *j, struct ban *ban, const struct ticket *t,
    int64_t seconds, struct wall now)
{
	struct wall end = bans_end(t->time, seconds);
	int64_t apart = t->time.us - ban->ticket.time.us;

	if (ban->ticket.state != TICKET_FAILED)
		words_already(jail_name(j), &ban->ticket, t->time);
	if (ban->ticket.permanent || (seconds >= 0 && end.us <= ban->end.us))
		return;
	if (seconds >= 0 && apart > 0)
		seconds += apart / CLOCK_SECOND;
	/* An older failure moves nothing back: the whole time from the ban. */
	if (apart < 0)
		end = bans_end(ban->ticket.time, seconds);
	ban->own_bantime = true;
	jail_set_end(j, ban, seconds, end, now);
	j->hooks->prolong(j, &ban->ticket, j->arg);
}

/* Also one that is yet to be restored. */
static struct ban *
find_any(struct jail *j, const struct id *id)
{
	struct ban *ban = bans_find(&j->bans, id);

	if (ban == NULL && j->hooks->earlier != NULL &&
	    j->hooks->earlier(j, id, j->arg))
		ban = bans_find(&j->bans, id);
	return ban;
}

enum jail_ban_result
jail_ban_ticket(struct jail *j, struct ticket *t, int64_t seconds,
    bool own_bantime, struct wall now)
{
	struct ban *ban = find_any(j, &t->id);
	struct id id;

	if (ban != NULL) {
		extend(j, ban, t, seconds, now);
		return JAIL_BAN_PROLONGED;
	}
	if (!is_bannable(&t->id)) {
		refuse(j, &t->id, EINVAL);
		return JAIL_BAN_REFUSED;
	}
	t->bancount++;
	t->state = TICKET_PENDING;
	ban = bans_add(&j->bans, t, own_bantime);
	if (ban == NULL) {
		refuse(j, &t->id, ENOSPC);
		return JAIL_BAN_REFUSED;
	}
	jail_set_end(j, ban, seconds, bans_end(ban->ticket.time, seconds), now);
	j->counters.banned_total++;
	jail_ask_ban(j, ban);
	jail_net_add(j, ban);
	id = id_copy(&ban->ticket.id);
	j->hooks->ban(j, &ban->ticket, j->arg);
	/* Last: the network may take the place of this ban. */
	jail_net_escalate(j, &id, now);
	id_fini(&id);
	return JAIL_BAN_NEW;
}

enum jail_ban_result
jail_ban(struct jail *j, const struct id *id, int64_t seconds,
    struct wall now)
{
	struct ticket t = { .id = *id, .time = now };
	enum jail_ban_result result;
	int saved;

	t.data = detail_format(&t.matches, 0, NULL);
	result = jail_ban_ticket(j, &t, seconds != 0 ? bans_seconds(seconds) :
	    j->bantime, seconds != 0, now);
	saved = errno;
	jail_ticket_clear(&t);
	errno = saved;
	return result;
}

/*
 * What a restored ban may last: the jail's bantime is the most, or, where bans
 * grow, what they may grow to.
 */
static int64_t
restored_bantime(const struct jail *j, const struct ticket *t)
{
	int64_t most = j->growth != NULL ? growth_most(j->growth) :
	    j->bantime;

	if (!t->permanent && t->bantime < 0)
		return j->bantime;
	if (most >= 0 && (t->permanent || t->bantime > most))
		return bans_seconds(most);
	return bans_seconds(t->permanent ? -1 : t->bantime);
}

struct ticket *
jail_restore(struct jail *j, struct ticket *t, struct wall now)
{
	int64_t seconds = restored_bantime(j, t);
	struct wall end = bans_end(t->time, seconds);
	struct ban *ban;

	if (seconds >= 0 && end.us <= now.us)
		return NULL;
	if (bans_find(&j->bans, &t->id) != NULL || jail_ignores(j, &t->id))
		return NULL;
	if (!is_bannable(&t->id)) {
		refuse(j, &t->id, EINVAL);
		return NULL;
	}
	ban = bans_add(&j->bans, t, true);
	if (ban == NULL) {
		refuse(j, &t->id, ENOSPC);
		return NULL;
	}
	ban->ticket.restored = true;
	ban->ticket.state = TICKET_PENDING;
	ban->ticket.bancount++;
	jail_set_end(j, ban, seconds, end, now);
	jail_net_add(j, ban);
	j->counters.banned_total++;
	return &ban->ticket;
}

void
jail_reserve(struct jail *j, size_t count)
{
	bans_reserve(&j->bans, count);
}

void
jail_unban_one(struct jail *j, struct ban *ban, enum jail_unban_why why)
{
	bans_remove(&j->bans, ban);
	jail_net_del(j, ban);
	j->refusing = false;
	j->hooks->unban(j, &ban->ticket, why, j->arg);
	ban_free(ban);
}

bool
jail_unban(struct jail *j, const struct id *id, enum jail_unban_why why)
{
	struct ban *ban = find_any(j, id);

	if (ban == NULL)
		return false;
	jail_unban_one(j, ban, why);
	return true;
}

size_t
jail_unban_inside(struct jail *j, const struct addr *net,
    enum jail_unban_why why)
{
	struct ban *ban, *next;
	size_t n = 0;

	for (ban = j->bans.first; ban != NULL; ban = next) {
		next = ban->next;
		if (ban->ticket.id.addr.family == ADDR_NONE ||
		    !addr_in(&ban->ticket.id.addr, net))
			continue;
		jail_unban_one(j, ban, why);
		n++;
	}
	return n;
}

size_t
jail_unban_all(struct jail *j, enum jail_unban_why why)
{
	size_t i, n = bans_count(&j->bans);

	for (i = 0; i < n && j->bans.first != NULL; i++)
		jail_unban_one(j, j->bans.first, why);
	return i;
}

struct ticket *
jail_find(struct jail *j, const struct id *id)
{
	struct ban *ban = bans_find(&j->bans, id);

	return ban != NULL ? &ban->ticket : NULL;
}
