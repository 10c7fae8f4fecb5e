/*
 * The answer to a client that has banned or lifted. It comes when the change
 * is made and the firewall has answered to all of it: who reads "banned" may
 * rely on it. While the bans of the start come back nothing is written yet, for
 * seconds where there are very many; the answer waits for the disk then, and
 * always when the rows of all have gone at once.
 */
#ifndef GAOL_PROCESS_COMMAND_ANSWER_H
#define GAOL_PROCESS_COMMAND_ANSWER_H

#include "process/command_local.h"

enum answer_kind {
	ANSWER_BANS,           /* {"new", "prolonged", "errors"} */
	ANSWER_LIFTED,         /* {"count", "errors"} */
	ANSWER_NUMBER,         /* fail2ban's: how many */
	ANSWER_NUMBER_OR_ABSENT,   /* … but an error names what was absent */
};

struct command_answer {
	struct engine_wait wait;   /* first: the callbacks cast back */
	struct request *request;
	enum answer_kind kind;
	json_t *errors;
	json_int_t count;          /* new bans, or lifted ones */
	json_int_t prolonged;
	struct addr told;          /* the last that failed */
	bool disk;                 /* it is waited for, whatever comes */
};

/* Not given before command_answer_end(), and freed when it is. */
struct command_answer *command_answer_new(struct request *r,
    enum answer_kind kind);
void command_answer_error(struct command_answer *a, const struct id *id,
    const char *text);
/* Nothing more will be asked of the firewall, or written. */
void command_answer_end(struct command_answer *a, struct engine *e);
/* The daemon stops before all was asked, or (NULL) before anything was. */
void command_answer_drop(struct command_answer *a, struct request *r);

#endif
