#include "config/unknown.h"

#include <string.h>

#include "base/buf.h"

/* Does any value say %(name)s, %(section/name)s or <name>? */
static bool
is_referenced(const struct ini *ini, const char *name)
{
	struct buf forms[3] = { 0 };
	bool found = false;

	buf_addf(&forms[0], "%%(%s)s", name);
	buf_addf(&forms[1], "/%s)s", name);
	buf_addf(&forms[2], "<%s>", name);
	for (struct ini_section *s = ini->sections; s != NULL; s = s->next)
		for (struct ini_option *o = s->options; o != NULL; o = o->next)
			for (size_t i = 0; i < 3; i++)
				found |= strstr(o->value, forms[i].p) != NULL;
	for (size_t i = 0; i < 3; i++)
		buf_fini(&forms[i]);
	return found;
}

void
unknown_warn(const struct ini *ini, const char *section,
    enum option_place place, const char *jail, struct report *report)
{
	struct ini_section *s = ini_section(ini, section);

	for (struct ini_option *o = s != NULL ? s->options : NULL; o != NULL;
	     o = o->next) {
		const char *near;

		/* Without a file: set by the program. */
		if (o->file == NULL || option_find(place, o->name) != NULL)
			continue;
		near = option_nearest(place, o->name);
		if (near != NULL && !is_referenced(ini, o->name))
			report_add(report, PROBLEM_WARNING, jail, o->file,
			    o->line, "unknown option '%s'; did you mean '%s'?",
			    o->name, near);
	}
}
