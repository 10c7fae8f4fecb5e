/*
 * The runner: executes the shell actions of the jails, with full rights or as
 * `action_user`. It exists only when a jail has one. It reads the
 * configuration from root's files itself, so that nobody with less rights can
 * supply the text of a command: the engine names jail and action by number and
 * sends a ticket's values, which are checked again here.
 */
#ifndef GAOL_PROCESS_RUNNER_H
#define GAOL_PROCESS_RUNNER_H

#include <stdbool.h>

struct event_base;
struct role_options;
struct runner;

/*
 * parent_fd is taken over. Waits for the link to the engine; what cannot be
 * run is told there, so it never fails.
 */
struct runner *runner_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single);
void runner_free(struct runner *r);   /* kills what still runs */

#endif
