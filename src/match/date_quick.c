#include <string.h>

#include "match/date_template.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Two digits, or -1. */
static int
two(const char *p)
{
	return is_digit(p[0]) && is_digit(p[1]) ?
	    (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

/* Ends a word for sure, in ASCII. */
static bool
ends_word(struct span line, size_t i)
{
	unsigned char c;

	if (i >= line.n)
		return true;
	c = (unsigned char)line.p[i];
	return c < 0x80 && c != '_' && !is_digit((char)c) &&
	    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* "HH:MM:SS" within bounds that every template accepts. */
static bool
clock_time(const char *p, struct date_fields *f)
{
	f->hour = two(p);
	f->minute = two(p + 3);
	f->second = two(p + 6);
	return p[2] == ':' && p[5] == ':' && f->hour >= 0 && f->hour <= 23 &&
	    f->minute >= 0 && f->minute <= 59 && f->second >= 0 &&
	    f->second <= 59;
}

static void
found(struct date_match *match, size_t end)
{
	match->start = match->cut_start = 0;
	match->end = match->cut_end = end;
	match->looked = 0;
	match->epoch = false;
	match->readable = true;
}

/*
 * ".ffffff" at i; false when what stands there could be read in more than
 * one way.
 */
static bool
fraction(struct span line, size_t *i, int *us)
{
	size_t n = *i + 1;
	int unit = 100000;

	if (*i >= line.n || (line.p[*i] != '.' && line.p[*i] != ','))
		return true;
	for (; n < line.n && is_digit(line.p[n]); n++, unit /= 10)
		*us += (line.p[n] - '0') * unit;
	if (n == *i + 1 || n > *i + 7)
		return false;
	*i = n;
	return true;
}

/*
 * "Z", "+hhmm" or "+hh:mm" at i, or surely no zone. *looked is set to behind
 * the bytes that said so.
 */
static bool
zone(struct span line, size_t *i, struct date_fields *f, size_t *looked)
{
	struct span rest = span_skip(line, *i), text;
	size_t n;

	*looked = 0;
	if (rest.n == 0)
		return true;
	if (rest.p[0] == 'Z') {
		f->zoned = true;
		f->zone = 0;
		*i += 1;
		*looked = *i + 1;
		return ends_word(line, *i);
	}
	if (rest.p[0] == '+' || rest.p[0] == '-') {
		n = rest.n > 3 && rest.p[3] == ':' ? 6 : 5;
		text = span_sub(rest, 0, n);
		if (text.n != n || date_zone_parse(text, &f->zone) == -1)
			return false;
		f->zoned = true;
		*i += n;
		*looked = *i + 1;
		return ends_word(line, *i);
	}
	/* A zone may follow after blanks; words may begin like one. */
	for (n = 0; n < rest.n && rest.p[n] == ' '; n++)
		;
	if (n < rest.n && (strchr("ZUG+-", rest.p[n]) != NULL ||
	    (unsigned char)rest.p[n] <= ' ' ||
	    (unsigned char)rest.p[n] >= 0x80))
		return false;
	*looked = *i + n + 1;
	return ends_word(line, *i);
}

bool
date_quick_iso(struct span line, struct date_match *match)
{
	struct date_fields *f = &match->fields;
	const char *p = line.p;
	size_t i = 19, looked;
	int decade;

	if (line.n < 19 || p[0] != '2' || p[1] != '0')
		return false;
	*f = DATE_FIELDS_NONE;
	decade = two(p + 2);
	f->month = two(p + 5);
	f->day = two(p + 8);
	/* Up to 2029 is inside %ExY whatever the year is now. */
	if (decade < 0 || decade > 29 || p[4] != p[7] ||
	    (p[4] != '-' && p[4] != '/' && p[4] != '.') ||
	    f->month < 1 || f->month > 12 || f->day < 1 || f->day > 31 ||
	    (p[10] != 'T' && p[10] != ' ') || !clock_time(p + 11, f))
		return false;
	f->year = 2000 + decade;
	if (!fraction(line, &i, &f->us) || !zone(line, &i, f, &looked))
		return false;
	found(match, i);
	match->looked = looked;
	return true;
}

static int
month_of(const char *p)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	char low[3];
	int i;

	for (i = 0; i < 3; i++)
		low[i] = (char)(p[i] | 0x20);
	for (i = 0; i < 12; i++)
		if (memcmp(low, names + 3 * i, 3) == 0)
			return i + 1;
	return 0;
}

bool
date_quick_syslog(struct span line, struct date_match *match)
{
	struct date_fields *f = &match->fields;
	const char *p = line.p;

	if (line.n < 16 || p[3] != ' ' || p[6] != ' ')
		return false;
	*f = DATE_FIELDS_NONE;
	f->month = month_of(p);
	f->day = p[4] == ' ' && is_digit(p[5]) ? p[5] - '0' : two(p + 4);
	if (f->month == 0 || f->day < 1 || f->day > 31 ||
	    !clock_time(p + 7, f))
		return false;
	/* A fraction or a year behind it: the template looks closer. */
	if (p[15] == '.' || !ends_word(line, 15) ||
	    (p[15] == ' ' && line.n > 16 && is_digit(p[16])))
		return false;
	found(match, 15);
	match->looked = 17;
	return true;
}
