/* From the parts of a stamp to a point in time. */
#ifndef GAOL_MATCH_DATE_TIME_H
#define GAOL_MATCH_DATE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"

#define DATE_UNKNOWN (-1)

struct date_fields {
	int year, month, day;        /* DATE_UNKNOWN: the stamp has none */
	int hour, minute, second;
	int us;                      /* of the second */
	int weekday;                 /* 0 Monday, or DATE_UNKNOWN */
	int week;                    /* of the year, or DATE_UNKNOWN */
	bool week_sunday;            /* weeks start on Sunday (%U) */
	int yearday;                 /* from 1, or DATE_UNKNOWN */
	bool zoned;                  /* `zone` stands in the stamp */
	int zone;                    /* minutes east of UTC */
};

#define DATE_FIELDS_NONE ((struct date_fields){ \
	DATE_UNKNOWN, DATE_UNKNOWN, DATE_UNKNOWN, 0, 0, 0, 0, \
	DATE_UNKNOWN, DATE_UNKNOWN, false, DATE_UNKNOWN, false, 0 })

/*
 * Remembers the last conversions: asking the C library for local time costs
 * more than matching the whole line. Zero it to begin.
 */
struct date_memory {
	int64_t minute, minute_epoch;    /* local minute -> epoch seconds */
	bool minute_known;
	int64_t now;                     /* second for which … */
	int64_t now_local;               /* … this is the local clock */
	int now_year, now_month, now_day;
	bool now_known;
};

/*
 * `zone`: minutes east of UTC for stamps without a zone, or NULL for local
 * time. 0, or -1 for a date that does not exist (30 February, second 60).
 * Whole seconds, as upstream has it.
 */
int date_fields_wall(const struct date_fields *f, const int *zone,
    struct wall now, struct date_memory *memory, struct wall *out);

/*
 * "Z", "UTC", "CEST", "+0200", "+02:00", "-07", "UTC+0100" to minutes east.
 * 0, or -1 (errno EINVAL).
 */
int date_zone_parse(struct span s, int *minutes);

#endif
