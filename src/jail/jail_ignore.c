/* Who is left alone, and what becomes of a ban when its id is from now on. */
#include "jail/jail_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jail/words.h"

/* --- bans whose id is spared from now on -------------------------------- */

void
jail_spared_before(struct jail *j)
{
	for (struct ban *ban = j->bans.first; ban != NULL; ban = ban->next)
		ban->spared = ignore_check(j->ignore, &ban->ticket.id,
		    NULL) != IGNORE_NO;
}

size_t
jail_lift_spared(struct jail *j, bool restored_only)
{
	struct ban *ban, *next;
	size_t n = 0;

	for (ban = j->bans.first; ban != NULL; ban = next) {
		const char *path = NULL;
		enum ignore_verdict verdict;

		next = ban->next;
		if (ban->spared || (restored_only && !ban->ticket.restored))
			continue;
		verdict = ignore_check(j->ignore, &ban->ticket.id, &path);
		if (verdict == IGNORE_NO)
			continue;
		words_lifted(jail_name(j), &ban->ticket.id, verdict, path);
		j->counters.lifted++;
		jail_unban_one(j, ban, UNBAN_IGNORED);
		n++;
	}
	return n;
}

bool
jail_ignore_name(struct jail *j, const char *name, const struct addr *v,
    size_t n)
{
	bool lifts = j->config->ignoreip_lifts;
	bool matters = lifts || !ignore_name_known(j->ignore, name), known;

	if (matters)
		jail_spared_before(j);
	known = ignore_set_name(j->ignore, name, v, n);
	jail_unban_touching(j);
	/* Bans of before the start: had it been known, they were not here. */
	return known && matters && jail_lift_spared(j, !lifts) > 0;
}

bool
jail_ignore_file(struct jail *j, const char *path, struct ignore_list *list)
{
	bool lifts = j->config->ignoreip_lifts;
	bool matters = lifts || !ignore_file_known(j->ignore, path), known;

	if (matters)
		jail_spared_before(j);
	known = ignore_set_file(j->ignore, path, list);
	jail_unban_touching(j);
	return known && matters && jail_lift_spared(j, !lifts) > 0;
}

const struct strings *
jail_ignore_names(const struct jail *j)
{
	return ignore_names(j->ignore);
}

const struct strings *
jail_ignore_files(const struct jail *j)
{
	return ignore_files(j->ignore);
}

bool
jail_ignore_file_known(const struct jail *j, const char *path)
{
	return ignore_file_known(j->ignore, path);
}

/* --- own addresses ------------------------------------------------------ */

void
jail_own_addresses(struct jail *j, const struct addr *own, size_t n)
{
	ignore_own(j->ignore, own, n);
	jail_unban_touching(j);
}

void
jail_own_names(struct jail *j, const struct addr *own, size_t n)
{
	ignore_own_names(j->ignore, own, n);
	jail_unban_touching(j);
}

/* --- failures ----------------------------------------------------------- */

bool
jail_ignores(const struct jail *j, const struct id *id)
{
	const char *path = NULL;
	enum ignore_verdict verdict = ignore_check(j->ignore, id, &path);

	if (verdict == IGNORE_NO)
		return false;
	words_ignored(jail_name(j), id, verdict, path);
	return true;
}

bool
jail_would_ignore(const struct jail *j, const struct id *id)
{
	return ignore_check(j->ignore, id, NULL) != IGNORE_NO;
}

void
jail_ignored_by_command(struct jail *j, const struct id *id)
{
	words_ignored(jail_name(j), id, IGNORE_COMMAND, NULL);
	j->counters.ignored++;
}
