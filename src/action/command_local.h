/* What the command, its pool and its log share. */
#ifndef GAOL_ACTION_COMMAND_LOCAL_H
#define GAOL_ACTION_COMMAND_LOCAL_H

#include <stdint.h>
#include <sys/types.h>

#include "action/command.h"
#include "action/output.h"

enum command_state {
	COMMAND_WAITING,    /* for a place in the pool */
	COMMAND_RUNNING,
	COMMAND_ENDING,     /* TERM was sent, KILL follows */
	COMMAND_KILLED,     /* must be dead any moment */
	COMMAND_ENDED,
};

struct command {
	struct command *next, *prev;   /* in one of the pool's lists */
	struct pool *pool;
	enum command_state state;
	struct escape script;
	struct command_options options;
	command_done_fn *done;         /* NULL: cancelled */
	void *arg;
	uint64_t number;               /* names it in the log */
	char mark[48];                 /* of its tree */
	pid_t pid;
	struct output out, err;
	struct event *timer;
	struct command_result result;
};

/* Starts it. 0; -1: errno, and nothing runs. */
int command_spawn(struct command *c);
/* Its process has ended; `status` is waitpid's. */
void command_exited(struct command *c, int status);
/* May its process be waited for? Its group needs the number until KILL. */
bool command_reapable(const struct command *c);
/* Calls done() and frees it. It is in no list any more. */
void command_finish(struct command *c);
void command_free(struct command *c);
/* Kills its tree at once. */
void command_kill(struct command *c);

/* To the pool, at its end. */
void pool_add(struct pool *p, struct command *c);
/* Out of the pool's lists. */
void pool_remove(struct pool *p, struct command *c);
/* Looks for children that ended. */
void pool_reap(struct pool *p);
uint64_t pool_number(struct pool *p);

/* What the log says when it has ended, or could not be started. */
void command_log(const struct command *c);
void command_log_timeout(const struct command *c);

#endif
