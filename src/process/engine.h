/*
 * The engine: reads every byte an attacker can write, and therefore has no
 * rights. Lines, regexes, jails, the store and the control socket are here;
 * what needs a right is asked of the warden.
 */
#ifndef GAOL_PROCESS_ENGINE_H
#define GAOL_PROCESS_ENGINE_H

#include <stdbool.h>

struct event_base;
struct role_options;
struct engine;

/* What shell actions get at a stop to undo what they did; clients wait 30. */
#define ENGINE_RUN_STOP_SECONDS 25

/*
 * parent_fd is taken over. Drops its rights (unless `single`) and waits for
 * its gifts; the jails start when the warden has sent the configuration.
 * NULL on failure (logged).
 */
struct engine *engine_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single);
void engine_free(struct engine *e);   /* commits the store */

#endif
