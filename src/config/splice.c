#include "config/splice.h"

#include <string.h>

#include "base/xalloc.h"
#include "config/dump.h"
#include "config/jail_load.h"
#include "config/logpath.h"

static struct jail_config *
find(const struct config *c, const char *jail)
{
	for (size_t i = 0; i < c->jails_n; i++)
		if (strcmp(c->jails[i].name, jail) == 0)
			return &c->jails[i];
	return NULL;
}

static void
drop(struct config *c, struct jail_config *jail)
{
	size_t behind = c->jails_n - (size_t)(jail - c->jails) - 1;

	jail_fini(jail);
	memmove(jail, jail + 1, behind * sizeof(*jail));
	c->jails_n--;
}

/* Takes over what *jail holds. */
static void
add(struct config *c, struct jail_config *jail)
{
	c->jails = xreallocarray(c->jails, c->jails_n + 1, sizeof(*c->jails));
	c->jails[c->jails_n++] = *jail;
	*jail = (struct jail_config){ 0 };
}

struct config *
config_splice(struct span running, struct config *fresh, const char *jail,
    struct report *report)
{
	struct config *c = dump_read(running, report);
	struct jail_config *old, *new = find(fresh, jail);
	struct strings never;

	if (c == NULL)
		goto out;
	old = find(c, jail);
	if (old != NULL && new != NULL) {
		jail_fini(old);
		*old = *new;
		*new = (struct jail_config){ 0 };
	} else if (old != NULL) {
		drop(c, old);
	} else if (new != NULL) {
		add(c, new);
	}
	/* Files that joined since: they go on where they are. */
	for (size_t i = 0; i < c->jails_n; i++)
		logpath_again(&c->jails[i]);
	never = c->never;
	c->never = fresh->never;
	fresh->never = never;
out:
	config_free(fresh);
	return c;
}
