/*
 * A jail as it is changed while it runs, or made then: the configuration that
 * was loaded is left as it is (nobody edits a live one).
 */
#ifndef GAOL_CONFIG_JAIL_COPY_H
#define GAOL_CONFIG_JAIL_COPY_H

#include "config/config.h"

/*
 * The caller's own configuration, with one jail: a copy of `jail`, which is
 * one of `c`, as dump_read() made it. Freed with config_free(). NULL when it
 * does not survive a dump, which no jail of a loaded configuration does.
 */
struct config *jail_copy(const struct config *c,
    const struct jail_config *jail);
/*
 * The same with a jail that has fail2ban's defaults and nothing else: no
 * filter, no log, no action. NULL: the name or backend cannot be written down.
 */
struct config *jail_blank(const struct config *c, const char *name,
    const char *backend);

#endif
