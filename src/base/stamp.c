#include "base/stamp.h"

#include "base/civil.h"
#include "base/number.h"

#define DAY 86400
#define SECONDS_MAX INT64_C(100000000000)

/* --- pieces --------------------------------------------------------------- */

/* Exactly n digits off the front. */
static bool
digits(struct span *s, size_t n, int64_t max, int64_t *out)
{
	int64_t value = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		value = value * 10 + (s->p[i] - '0');
	}
	*s = span_skip(*s, n);
	*out = value;
	return value <= max;
}

static bool
one_of(struct span *s, const char *accepted)
{
	if (s->n == 0 || s->p[0] == '\0' ||
	    memchr(accepted, s->p[0], strlen(accepted)) == NULL)
		return false;
	*s = span_skip(*s, 1);
	return true;
}

/* Digits behind a point, as microseconds. False: there are none. */
static bool
fraction(struct span *s, int64_t *us)
{
	int64_t unit = CLOCK_SECOND;
	size_t i;

	*us = 0;
	for (i = 0; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		unit /= 10;
		*us += (s->p[i] - '0') * unit;
	}
	*s = span_skip(*s, i);
	return i > 0;
}

/* --- RFC 3339 --------------------------------------------------------------- */

static bool
date(struct span *s, int64_t *seconds)
{
	int64_t year, month, day;

	if (!digits(s, 4, 9999, &year) || year < 1970 || !one_of(s, "-") ||
	    !digits(s, 2, 12, &month) || !one_of(s, "-") ||
	    !digits(s, 2, 31, &day) ||
	    !civil_exists(year, (int)month, (int)day))
		return false;
	*seconds = civil_days(year, (int)month, (int)day) * DAY;
	return true;
}

/* A leap second is the one before it. */
static bool
time_of_day(struct span *s, int64_t *seconds)
{
	int64_t hour, minute, second;

	if (!digits(s, 2, 23, &hour) || !one_of(s, ":") ||
	    !digits(s, 2, 59, &minute) || !one_of(s, ":") ||
	    !digits(s, 2, 60, &second))
		return false;
	*seconds = hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
	return true;
}

/* Seconds east of UTC. */
static bool
zone(struct span *s, int64_t *seconds)
{
	bool west = s->n > 0 && s->p[0] == '-';
	int64_t hour, minute = 0;

	*seconds = 0;
	if (s->n == 0 || one_of(s, "Zz"))
		return true;
	if (!one_of(s, "+-") || !digits(s, 2, 23, &hour))
		return false;
	one_of(s, ":");
	if (s->n > 0 && !digits(s, 2, 59, &minute))
		return false;
	*seconds = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

int
stamp_iso(struct span text, struct wall *out)
{
	int64_t day, time, east, us = 0;

	if (!date(&text, &day) || !one_of(&text, "Tt ") ||
	    !time_of_day(&text, &time))
		return -1;
	if (one_of(&text, ".,") && !fraction(&text, &us))
		return -1;
	if (!zone(&text, &east) || text.n > 0)
		return -1;
	out->us = (day + time - east) * CLOCK_SECOND + us;
	return 0;
}

/* --- numbers --------------------------------------------------------------- */

int
stamp_epoch(struct span text, struct wall *out)
{
	size_t point = span_chr(text, '.');
	struct span rest;
	int64_t n, us = 0;

	if (text.n == 0 || text.p[0] == '+' ||
	    number_parse(span_sub(text, 0, point), 0, INT64_MAX, &n) == -1)
		return -1;
	if (point != SPAN_NONE) {
		rest = span_skip(text, point + 1);
		if (n >= SECONDS_MAX || !fraction(&rest, &us) || rest.n > 0)
			return -1;
	}
	if (n < SECONDS_MAX)
		out->us = n * CLOCK_SECOND + us;
	else if (n < SECONDS_MAX * 1000)
		out->us = n * 1000;
	else if (n < SECONDS_MAX * 1000000)
		out->us = n;
	else
		out->us = n / 1000;
	return 0;
}

int
stamp_parse(struct span text, struct wall *out)
{
	return stamp_iso(text, out) == 0 ? 0 : stamp_epoch(text, out);
}
