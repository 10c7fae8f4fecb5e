/*
 * Sums as JSON, for the control socket: a list each, for there may be a million
 * of them.
 */
#ifndef GAOL_ACCESS_SUM_FLAT_H
#define GAOL_ACCESS_SUM_FLAT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/access_sum.h"

/* The caller's. */
json_t *sum_flat(const struct access_sum *sum);
/* Texts are borrowed from `json`. False: it is no sum. */
bool sum_flat_read(const json_t *json, struct access_sum *sum);

#endif
