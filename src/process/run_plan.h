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

#include "base/buf.h"
#include "base/sha1.h"
#include "config/config.h"

#define RUN_PLAN_TEXT_MAX (1u << 20)
#define RUN_PLAN_ACTIONS_MAX 64
#define RUN_PLAN_PROPS_MAX 1000

/* Is this one the runner's? */
bool run_plan_is_shell(const struct action_config *a);
/* Has it an ignorecommand? */
bool run_plan_asks(const struct jail_config *jail);
/* Does it run and need a runner? */
bool run_plan_wants(const struct jail_config *jail);
/* The same name and the same text: it goes on over a reload. */
bool run_plan_same(const struct action_config *a,
    const struct action_config *b);
/*
 * Its name and its commands: what the digest is of, and what the engine hands
 * over when they are in no file (WIRE_RUN_GIVEN).
 */
void run_plan_text(const struct jail_config *jail, struct buf *out);
void run_plan_digest(const struct jail_config *jail, char out[SHA1_HEX]);
void run_plan_digest_text(struct span text, char out[SHA1_HEX]);
/*
 * Such a text, which may be anything, as the one jail of a configuration that
 * has nothing else; config_free(). NULL: it is none.
 */
struct config *run_plan_read(struct span text);

#endif
