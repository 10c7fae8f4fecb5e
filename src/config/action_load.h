/* One action of a jail, from its entry and file to a struct action_config. */
#ifndef GAOL_CONFIG_ACTION_LOAD_H
#define GAOL_CONFIG_ACTION_LOAD_H

#include "base/buf.h"
#include "config/config.h"

/*
 * `entry` is one entry of the jail's `action =`, `options` what the jail has
 * set. 0, or -1: why (a is empty then).
 */
int action_load(struct action_config *a, const struct config_request *where,
    const char *jail, const char *entry, const struct properties *options,
    struct report *report, struct buf *why);
void action_fini(struct action_config *a);
/* A Python action ("x.py")? Its one property "json" holds the options. */
bool action_is_python(const struct action_config *a);
/* "native", "shell", "python" (not run) or "none", for people. */
const char *action_kind_name(const struct action_config *a);

#endif
