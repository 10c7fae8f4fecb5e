/* The one parser for numbers: whole text, within bounds, or refused. */
#ifndef GAOL_BASE_NUMBER_H
#define GAOL_BASE_NUMBER_H

#include <stdint.h>

#include "base/span.h"

/*
 * Decimal, optional sign, no blanks, nothing behind it. 0, or -1 with errno
 * EINVAL (not a number) or ERANGE (outside min..max); *out untouched then.
 */
int number_parse(struct span s, int64_t min, int64_t max, int64_t *out);
/* Unsigned hexadecimal of exactly s.n digits, at most 16. */
int number_parse_hex(struct span s, uint64_t *out);

#endif
