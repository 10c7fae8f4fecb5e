/* Days of the proleptic Gregorian calendar. */
#ifndef GAOL_BASE_CIVIL_H
#define GAOL_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

/* Days since 1970-01-01 of a day that exists. */
int64_t civil_days(int64_t year, int month, int day);
/* Is there such a day, in one of the years 1 to 9999? */
bool civil_exists(int64_t year, int month, int day);

#endif
