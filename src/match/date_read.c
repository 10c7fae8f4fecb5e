#include "match/date_read.h"

#include "base/number.h"

/* Number of a name among three-letter or whole words, or -1. */
static int
word_index(struct span value, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (value.n >= 3 && span_eq_nocase(value,
		    span_sub(span_of(words[i]), 0, value.n)))
			return (int)i;
	return -1;
}

static int
month_index(struct span value)
{
	static const char *const months[] = {
		"january", "february", "march", "april", "may", "june",
		"july", "august", "september", "october", "november",
		"december"
	};

	return word_index(value, months, 12);
}

static int
day_index(struct span value)
{
	static const char *const days[] = {
		"monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sunday"
	};

	return word_index(value, days, 7);
}

/* Digits (a leading blank is one of "%d"); anything else is no number. */
static int
small_number(struct span value, int *out)
{
	int64_t n;

	if (value.n > 0 && value.p[0] == ' ')
		value = span_skip(value, 1);
	if (number_parse(value, 0, 9999, &n) == -1)
		return -1;
	*out = (int)n;
	return 0;
}

/* Of a second: the first six digits of it. */
static int
microseconds(struct span value)
{
	int us = 0;

	for (size_t i = 0; i < 6; i++)
		us = us * 10 + (i < value.n && value.p[i] >= '0' &&
		    value.p[i] <= '9' ? value.p[i] - '0' : 0);
	return us;
}

/* One field; -1: not readable. `pm` is looked at by %I afterwards. */
static int
read_field(struct date_fields *f, char code, struct span value, bool *twelve,
    bool *pm)
{
	int n = 0;

	switch (code) {
	case 'B':
	case 'b':
		f->month = month_index(value) + 1;
		return f->month == 0 ? -1 : 0;
	case 'A':
	case 'a':
		f->weekday = day_index(value);
		return f->weekday;
	case 'p':
		*pm = value.n > 0 && (value.p[0] == 'p' || value.p[0] == 'P');
		return 0;
	case 'z':
	case 'Z':
		f->zoned = true;
		return date_zone_parse(value, &f->zone);
	case 'f':
		f->us = microseconds(value);
		return 0;
	}
	if (small_number(value, &n) == -1)
		return -1;
	switch (code) {
	case 'Y': f->year = n; break;
	case 'y': f->year = n <= 2000 ? n + 2000 : n; break;
	case 'm': f->month = n; break;
	case 'd': f->day = n; break;
	case 'I': *twelve = true; f->hour = n; break;
	case 'H': f->hour = n; break;
	case 'M': f->minute = n; break;
	case 'S': f->second = n; break;
	case 'j': f->yearday = n; break;
	case 'w': f->weekday = (n + 6) % 7; break;
	case 'W': f->week = n; f->week_sunday = false; break;
	case 'U': f->week = n; f->week_sunday = true; break;
	}
	return 0;
}

bool
date_read_fields(const struct date_group *groups, size_t n,
    const struct matcher *m, struct date_fields *f)
{
	bool twelve = false, pm = false;
	struct span value;
	size_t i;

	*f = DATE_FIELDS_NONE;
	for (i = 0; i < n; i++) {
		if (!matcher_group(m, groups[i].group, &value))
			continue;
		if (read_field(f, groups[i].code, value, &twelve, &pm) == -1)
			return false;
	}
	if (twelve && f->hour == 12)
		f->hour = 0;
	if (twelve && pm)
		f->hour += 12;
	return true;
}

bool
date_read_epoch(struct span text, bool is_long, struct wall *out)
{
	size_t dot = span_chr(text, '.'), i, digits = 6;
	struct span whole = text, part = { NULL, 0 };
	int64_t n, us = 0;

	if (dot != SPAN_NONE) {
		whole = span_sub(text, 0, dot);
		part = span_skip(text, dot + 1);
	}
	if (number_parse(whole, 0, INT64_C(99999999999999999), &n) == -1)
		return false;
	if (is_long && text.n >= 16 && dot == SPAN_NONE) {
		out->us = n;
		return true;
	}
	if (is_long && text.n >= 13) {
		out->us = n * 1000;
		digits = 3;
	} else {
		out->us = n * CLOCK_SECOND;
	}
	for (i = 0; i < digits; i++)
		us = us * 10 + (i < part.n ? part.p[i] - '0' : 0);
	out->us += us;
	return true;
}

bool
date_read_tai64n(struct span text, struct wall *out, int *us)
{
	uint64_t n, ns;

	/* '@', the "4" of 2^62, 15 digits of seconds, 8 of nanoseconds. */
	if (number_parse_hex(span_sub(text, 2, 15), &n) == -1 ||
	    n > (uint64_t)(INT64_MAX / CLOCK_SECOND))
		return false;
	*out = wall_from_seconds((int64_t)n);
	if (number_parse_hex(span_sub(text, 17, 8), &ns) == 0 &&
	    ns < 1000000000)
		*us = (int)(ns / 1000);
	return true;
}
