/* What a template's groups caught, read. */
#ifndef GAOL_MATCH_DATE_READ_H
#define GAOL_MATCH_DATE_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "match/date_time.h"
#include "match/regex.h"

/* A strptime code and the group that holds it. */
struct date_group {
	char code;
	unsigned group;
};

/* From the last match of m; false: a name or zone nobody knows. */
bool date_read_fields(const struct date_group *groups, size_t n,
    const struct matcher *m, struct date_fields *f);
/*
 * "1132778400.123456"; `is_long`: thirteen digits are milliseconds, sixteen
 * microseconds.
 */
bool date_read_epoch(struct span text, bool is_long, struct wall *out);
/* "@" and 24 hexadecimal digits; *us: of the second, else untouched. */
bool date_read_tai64n(struct span text, struct wall *out, int *us);

#endif
