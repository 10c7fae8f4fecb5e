/* Damaged database files are kept for the owner to look at, two at most. */
#ifndef GAOL_STORE_ASIDE_H
#define GAOL_STORE_ASIDE_H

#include "base/clock.h"

#define ASIDE_KEEP 2

/*
 * Renames PATH (with its -wal) to "PATH.corrupt-YYYYmmdd-HHMMSS" and removes
 * the oldest such files. Returns the new name (the caller frees it), or NULL
 * with errno. Nothing may have the file open.
 */
char *aside_move(const char *path, struct wall now);

#endif
