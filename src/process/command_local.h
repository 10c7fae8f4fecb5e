/* What the command handlers share. */
#ifndef GAOL_PROCESS_COMMAND_LOCAL_H
#define GAOL_PROCESS_COMMAND_LOCAL_H

#include <errno.h>

#include "base/log.h"
#include "process/engine_local.h"
#include "process/sandbox.h"

/* The jail, running; else the request has failed and NULL is returned. */
struct engine_jail *command_jail(struct engine *e, struct request *r,
    const char *name);
/*
 * Lifts every ban of a jail (NULL: of all), in turns; *count, which lives as
 * long as `wait`, counts them. `wait` is told of each, and not done before.
 */
void command_sweep(struct engine *e, const char *jail,
    struct engine_wait *wait, json_int_t *count);
/* The end of the engine: what has not been lifted stays. */
void command_sweep_fini(struct engine *e);
/* `stop JAIL` and `stop --all`. */
void command_stop_jail(struct request *r, const char *name, struct engine *e);
json_t *command_id_json(const struct id *id);
enum status_flavor {
	STATUS_BASIC, STATUS_SHORT, STATUS_STATS, STATUS_CYMRU,
	STATUS_BRIEF,        /* ours: the latest bans, not every id */
};

/* A word nobody knows counts as "basic", with a warning. */
enum status_flavor command_status_flavor(const char *word);
/*
 * Payload of ["status", JAIL, FLAVOR]: an object; "short" leaves out who is
 * banned, "stats" is [backend, [failing, failed], [banned, banned_total]].
 */
json_t *command_status_jail(const struct engine_jail *j,
    enum status_flavor flavor);
/* … with what is looked up of each banned address; replies later. */
void command_cymru(struct request *r, struct engine_jail *j);
/* The logs of a jail. */
json_t *command_files_json(const struct engine *e,
    const struct engine_jail *j);

#endif
