/* One jail of a configuration in the place of a running one's. */
#ifndef GAOL_CONFIG_SPLICE_H
#define GAOL_CONFIG_SPLICE_H

#include "base/span.h"
#include "config/config.h"

/*
 * All of `running` (DUMP_ENGINE text), but the jail of that name as `fresh`
 * has it (gone, when fresh has none), and fresh's list of addresses that are
 * never banned. Frees fresh. NULL with the report filled when `running` cannot
 * be read.
 */
struct config *config_splice(struct span running, struct config *fresh,
    const char *jail, struct report *report);

#endif
