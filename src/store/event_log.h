/*
 * Logs by number: gaol_logs. Each row of an access says which log told of it,
 * and there are few of these.
 */
#ifndef GAOL_STORE_EVENT_LOG_H
#define GAOL_STORE_EVENT_LOG_H

#include "base/span.h"
#include "store/database.h"

struct event_log {
	struct span path;   /* borrowed */
	int64_t number;     /* 0: of an empty path */
};

/*
 * The log of that path, which `log` may be already; it is given a number inside
 * the transaction if it has none. SQLITE_OK, or what failed.
 */
int event_log_find(struct database *db, struct span path,
    struct event_log *log);

#endif
