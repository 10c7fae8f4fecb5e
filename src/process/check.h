/*
 * The checks of a configuration that need more than its text: do the native
 * actions make a rule, do the filters compile? Used at start, at reload and
 * by `gaol check`, so that all three say the same.
 */
#ifndef GAOL_PROCESS_CHECK_H
#define GAOL_PROCESS_CHECK_H

#include "config/config.h"
#include "match/event_filter.h"
#include "match/filter.h"

/* Marks jails whose backend or journalmatch cannot be read as broken. */
void check_journals(struct config *config, struct report *report);
/*
 * A stock action of fail2ban's that makes no rule of ours becomes a shell
 * action, with a warning; any other bad native action breaks its jail.
 */
void check_rules(struct config *config, struct report *report);
/* The same for filters that do not compile. */
void check_filters(struct config *config, struct report *report);
/* Compiles a jail's filter with the configuration's limits; NULL: reported. */
struct filter *check_compile(const struct config *config,
    const struct jail_config *jail, struct report *report);
/* … its eventregexes; NULL: it has none, or the report says why. */
struct event_filter *check_compile_events(const struct config *config,
    const struct jail_config *jail, struct report *report);

#endif
