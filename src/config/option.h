/*
 * The table of every option that fail2ban's files and ours may hold. One row
 * says all: name, where it stands, type, default, unit, whose it is, help.
 * Readers, checks, suggestions and the manual are made from it.
 */
#ifndef GAOL_CONFIG_OPTION_H
#define GAOL_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum option_place {
	OPTION_MAIN = 1,      /* fail2ban.conf */
	OPTION_JAIL = 2,
	OPTION_FILTER = 4,
	OPTION_ACTION = 8,
};

enum option_type {
	OPTION_TEXT, OPTION_BOOL, OPTION_INT, OPTION_DURATION, OPTION_LIST,
	OPTION_REGEX, OPTION_COMMAND, OPTION_VARIABLE,
};

struct option {
	const char *name;
	unsigned places;          /* of enum option_place */
	enum option_type type;
	const char *fallback;     /* default, as text; NULL: unset */
	const char *unit;         /* "seconds", "" */
	bool ours;                /* not fail2ban's: left out of -d */
	const char *help;         /* one line */
};

/* All rows, grouped by place; the last has name NULL. */
const struct option *option_table(void);
const struct option *option_find(enum option_place place, const char *name);
/* The nearest known name to a typo, or NULL when nothing is near. */
const char *option_nearest(enum option_place place, const char *name);

#endif
