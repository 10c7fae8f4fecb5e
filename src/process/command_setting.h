/*
 * The settings of a jail that `get JAIL` shows and `set JAIL` changes: one row
 * says all of one. Each noun has its rows in a file of its own.
 */
#ifndef GAOL_PROCESS_COMMAND_SETTING_H
#define GAOL_PROCESS_COMMAND_SETTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct action_config;
struct engine_jail;
struct jail_config;
struct request;

struct setting_call {
	struct engine_jail *jail;
	const char *name;           /* the setting, as the client wrote it */
	size_t argc;                /* words behind it */
	const char *const *argv;
	const char *type;           /* why it failed: upstream's exception … */
	struct buf why;             /* … and what that says */
};

struct setting {
	const char *name;           /* "bantime." is every name it begins */
	/* What it is: for `get`, and the reply to a `set`. NULL: it failed. */
	json_t *(*show)(struct setting_call *c);
	/* `set`. 0, or -1: it failed and nothing has changed. NULL: never. */
	int (*change)(struct setting_call *c);
	/* In the place of `change` and the reply: answers by itself. */
	void (*run)(struct setting_call *c, struct request *r);
	size_t least;               /* words that `set` takes */
	bool verb;                  /* of `set` only: "addignoreip" */
	bool ban;                   /* for whoever may ban; else for root */
	bool secret;                /* `get`, too, is for root */
	/* In the place of `show`, for `get`: answers by itself. */
	void (*tell)(struct setting_call *c, struct request *r);
};

/* Rows end with name NULL. */
extern const struct setting command_setting_jail[];
extern const struct setting command_setting_ignore[];
extern const struct setting command_setting_filter[];
extern const struct setting command_setting_event[];
extern const struct setting command_setting_ban[];
extern const struct setting command_setting_life[];
extern const struct setting command_setting_action[];

/* command_unban.c. */
void command_unbanip(struct setting_call *c, struct request *r);

/* command_banned.c, for `get JAIL banned` and `get JAIL banip`. */
void command_banned_tell(struct setting_call *c, struct request *r);
void command_banned_by_end(struct setting_call *c, struct request *r);

/*
 * command_action.c: may text of commands come over the socket? 0, or -1; and
 * the jail's commands are not those of the files any more.
 */
int command_action_may(struct setting_call *c);
void command_action_changed(struct engine_jail *j);
/* The action of the first word; NULL: *c says why. One by its name, or NULL. */
const struct action_config *command_action_find(struct setting_call *c);
struct action_config *command_action_in(struct jail_config *jail,
    const char *name);
/* A configuration to be changed; NULL: *c says why. */
struct jail_config *command_action_own(struct setting_call *c);
/* command_delaction.c. */
void command_delaction(struct setting_call *c, struct request *r);

/* Fills *c; returns -1. */
int command_setting_fail(struct setting_call *c, const char *type,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A text of the jail's section; null when it is not set. */
json_t *command_setting_text(struct setting_call *c);
/* Sets that text to the first word, by the rules of the configuration. */
int command_setting_store(struct setting_call *c, const char *type,
    const char *value);
/* A whole number as Python's int() reads it. 0, or -1: *c says why. */
int command_setting_int(struct setting_call *c, int64_t min, int64_t max,
    int64_t *out);

#endif
