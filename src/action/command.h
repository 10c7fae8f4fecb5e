/*
 * One execution of /bin/sh -c: own session, /dev/null as input, output
 * captured up to a bound, a timeout that ends the whole tree. Failures are
 * logged in fail2ban's layout, because people's tools look for it.
 */
#ifndef GAOL_ACTION_COMMAND_H
#define GAOL_ACTION_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action/escape.h"
#include "action/pool.h"
#include "base/buf.h"

#define COMMAND_TIMEOUT 60.0             /* seconds */
#define COMMAND_OUTPUT_MAX (64u << 10)   /* bytes kept of each stream */

struct command;

struct command_result {
	bool timed_out;
	int error;        /* errno: it could not be started; else 0 */
	int code;         /* exit status; -N: killed by signal N */
};

/* The command is freed when this returns; it may start the next one. */
typedef void command_done_fn(const struct command_result *result, void *arg);

struct command_options {
	double timeout;        /* seconds; <= 0: COMMAND_TIMEOUT */
	bool one_is_success;   /* status 1 is an answer too: not logged */
};

/*
 * Runs the script when a place in the pool is free; takes over what the script
 * owns. done() is always called, never before this returns.
 */
struct command *command_start(struct pool *pool, struct escape *script,
    const struct command_options *options, command_done_fn *done, void *arg);
/* done() will not be called: what runs is killed. NULL is a no-op. */
void command_cancel(struct command *c);

#endif
