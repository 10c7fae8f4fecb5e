/*
 * Tables that earlier releases made, in a state from which event_table.c goes
 * on: what they have too much goes, columns that they lack are added.
 */
#ifndef GAOL_STORE_EVENT_OLDER_H
#define GAOL_STORE_EVENT_OLDER_H

#include <sqlite3.h>

/* Inside a transaction; tables need not be there. SQLITE_OK, or what failed. */
int event_older(sqlite3 *db);

#endif
