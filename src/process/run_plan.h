/*
 * What engine and runner number alike: the shell actions and ignorecommand of
 * a jail. Each has read the configuration on its own way (the engine the
 * warden's, the runner the files), so they compare a digest of exactly this
 * part before a number means anything; what is not a command may differ, and
 * one jail that was edited does not stop the others.
 */
#ifndef GAOL_PROCESS_RUN_PLAN_H
#define GAOL_PROCESS_RUN_PLAN_H

#include <stdbool.h>

#include "base/sha1.h"
#include "config/config.h"

/* Is this one the runner's? */
bool run_plan_is_shell(const struct action_config *a);
/* Has it an ignorecommand? */
bool run_plan_asks(const struct jail_config *jail);
/* Does it run and need a runner? */
bool run_plan_wants(const struct jail_config *jail);
/* The same name and the same text: it goes on over a reload. */
bool run_plan_same(const struct action_config *a,
    const struct action_config *b);
/* Of its name and its commands. */
void run_plan_digest(const struct jail_config *jail, char out[SHA1_HEX]);

#endif
