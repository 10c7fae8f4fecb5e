/*
 * The open file: a connection with its prepared statements. Used by one
 * thread at a time. A damaged file is moved aside and a new one begun.
 */
#ifndef GAOL_STORE_DATABASE_H
#define GAOL_STORE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/event_part.h"

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_ADD_JAIL,
	STATEMENT_ENABLE_JAIL,
	STATEMENT_DISABLE_JAIL,
	STATEMENT_ADD_HISTORY,
	STATEMENT_SET_LATEST,
	STATEMENT_DEL_HISTORY,
	STATEMENT_DEL_LATEST,
	STATEMENT_CLEAR_HISTORY,
	STATEMENT_CLEAR_LATEST,
	STATEMENT_SET_POSITION,
	STATEMENT_GET_POSITION,
	STATEMENT_GET_LATEST,
	STATEMENT_GET_LATEST_OF,
	STATEMENT_COUNT_LATEST,
	STATEMENT_GET_HISTORY,
	STATEMENT_GET_BANS,
	STATEMENT_GET_PAST,
	STATEMENT_PURGE_HISTORY,
	STATEMENT_PURGE_LATEST,
	STATEMENT_PURGE_JAILS,
	STATEMENT_GET_LOG,
	STATEMENT_ADD_LOG,
	/* Texts: event_table_sql() */
	STATEMENT_ADD_EVENT,
	STATEMENT_DEL_EVENT,
	STATEMENT_MOVE_EVENT,
	STATEMENT_MOVE_SESSION,
	STATEMENT_SET_SESSION,
	STATEMENT_DEL_SESSION,
	STATEMENT_PURGE_EVENTS,
	STATEMENT_PURGE_SESSIONS,
	/* Texts: event_sum_sql() */
	STATEMENT_GET_SUM,
	STATEMENT_SET_SUM,
	STATEMENT_DEL_SUMS,
	STATEMENT_SET_DAY,
	STATEMENT_COUNT_DAYS,
	STATEMENT_DEL_DAY,
	STATEMENT_TOUCH_DAYS,
	STATEMENT_GET_TIME,
	STATEMENT_GET_ENDED,
	STATEMENT_COUNT,
};

/* What event_sum.c knows without asking: may be too high, never too low. */
struct event_sum_known {
	int64_t last;             /* the highest day in gaol_days; -1: none */
	int64_t number;           /* the highest of gaol_events */
	size_t slice;             /* events of a step; EVENT_SUM_SLICE */
	size_t page;              /* of a look-up; EVENT_SUM_PAGE */
	size_t fold;              /* sums in memory; EVENT_FOLD_MAX */
	struct event_sum_work *work;   /* of a day; NULL: none */
};

struct database {
	char *path;               /* ":memory:" is a path too */
	sqlite3 *handle;          /* NULL: closed */
	sqlite3_stmt *v[STATEMENT_COUNT];
	dev_t dev;                /* which file `path` named */
	ino_t ino;
	struct event_parts parts; /* of an open one */
	struct event_sum_known sums;   /* … too */
	bool bulk;                /* database_bulk() */
	bool refused;             /* a version we do not know: leave it alone */
	struct buf error;         /* why it is not open; empty when it is */
	char *moved;              /* where a damaged file went, since the last
	                           * look; the reader frees it */
};

void database_init(struct database *db, const char *path);
void database_fini(struct database *db);
/* 0, or -1 with db->error filled. Opening an open one is a no-op. */
int database_open(struct database *db);
void database_close(struct database *db);
bool database_in_memory(const struct database *db);
/* Somebody deleted or replaced the file under us. */
bool database_gone(const struct database *db);
/* Closes, moves the file out of the way, and notes why. */
void database_damaged(struct database *db, const char *why);
/*
 * After a purge: gives the pages of rows that have gone back to the file
 * system, and empties the write-ahead log. No harm if that fails.
 */
void database_shrink(struct database *db);
/*
 * Thousands of rows at a time are to be written: what their indexes touch is
 * kept in memory until the commit, and a page that many of them touch goes
 * from the write-ahead log to the file once. False: that is over; the memory
 * and the log's room are given back. It is over with the connection, too.
 */
void database_bulk(struct database *db, bool bulk);
/* Reset and without bindings. */
sqlite3_stmt *database_statement(struct database *db, enum statement which);
/* Steps a statement that returns no rows; SQLITE_OK or the result code. */
int database_run(sqlite3_stmt *stmt);
/* A column of the row it stands at, until it is stepped on; NULL is empty. */
struct span database_text(sqlite3_stmt *stmt, int at);
/*
 * One number of one row, `with` being the statement's only mark. SQLITE_OK, or
 * what failed. NULL and no row are 0, and *found false.
 */
int database_number(struct database *db, enum statement which, int64_t with,
    int64_t *out, bool *found);
/*
 * The n numbers of one row of what is asked seldom; `with` is its mark, if it
 * has one. SQLITE_ROW, SQLITE_DONE if there is none, or what failed. What is
 * NULL leaves v[i] as it was.
 */
int database_row(sqlite3 *db, const char *text, int64_t with, int64_t v[],
    int n);

#endif
