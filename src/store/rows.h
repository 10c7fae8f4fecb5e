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
/* SQLITE_ROW when there is one, SQLITE_DONE when not, or what failed. */
int rows_load_position(struct database *db, const char *jail,
    const char *path, struct tail_position *out);
int rows_load_journal(struct database *db, const char *jail,
    struct wall *out);

#endif
