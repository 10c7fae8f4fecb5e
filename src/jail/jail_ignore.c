/* Who is left alone, and what becomes of a ban when its id is from now on. */
#include "jail/jail_local.h"

#include "jail/words.h"

/*
 * With ignoreip_lifts it matters for all bans; without, what is known for the
 * first time matters for those of before the start: had it been known, they
 * were not here.
 */
static void
follow(struct jail *j, struct ignore *before, bool known)
{
	jail_work_touching(j);
	if (known && before != NULL)
		jail_work_spared(j, before, !j->config->ignoreip_lifts);
	else
		ignore_free(before);
}

bool
jail_ignore_name(struct jail *j, const char *name, const struct addr *v,
    size_t n)
{
	bool matters = j->config->ignoreip_lifts ||
	    !ignore_name_known(j->ignore, name), known;
	struct ignore *before = matters ? ignore_copy(j->ignore) : NULL;

	known = ignore_set_name(j->ignore, name, v, n);
	follow(j, before, known);
	return known;
}

bool
jail_ignore_file(struct jail *j, const char *path, struct ignore_list *list)
{
	bool matters = j->config->ignoreip_lifts ||
	    !ignore_file_known(j->ignore, path), known;
	struct ignore *before = matters ? ignore_copy(j->ignore) : NULL;

	known = ignore_set_file(j->ignore, path, list);
	follow(j, before, known);
	return known;
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
	jail_work_touching(j);
}

void
jail_own_names(struct jail *j, const struct addr *own, size_t n)
{
	ignore_own_names(j->ignore, own, n);
	jail_work_touching(j);
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
