/* Requests into rows, rows into tickets and positions. */
#ifndef GAOL_STORE_ROWS_H
#define GAOL_STORE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/database.h"
#include "store/queue.h"
#include "store/store.h"

/* What a database may hold to be believed. */
#define ROWS_TIME_MAX (INT64_C(1) << 40)    /* seconds: the year 36812 */
#define ROWS_DATA_MAX (1 << 20)             /* bytes of one data column */

/* Inside a transaction. SQLITE_OK, or the result code of what failed. */
int rows_apply(struct database *db, struct request *r);
/*
 * Calls fn for every ban of bips that has not ended at `now`; jail NULL: of
 * all jails. Rows nobody sane wrote are left out and counted in *skipped.
 */
int rows_load_bans(struct database *db, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg), void *arg,
    uint64_t *skipped);
/*
 * The same one by one. SQLITE_ROW: fn was called, or the row left out;
 * SQLITE_DONE: that was all. No other use of the database breaks it but a
 * close. The jail's name stays the caller's and must be there until the end.
 */
void rows_begin_bans(struct database *db, const char *jail, struct wall now);
int rows_next_ban(struct database *db,
    void (*fn)(struct store_row *row, void *arg), void *arg,
    uint64_t *skipped);
void rows_end_bans(struct database *db);
/* That of one id, as it stands in the column; as rows_next_ban(). */
int rows_load_ban(struct database *db, const char *jail, const char *ip,
    struct wall now, void (*fn)(struct store_row *row, void *arg), void *arg,
    uint64_t *skipped);
/* Of all jails, ended ones too. SQLITE_OK, or what failed. */
int rows_count_bans(struct database *db, uint64_t *n);
/* SQLITE_ROW when there is one, SQLITE_DONE when not, or what failed. */
int rows_load_position(struct database *db, const char *jail,
    const char *path, struct tail_position *out);
int rows_load_journal(struct database *db, const char *jail,
    struct wall *out);

#endif
