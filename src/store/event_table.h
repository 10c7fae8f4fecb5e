/*
 * gaol's own tables, beside upstream's in the same file: gaol_events,
 * gaol_sessions, and gaol_schema with their version. Both have the columns of
 * an event; of what is a text or a number in base/event.h one each, by its
 * name there. Times are microseconds, addresses bytes (so that a network is a
 * range of them), names of kinds and reasons those of the commands.
 */
#ifndef GAOL_STORE_EVENT_TABLE_H
#define GAOL_STORE_EVENT_TABLE_H

#include "base/buf.h"
#include "store/database.h"
#include "store/event_row.h"
#include "store/store.h"

/*
 * Version 2 has other indexes, and leaves out of a row what its account's name
 * says already: the name as it was written, if it is the same, and the domain.
 * Rows of version 1 are read as they are. Version 3 has parts (event_part.h):
 * older rows are all in the first. Version 4 has sums (event_sum.h), made of
 * the rows there are; version 5 has them in another order, so they are made
 * anew. Version 6 has small numbers of parts, and of a log a number instead of
 * its name; older rows stay as they are. Version 7 does not say how far a day
 * is summed: older sums are made anew.
 */
#define EVENT_TABLE_VERSION 7
#define EVENT_PURGE_SLICE 5000   /* rows that go in one transaction */

/* Makes what is not there, in older files, too. SQLITE_OK, or what failed. */
int event_table_make(sqlite3 *db);
/* SQLITE_ROW with the version, or what failed. */
int event_table_version(sqlite3 *db, int64_t *version);
/* The text of one of our statements, for database_open(). */
void event_table_sql(enum statement which, struct buf *out);

/* --- inside a transaction; SQLITE_OK, or what failed -------------------- */
int event_table_write(struct database *db, const struct event_rows *rows);
/* Deletes a slice of what is older than it is kept; *more: there is more. */
int event_table_purge(struct database *db, const struct store_keep *keep,
    int64_t now_us, bool *more);
/* The text of a look-up, with names for its values. */
void event_table_query(const struct store_query *q, struct buf *out);
int event_table_find(struct database *db, const struct store_query *q,
    struct event_rows *out, bool *more);
/* Every session that is open, in the order of their numbers. */
int event_table_open(struct database *db, struct event_rows *out);
/* Who sent messages in that time up to the last row; 10,000, the last first. */
int event_table_messages(struct database *db, int64_t within_us,
    struct event_rows *out);
/* The same of all that was told. */
int event_table_latest(struct database *db, int64_t within_us,
    struct event_rows *out);
/* … of sign-ins and failures. */
int event_table_accesses(struct database *db, int64_t within_us,
    struct event_rows *out);
/* One more than the highest number of a session, or of an event. */
int event_table_next(struct database *db, bool sessions, int64_t *number);

#endif
