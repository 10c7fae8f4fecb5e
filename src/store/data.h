/* The data column: what a ticket remembers, as upstream's JSON. */
#ifndef GAOL_STORE_DATA_H
#define GAOL_STORE_DATA_H

#include <stdint.h>

#include "base/ticket.h"

/*
 * The ticket's data with at most `matches_max` of its lines (the last ones);
 * made up when the ticket has none. The caller frees it.
 */
char *data_column(const struct ticket *t, int64_t matches_max);

#endif
