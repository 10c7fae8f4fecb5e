/* One [section] of jail.conf and its friends to a struct jail_config. */
#ifndef GAOL_CONFIG_JAIL_LOAD_H
#define GAOL_CONFIG_JAIL_LOAD_H

#include "config/config.h"
#include "config/ini.h"

/*
 * Resolves the section into *jail. 1: the jail is enabled (perhaps broken:
 * jail->error, reported); 0: it is not, or skipped for want of a log, and
 * *jail is empty. What is tried (where->tried) counts as enabled. The section
 * gets its filter's options as known/….
 */
int jail_load(struct jail_config *jail, struct ini *jails, const char *name,
    const struct config_request *where, struct report *report);
/* Fills the typed fields from `settings`. 0, or -1: why. */
int jail_derive(struct jail_config *jail, struct buf *why);
/*
 * One setting as its section would have it; value NULL: not set. The typed
 * side follows, nothing else moves. 0, or -1: why, and nothing changed.
 */
int jail_set(struct jail_config *jail, const char *name, const char *value,
    struct buf *why);
/* Is it a backend there is? 0, or -1: why not. */
int jail_check_backend(const struct jail_config *jail, struct buf *why);
void jail_fini(struct jail_config *jail);
/* Is this backend the journal's? Then no log file is read. */
bool jail_reads_journal(const struct jail_config *jail);

#endif
