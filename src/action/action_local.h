/*
 * What the files of an action share. A verb is made of a few machines, of
 * which each runs once at a time, so each has one slot in the action:
 *
 *	run         one command: names looked up, tags expanded, executed
 *	operation   a command of whole families, one family after the other
 *	attempt     a ticket's command: tried, repaired, tried again
 *	invariant   is the family as it should be? if not, repair it
 *
 * A machine calls its `then` with what came out: 1, 0 or (invariant) -1.
 */
#ifndef GAOL_ACTION_ACTION_LOCAL_H
#define GAOL_ACTION_ACTION_LOCAL_H

#include "action/action.h"
#include "action/command.h"
#include "action/names.h"
#include "action/tags.h"
#include "base/buf.h"

#define LOGGER_ACTIONS "fail2ban.actions"
#define LOGGER_COMMAND "fail2ban.CommandAction"

typedef void action_then_fn(struct action *a, int verdict);

/* A set of families in an order. */
struct family_list {
	uint8_t v[ACTION_FAMILIES];
	uint8_t n;
};

struct job {
	struct job *next;
	enum action_verb verb;
	uint64_t cookie;
	bool last;
	struct values values;
	struct addr addr;              /* of the values */
	enum action_family family;
};

struct action_run {
	char *text;
	const struct values *values;   /* NULL: not a command with a ticket */
	enum action_family family;
	struct names names;
	struct command *command;
	action_then_fn *then;
};

struct action_operation {
	enum tags_command command;
	struct family_list families;
	uint8_t at;
	char *text;                    /* of the family at work */
	bool failed;
	action_then_fn *then;
};

struct action_attempt {
	enum tags_command command;
	enum action_family family;
	unsigned failures;
	action_then_fn *then;
};

/* When a check failed: who may not repair, and what it could not do. */
enum repair { REPAIR_ALWAYS, REPAIR_NOT_UNBAN, REPAIR_NOT_FLUSH };

struct action_invariant {
	enum action_family family;
	enum repair repair;
	bool force;                    /* start what was not started too */
	char *check;
	action_then_fn *then;
};

struct action {
	char *jail;
	char *name;
	struct tags *tags;
	int64_t bantime;
	bool ipv6;
	double timeout;
	bool on_demand;
	bool norestored;
	bool repair_on_unban;
	struct family_list families;   /* that start and stop */
	bool by_ipv6;                  /* the second of them is inet6, or not */

	struct pool *pool;
	struct host *host;
	action_done_fn *done;
	void *arg;

	struct job *first, **last;
	size_t waiting, waiting_max;
	size_t bytes;                  /* of the values that wait */
	unsigned long refused;
	struct job *job;               /* at work */
	struct event *turn;

	struct action_state state;
	uint32_t epoch;
	/*
	 * What START and STOP ran for each family, lest the other family runs
	 * the same again; of FLUSH and RELOAD within one operation only.
	 */
	char *ran[TAGS_RELOAD + 1][ACTION_FAMILIES];

	struct action_run run;
	struct action_operation operation;
	struct action_attempt attempt;
	struct action_invariant invariant;
	struct family_list checking;   /* of ACTION_CHECK */
	uint8_t checking_at;
	enum repair checking_repair;
	action_then_fn *checked;
	struct values none;            /* the ticket that is none */
	struct buf why;                /* the error that is not a command's */
};

/* action_state.c */
uint8_t action_bits(const struct action *a, enum action_family f);
void action_set_bits(struct action *a, enum action_family f, uint8_t bits);
bool action_in_state(const struct action *a, enum action_family f);
/* Families that have all these bits (0: that were ever started). */
struct family_list action_families(const struct action *a, uint8_t bits);
struct family_list family_list_of(enum action_family f);
const char *family_condition(enum action_family f);   /* "", "inet4" … */
const char *family_text(enum action_family f);        /* <family> */
void action_remember(struct action *a, enum tags_command c,
    enum action_family f, const char *text);
/* Also of other families that ran the same. */
void action_forget(struct action *a, enum tags_command c,
    enum action_family f);
void action_forget_all(struct action *a, enum tags_command c);
/* Has another family run this? */
bool action_ran_elsewhere(const struct action *a, enum tags_command c,
    enum action_family f, const char *text);

/* action_run.c: takes over the text. An empty one succeeds. */
void action_run(struct action *a, char *text, const struct values *values,
    enum action_family family, action_then_fn *then);
void action_run_fini(struct action *a);

/* action_operation.c */
void action_operate(struct action *a, enum tags_command command,
    struct family_list families, action_then_fn *then);
/* All that has no start yet of what this family needs. */
struct family_list action_unstarted(const struct action *a,
    enum action_family family);

/* action_repair.c */
void action_try(struct action *a, enum tags_command command,
    enum action_family family, action_then_fn *then);
/* 1: sane; 0: cannot be repaired (logged); -1: broken, not repaired. */
void action_check(struct action *a, enum action_family family,
    enum repair repair, bool force, action_then_fn *then);
/* The same for every started family. */
void action_check_all(struct action *a, enum repair repair,
    action_then_fn *then);

/* action_verb.c: does what the job says, then calls action_finish(). */
void action_start_job(struct action *a);
void action_finish(struct action *a, enum action_outcome outcome);

#endif
