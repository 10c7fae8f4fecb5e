/* Another program, run to its end by a tool. */
#ifndef GAOL_TOOLS_PROGRAM_H
#define GAOL_TOOLS_PROGRAM_H

#include "base/buf.h"

/*
 * Runs argv (NULL behind it; looked for in PATH), its standard output and
 * error into out. Its exit status, or -1 with errno: ETIMEDOUT after `seconds`
 * (killed then), EINTR when a signal ended it, what the system refused.
 */
int program_run(const char *const *argv, int seconds, struct buf *out);

#endif
