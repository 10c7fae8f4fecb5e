#include "config/jail_copy.h"

#include <stdint.h>

#include "config/dump.h"

struct config *
jail_copy(const struct config *c, const struct jail_config *jail)
{
	struct config one = *c, *copy;
	struct report report = { 0 };
	struct buf text = { 0 };

	one.jails = (struct jail_config *)(uintptr_t)jail;
	one.jails_n = 1;
	dump_write(&one, DUMP_ENGINE, &text);
	copy = dump_read(buf_span(&text), &report);
	buf_fini(&text);
	report_fini(&report);
	if (copy == NULL || copy->jails_n == 1)
		return copy;
	config_free(copy);
	return NULL;
}

struct config *
jail_blank(const struct config *c, const char *name, const char *backend)
{
	char none[] = "";
	struct jail_config jail = {
		.name = (char *)(uintptr_t)name,
		.backend = (char *)(uintptr_t)backend,
		.filter.name = none,
	};

	return jail_copy(c, &jail);
}
