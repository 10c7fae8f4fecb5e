#include "config/nologs.h"

#include <glob.h>
#include <stdlib.h>

#include "config/logpath.h"
#include "config/value.h"

/* The jail's option as a text, or `fallback` (also for what is broken: the
 * loader finds that itself and says so). Freed by the caller. */
static char *
option(const struct scope *jail, const char *name, const char *fallback)
{
	struct buf value = { 0 }, why = { 0 };

	if (interpolate_get(jail, name, &value, &why) != 0) {
		buf_clear(&value);
		buf_adds(&value, fallback);
	}
	buf_fini(&why);
	buf_add(&value, "", 0);
	return buf_take(&value);
}

static bool
option_is_true(const struct scope *jail, const char *name, bool fallback)
{
	char *text = option(jail, name, fallback ? "true" : "false");
	bool yes = value_bool(text);

	free(text);
	return yes;
}

static bool
has_logs(const struct scope *jail)
{
	char *paths = option(jail, "logpath", "");
	bool has = span_trim(span_of(paths)).n == 0 || logpath_any(paths);

	free(paths);
	return has;
}

static bool
journal_is_here(void)
{
	glob_t found = { 0 };
	bool here = glob("/run/log/journal/*/system.journal", 0, NULL,
	    &found) == 0;

	globfree(&found);
	if (here)
		return true;
	here = glob("/var/log/journal/*/system.journal", 0, NULL,
	    &found) == 0;
	globfree(&found);
	return here;
}

static bool
filter_knows(const struct ini *filter)
{
	static const char *const sections[] = { "Definition", "Init" };
	const struct ini_section *s;

	for (size_t i = 0; filter != NULL && i < 2; i++) {
		s = ini_section(filter, sections[i]);
		if (s != NULL && ini_option(s, "journalmatch") != NULL)
			return true;
	}
	return false;
}

enum nologs
nologs_decide(const struct scope *jail, const struct ini *filter)
{
	if (has_logs(jail))
		return NOLOGS_NONE;
	if (option_is_true(jail, "systemd_if_nologs", true) &&
	    (interpolate_source(jail, "journalmatch") != NULL ||
	    (filter_knows(filter) && journal_is_here())))
		return NOLOGS_JOURNAL;
	return option_is_true(jail, "skip_if_nologs", false) ? NOLOGS_SKIP :
	    NOLOGS_WAIT;
}
