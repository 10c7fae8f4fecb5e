/*
 * Parts of gaol's own tables, by time. An index by account or address over all
 * rows has another page for each row that is written: with millions of rows
 * the disk is busy with nothing else. So both indexes begin with the number of
 * the row's part, and what is written now goes where the last thousands of
 * rows went, to pages that are in memory. Who looks up asks one part after the
 * other.
 *
 * A part's number is the time from which on its rows are, up to where the next
 * one begins; the first is 0 and has what is older, too. One begins when the
 * one before is full, at a row that is later than all others.
 */
#ifndef GAOL_STORE_EVENT_PART_H
#define GAOL_STORE_EVENT_PART_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_PART_ROWS 262144   /* of a part: some 10 MB of an index */

struct event_parts {
	int64_t *begins;     /* rising; the first is 0 */
	size_t n;
	int64_t newest;      /* the latest time of any row */
	int64_t rows;        /* of accesses in the last part */
	int64_t max;         /* rows of a part; EVENT_PART_ROWS */
};

/* As the file has them. SQLITE_OK, or what failed. */
int event_parts_load(struct event_parts *p, sqlite3 *db);
void event_parts_fini(struct event_parts *p);
/* The part of a row of that time, begun if need be. */
int64_t event_parts_of(struct event_parts *p, int64_t time, bool session);
/* Where the part behind the i-th begins. */
int64_t event_parts_end(const struct event_parts *p, size_t i);

#endif
