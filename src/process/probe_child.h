/* The parsing half of a probe; runs in the short-lived child only. */
#ifndef GAOL_PROCESS_PROBE_CHILD_H
#define GAOL_PROCESS_PROBE_CHILD_H

#include "process/probe.h"

/*
 * Reads the configuration (writing nowhere: Landlock) and fills *out, which
 * is zeroed. 0, or -1 with every problem logged.
 */
int probe_child(const struct start *start, struct probe_result *out);

#endif
