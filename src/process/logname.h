/*
 * A log target as it is written, "SYSLOG[facility=local0]", into what the
 * parent opens and how records look there.
 */
#ifndef GAOL_PROCESS_LOGNAME_H
#define GAOL_PROCESS_LOGNAME_H

#include "process/probe.h"

/*
 * Fills log_kind, log_file and log_layout of out. 0, or -1 when the target is
 * none (logged). Options that nobody knows or understands are warned about and
 * left out.
 */
int logname_parse(const char *text, struct probe_result *out);

#endif
