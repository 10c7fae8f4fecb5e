/* One filter, from its file and its jail to a struct filter_config. */
#ifndef GAOL_CONFIG_FILTER_LOAD_H
#define GAOL_CONFIG_FILTER_LOAD_H

#include "config/config.h"
#include "config/definition.h"

/* The options that a filter file may set, NULL at the end. */
extern const char *const filter_options[];

/* Opens what a jail's `filter =` names. 0, or -1: why. */
int filter_open(struct definition *d, const struct config_request *where,
    const char *entry, struct report *report, char **name, struct buf *why);
/*
 * Behind filter_open(): the backend decides which prefix of lines (file or
 * journal) the filter's <logtype> means, unless it is said.
 */
void filter_logtype(struct definition *d, const char *backend);
/*
 * Adds one option to the filter's commands where fail2ban sends it: usedns,
 * prefregex and maxlines before everything that *first counts, the others
 * at the end. Empty regexes are left out. 0, or -1: why.
 */
int filter_add(struct filter_config *f, size_t *first, const char *option,
    const char *value, struct buf *why);
/*
 * Adds one option that fail2ban does not have (eventprefix, eventjson …).
 * 0, or -1: why.
 */
int filter_add_own(struct filter_config *f, const char *option,
    const char *value, struct buf *why);
/* filter_add() and filter_add_own() of all that is in `from`. */
int filter_fill(struct filter_config *f, const struct properties *from,
    struct buf *why);
/* Fills the typed fields from the commands. */
void filter_derive(struct filter_config *f);

#endif
