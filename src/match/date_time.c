#include "match/date_time.h"

#include <time.h>

#include "base/civil.h"

#define DAY INT64_C(86400)

static void
know_now(struct date_memory *m, struct wall now)
{
	int64_t second = wall_seconds(now);
	time_t t = (time_t)second;
	struct tm tm;

	if (m->now_known && m->now == second)
		return;
	localtime_r(&t, &tm);
	m->now = second;
	m->now_year = tm.tm_year + 1900;
	m->now_month = tm.tm_mon + 1;
	m->now_day = tm.tm_mday;
	m->now_local = civil_days(m->now_year, m->now_month,
	    m->now_day) * DAY + tm.tm_hour * 3600 + tm.tm_min * 60 +
	    tm.tm_sec;
	m->now_known = true;
}

/* What the local wall clock showing t is in seconds since the epoch. */
static int64_t
local_epoch(int64_t t, struct date_memory *m)
{
	int64_t minute = (t >= 0 ? t : t - 59) / 60;
	int64_t second = t - minute * 60;
	time_t utc = (time_t)(minute * 60);
	struct tm tm;

	if (!m->minute_known || m->minute != minute) {
		gmtime_r(&utc, &tm);
		tm.tm_isdst = -1;
		m->minute = minute;
		m->minute_epoch = (int64_t)mktime(&tm);
		m->minute_known = true;
	}
	return m->minute_epoch + second;
}

/* Day of the year from week number and weekday, as strptime(3) counts. */
static int
yearday_of_week(int year, const struct date_fields *f)
{
	int64_t first = civil_days(year, 1, 1);
	int weekday = (int)(((first + 3) % 7 + 7) % 7);   /* 0 Monday */
	int day = f->weekday, lead;

	if (f->week_sunday) {
		weekday = (weekday + 1) % 7;
		day = (day + 1) % 7;
	}
	lead = (7 - weekday) % 7;
	if (f->week == 0)
		return 1 + day - weekday;
	return 1 + lead + 7 * (f->week - 1) + day;
}

/* Year day (which may lie outside the year) to a date. */
static void
from_yearday(int yearday, int *year, int *month, int *day)
{
	time_t t = (time_t)((civil_days(*year, 1, 1) + yearday - 1) *
	    DAY);
	struct tm tm;

	gmtime_r(&t, &tm);
	*year = tm.tm_year + 1900;
	*month = tm.tm_mon + 1;
	*day = tm.tm_mday;
}

int
date_fields_wall(const struct date_fields *f, const int *zone,
    struct wall now, struct date_memory *memory, struct wall *out)
{
	int year = f->year, month = f->month, day = f->day;
	int yearday = f->yearday;
	bool guess_year = year == DATE_UNKNOWN, guess_day = false;
	bool zoned = f->zoned || zone != NULL, of_year = yearday > 0;
	int64_t t, day_seconds;

	if (guess_year || month == DATE_UNKNOWN)
		know_now(memory, now);
	if (guess_year)
		year = memory->now_year;
	if (month == DATE_UNKNOWN || day == DATE_UNKNOWN) {
		if (!of_year && f->week != DATE_UNKNOWN &&
		    f->weekday != DATE_UNKNOWN) {
			/* Of week 0 it may lie days before the first. */
			yearday = yearday_of_week(year, f);
			of_year = true;
		}
		if (of_year)
			from_yearday(yearday, &year, &month, &day);
	}
	if (month == DATE_UNKNOWN && day == DATE_UNKNOWN) {
		month = memory->now_month;
		day = memory->now_day;
		guess_day = true;
	}
	if (!civil_exists(year, month, day) || f->hour > 23 ||
	    f->minute > 59 || f->second > 59)
		return -1;
	t = civil_days(year, month, day) * DAY + f->hour * 3600 +
	    f->minute * 60 + f->second;
	if (zoned)
		t -= (int64_t)(f->zoned ? f->zone : *zone) * 60;
	if (guess_day && t > memory->now_local)
		t -= DAY;
	/* A day of tolerance, for the zone may be wrong. */
	if (guess_year && t > memory->now_local + DAY) {
		if (!civil_exists(year - 1, month, day))
			return -1;
		day_seconds = (t % DAY + DAY) % DAY;
		t = civil_days(year - 1, month, day) * DAY + day_seconds;
	}
	*out = wall_from_seconds(zoned ? t : local_epoch(t, memory));
	return 0;
}
