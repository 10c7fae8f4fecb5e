/*
 * Parts of gaol's own tables, by time. An index by account or address over all
 * rows has another page for each row that is written: with millions of rows
 * the disk is busy with nothing else. So both indexes begin with the number of
 * the row's part, and what is written now goes where the last thousands of
 * rows went, to pages that are in memory. Who looks up asks one part after the
 * other.
 *
 * gaol_parts says from which time on a part's rows are, up to where the next one
 * begins; the first has what is older, too. One begins when the one before is
 * full, at a row that is later than all others. Numbers are small, for each row
 * has its part's three times; in tables of before version 6 the number was the
 * time, and stays it.
 */
#ifndef GAOL_STORE_EVENT_PART_H
#define GAOL_STORE_EVENT_PART_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_PART_ROWS 262144   /* of a part: some 10 MB of an index */

struct event_part {
	int64_t number;
	int64_t begin;       /* us */
};

struct event_parts {
	struct event_part *v;   /* rising by begin; the first's is 0 */
	size_t n;
	int64_t next;        /* number */
	int64_t newest;      /* the latest time of any row */
	int64_t rows;        /* of accesses in the last part */
	int64_t max;         /* rows of a part; EVENT_PART_ROWS */
};

struct database;

/*
 * Puts the first into an empty table, and those that a file of before version 6
 * has, inside a transaction. SQLITE_OK, or what failed.
 */
int event_parts_fill(sqlite3 *db);
/*
 * As the file has them; parts without rows go. SQLITE_OK, or what failed.
 */
int event_parts_load(struct event_parts *p, sqlite3 *db);
void event_parts_fini(struct event_parts *p);
/*
 * The number of the part of a row of that time, begun if need be, inside the
 * transaction that writes the row. SQLITE_OK, or what failed.
 */
int event_parts_of(struct database *db, int64_t time, bool session,
    int64_t *number);
/* Where the part behind the i-th begins. */
int64_t event_parts_end(const struct event_parts *p, size_t i);

#endif
