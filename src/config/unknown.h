/* Slips of the pen: options that are nearly the name of a known one. */
#ifndef GAOL_CONFIG_UNKNOWN_H
#define GAOL_CONFIG_UNKNOWN_H

#include "config/ini.h"
#include "config/option.h"

/*
 * Any name may be a variable; one that no %(name)s and no <name> uses and that
 * is nearly an option's is warned about. jail may be NULL.
 */
void unknown_warn(const struct ini *ini, const char *section,
    enum option_place place, const char *jail, struct report *report);

#endif
