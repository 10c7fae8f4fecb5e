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
/* Does the jail run, and is it the one of that name? NULL: of any. */
bool command_meant(const struct engine_jail *j, const char *name);
/*
 * The handler's turn comes when nothing changes the bans of this jail (NULL:
 * of any) or waits to do so: now, or later.
 */
typedef void command_fn(struct request *, size_t, const char *const *, void *);
void command_turn(struct engine *e, const char *jail, struct request *r,
    size_t argc, const char *const *argv, command_fn *run);
/* Lifts every ban of a jail (NULL: of all); replies. */
void command_sweep(struct engine *e, const char *jail, struct request *r);
/* `stop JAIL` and `stop --all`. */
void command_stop_jail(struct request *r, size_t argc,
    const char *const *argv, struct engine *e);
json_t *command_id_json(const struct id *id);
enum status_flavor {
	STATUS_BASIC, STATUS_SHORT, STATUS_STATS, STATUS_CYMRU,
	STATUS_BRIEF,        /* ours: the latest bans, not every id */
};

/* A word nobody knows counts as "basic", with a warning. */
enum status_flavor command_status_flavor(const char *word);
/* [backend, [failing, failed], [banned, banned_total]] */
json_t *command_status_stats(const struct engine_jail *j);
/*
 * Payload of ["status", JAIL, FLAVOR]: an object; "short" leaves out who is
 * banned. `ids` names them, NULL where they are not named.
 */
json_t *command_status_jail(const struct engine_jail *j,
    enum status_flavor flavor, const struct roll *ids);

enum list_kind {
	LIST_STATUS, LIST_STATUS_ALL,    /* `status JAIL`, `status --all` */
	LIST_BANNED,                     /* `banned` */
	LIST_IDS,                        /* `get JAIL banned` */
	LIST_BY_END, LIST_WITH_TIME,     /* `get JAIL banip [--with-time]` */
};

/*
 * Answers with the bans of these jails, in turns; the jails may go meanwhile.
 * The flavor is that of a status.
 */
void command_list(struct request *r, enum list_kind kind,
    enum status_flavor flavor, struct engine_jail *const *jails, size_t n);

/* What is looked up of each banned address, asked one after the other … */
struct engine_cymru *command_cymru_new(struct engine *e);
void command_cymru_ask(struct engine_cymru *c, const struct id *id);
/*
 * … and added to the payload and its lists, which are taken over as `c` is;
 * replies later.
 */
void command_cymru_reply(struct engine_cymru *c, struct request *r,
    json_t *payload, struct rolls *rolls);
void command_cymru_free(struct engine_cymru *c);   /* NULL is a no-op */
/* The logs of a jail. */
json_t *command_files_json(const struct engine *e,
    const struct engine_jail *j);

#endif
