/*
 * fail2ban's tables, schema version 4. Names, columns, keys and indexes are
 * upstream's: its own programs, and every script that reads the file, must
 * find them. Older versions are brought up to 4 as upstream does it.
 */
#ifndef GAOL_STORE_SCHEMA_H
#define GAOL_STORE_SCHEMA_H

#include <sqlite3.h>

#include "base/buf.h"
#include "base/clock.h"

#define SCHEMA_VERSION 4

enum schema_result {
	SCHEMA_OK,
	SCHEMA_FAILED,     /* not now: locked, disk full, no permission … */
	SCHEMA_DAMAGED,    /* the file is no sound database */
	SCHEMA_REFUSED,    /* sound, but not what we know how to use */
};

/* What an sqlite3 result code means for the file it came from. */
enum schema_result schema_result(int rc);
/*
 * Sets the connection up and makes or migrates the tables. A migration leaves
 * a copy of what was, "PATH.YYYYmmdd-HHMMSS". `why` says what is wrong.
 */
enum schema_result schema_prepare(sqlite3 *db, const char *path,
    struct wall now, struct buf *why);
/* "YYYYmmdd-HHMMSS", UTC as upstream has it. */
#define SCHEMA_STAMP 24
void schema_stamp(struct wall now, char out[SCHEMA_STAMP]);

#endif
