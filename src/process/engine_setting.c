/*
 * Settings that `set` changes while a jail runs. They are in the copy of its
 * configuration that a jail has from its first change on; a reload brings
 * what the files say, but where it is another jail's.
 */
#include "process/engine_local.h"

#include <stdlib.h>
#include <string.h>

#include "config/jail_load.h"

/* What follows from j->config for the parts of the jail. */
static void
follow(struct engine_jail *j)
{
	j->touched = true;
	engine_jail_changed(j);
	filter_set_findtime(j->filter, j->config->findtime);
	engine_jails_run_soon(j->engine);
}

static struct jail_config *
own(struct engine_jail *j, struct buf *why)
{
	struct jail_config *config = engine_jail_own(j);

	if (config == NULL)
		buf_adds(why, "the settings of this jail cannot be copied");
	return config;
}

int
engine_setting_set(struct engine_jail *j, const char *name,
    const char *value, struct buf *why)
{
	struct jail_config *config = own(j, why);

	if (config == NULL || jail_set(config, name, value, why) == -1)
		return -1;
	follow(j);
	return 0;
}

int
engine_setting_journalmatch(struct engine_jail *j, struct strings *lines,
    struct buf *why)
{
	struct jail_config *config = own(j, why);

	if (config == NULL)
		return -1;
	strings_fini(&config->filter.journalmatch);
	config->filter.journalmatch = *lines;
	*lines = (struct strings){ 0 };
	j->touched = true;
	engine_journal_rematch(j->engine, j);
	return 0;
}

bool
engine_setting_stays(const struct engine_jail *j)
{
	const char *only = j->engine->reload_jail;

	return j->touched && only != NULL &&
	    strcmp(only, j->config->name) != 0;
}

void
engine_setting_again(struct engine_jail *j)
{
	if (!engine_jail_stays(j) && !engine_setting_stays(j))
		j->touched = false;
	else if (j->own != NULL && j->jail != NULL)
		engine_journal_rematch(j->engine, j);
}
