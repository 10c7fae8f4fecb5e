/* One setting of a jail changed, and its typed side with it. */
#include "config/jail_load.h"

static void
copy(struct properties *to, const struct properties *from)
{
	for (size_t i = 0; i < from->n; i++)
		properties_add(to, from->v[i].key, from->v[i].value);
}

/* The jail gets what was derived, and keeps everything else where it is. */
static void
take(struct jail_config *jail, struct jail_config *next)
{
	struct jail_config old = *jail, empty = { 0 };

	*jail = *next;
	jail->name = old.name;
	jail->backend = old.backend;
	jail->error = old.error;
	jail->filter = old.filter;
	jail->logs = old.logs;
	jail->logs_n = old.logs_n;
	jail->logs_missing = old.logs_missing;
	jail->globs = old.globs;
	jail->globs_n = old.globs_n;
	jail->actions = old.actions;
	jail->actions_n = old.actions_n;
	old.name = old.backend = old.error = NULL;
	old.filter = empty.filter;
	old.logs = old.globs = NULL;
	old.logs_missing = empty.logs_missing;
	old.actions = NULL;
	old.logs_n = old.globs_n = old.actions_n = 0;
	jail_fini(&old);
}

int
jail_set(struct jail_config *jail, const char *name, const char *value,
    struct buf *why)
{
	struct jail_config next = { 0 };

	copy(&next.settings, &jail->settings);
	if (value != NULL)
		properties_set(&next.settings, name, value);
	else
		properties_del(&next.settings, name);
	if (jail_derive(&next, why) != 0) {
		jail_fini(&next);
		return -1;
	}
	take(jail, &next);
	return 0;
}
