/* Bans in the order in which they end, sorted in many turns of the loop. */
#ifndef GAOL_PROCESS_COMMAND_ROWS_H
#define GAOL_PROCESS_COMMAND_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/roll.h"

struct rows;

/*
 * Of the texts of this list, which is not freed before the last rows_sort();
 * about n of them.
 */
struct rows *rows_new(struct roll *roll, size_t n);
/* One that ends then (INT64_MAX: never), and where its text stands. */
void rows_add(struct rows *rows, int64_t end, size_t at);
/*
 * Moves about n rows; those that end together stay as they came. False: the
 * list is in order, and nothing may be added.
 */
bool rows_sort(struct rows *rows, size_t n);
void rows_free(struct rows *rows);   /* NULL is a no-op */

#endif
