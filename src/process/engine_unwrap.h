/* Logs whose lines have an envelope (source/envelope.h), as their jail says. */
#ifndef GAOL_PROCESS_ENGINE_UNWRAP_H
#define GAOL_PROCESS_ENGINE_UNWRAP_H

#include "process/engine_local.h"
#include "source/envelope.h"

/* The log begins (again): log->envelope is set, NULL where there is none. */
void engine_unwrap_start(struct engine_log *log);
/* It goes on after a reload: its envelope, parts and all, too, if that is what
 * its jail says now. */
void engine_unwrap_keep(struct engine_log *log);
/*
 * One line of a log that has one, to its jail's filter, which tells `found`,
 * and to log->events. log->envelope may be gone afterwards: it had none.
 */
void engine_unwrap_line(struct engine_log *log, struct span line,
    enum filter_time mode, filter_failure_fn *found);
/* These lines hold nothing that is looked for, and are not judged. */
void engine_unwrap_passed(struct engine_log *log, struct span lines);
/* Of all logs of the jail. */
void engine_unwrap_counters(const struct engine_jail *j,
    struct envelope_counters *sum);

#endif
