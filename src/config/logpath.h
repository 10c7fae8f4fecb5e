/* `logpath =`: patterns become files, in the client, at each load. */
#ifndef GAOL_CONFIG_LOGPATH_H
#define GAOL_CONFIG_LOGPATH_H

#include "base/buf.h"
#include "config/config.h"

#define LOGPATH_FILES_MAX 4096   /* of one jail */

/*
 * Adds the files that there are to the jail's logs and patterns without any
 * to logs_missing. 0, or -1: why.
 */
int logpath_expand(struct jail_config *jail, const char *text,
    struct report *report, struct buf *why);

/* Adds the files that its patterns mean by now to the jail's logs. */
void logpath_again(struct jail_config *jail);
/* One more of these; the path is copied. */
void logpath_add(struct log_path **v, size_t *n, const char *path, bool tail);
/* Is there any file now that these lines mean? */
bool logpath_any(const char *text);

#endif
