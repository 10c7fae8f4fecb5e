/*
 * The processes of a command. Its group is not all of them: who called
 * setsid(2) has left it, and who forked twice has no parent there. So each
 * gets a mark into its environment, which its children inherit.
 */
#ifndef GAOL_ACTION_TREE_H
#define GAOL_ACTION_TREE_H

#include <sys/types.h>

#define TREE_MARK "GAOL_COMMAND"   /* name of the variable */

/*
 * Kills the group of `root`, every descendant of it and everybody with
 * TREE_MARK=mark, until nobody new is found. How many it found.
 */
unsigned tree_kill(pid_t root, const char *mark);

#endif
