#include <stdio.h>
#include <string.h>
#include <time.h>

#include "match/date_template.h"

#define DAYS "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
#define DAYS3 "mon|tue|wed|thu|fri|sat|sun"
#define MONTHS "january|february|march|april|may|june|july|august|" \
	"september|october|november|december"
#define MONTHS3 "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
#define OFFSET "[+-][01][0-9](?::?[0-9]{2})?"
#define ABBREVIATION "[A-Z](?:[A-Z]{2,4})?"

/*
 * The codes. The longer come first, for "%ExY" must not be read as "%E".
 * Which reading of an ambiguous text is tried first decides what is cut, so
 * the order within an expression matters. Group "Y" of %ExY is made below.
 */
static const struct code {
	const char *code;
	const char *name;
	const char *regex;
	bool letters;      /* makes the whole pattern blind to case */
} codes[] = {
	{ "ExY", "ExYear", NULL, false },
	{ "Exy", "ExYear2", "(?P<y>[0-9]{2})", false },
	{ "Exm", "ExMonth", "(?P<m>0[1-9]|1[012])", false },
	{ "Exd", "ExDay", "(?P<d>[12][0-9]|0[1-9]|3[01])", false },
	{ "ExH", "Ex24hour", "(?P<H>[01][0-9]|2[0-3])", false },
	{ "ExM", "ExMinute", "(?P<M>[0-5][0-9])", false },
	{ "ExS", "ExSecond", "(?P<S>[0-5][0-9]|6[01])", false },
	{ "Exk", "%Exk", " ?(?P<H>[01]?[0-9]|2[0-3])", false },
	{ "Exl", "%Exl", " ?(?P<I>1[012]|[0-9])", false },
	{ "Exz", "ExZone offset", "(?P<z>(?:" ABBREVIATION ")?" OFFSET "|"
	    ABBREVIATION ")", false },
	{ "ExZ", "ExZone name", "(?P<Z>" ABBREVIATION ")", false },
	{ "a", "DAY", "(?P<a>" DAYS3 ")", true },
	{ "A", "DAYNAME", "(?P<A>" DAYS ")", true },
	{ "b", "MON", "(?P<b>" MONTHS3 ")", true },
	{ "B", "MONTH", "(?P<B>" MONTHS ")", true },
	{ "d", "Day", "(?P<d>[12][0-9]|[0 ]?[1-9]|3[01])", false },
	{ "f", "Microseconds", "(?P<f>[0-9]{1,6})", false },
	{ "H", "24hour", "(?P<H>[01]?[0-9]|2[0-3])", false },
	{ "I", "12hour", "(?P<I>1[012]|0[1-9]|[1-9])", false },
	{ "j", "Yearday", "(?P<j>36[0-6]|3[0-5][0-9]|[12][0-9]{2}|"
	    "0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9])", false },
	{ "k", "%k", " ?(?P<H>[012]?[0-9])", false },
	{ "l", "%l", " ?(?P<I>1?[0-9])", false },
	{ "m", "Month", "(?P<m>0?[1-9]|1[012])", false },
	{ "M", "Minute", "(?P<M>[0-5]?[0-9])", false },
	{ "p", "AMPM", "(?P<p>[ap]m)", true },
	{ "S", "Second", "(?P<S>[0-5]?[0-9]|6[01])", false },
	{ "U", "Yearweek", "(?P<U>5[0-3]|[0-4][0-9]|[0-9])", false },
	{ "w", "Weekday", "(?P<w>[0-6])", false },
	{ "W", "Yearweek", "(?P<W>5[0-3]|[0-4][0-9]|[0-9])", false },
	{ "y", "Year2", "(?P<y>[0-9]{2})", false },
	{ "Y", "Year", "(?P<Y>[0-9]{4})", false },
	{ "z", "Zone offset", "(?P<z>Z|UTC|GMT|" OFFSET ")", false },
	{ "Z", "Zone name", "(?P<Z>Z|[A-Z]{3,5})", false },
	{ "%", "%", "%", false },
};

static const struct code *
code_at(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (span_starts(s, span_of(codes[i].code)))
			return &codes[i];
	return NULL;
}

/*
 * Years from 2000 to the end of the decade that is three years ahead, by the
 * machine's own clock: a frozen one may stand years before the log.
 */
static void
add_century(struct buf *out)
{
	time_t now = time(NULL);
	struct tm tm;
	int year;

	localtime_r(&now, &tm);
	year = tm.tm_year + 1900 + 3;
	if (year >= 2000 && year < 2100)
		buf_addf(out, "(?P<Y>20[0-%d][0-9])", year / 10 % 10);
	else
		buf_adds(out, "(?P<Y>[12][0-9]{3})");
}

/* Codes to their expressions. 0, or -1 for a code there is none for. */
static int
expand(struct span pattern, struct buf *regex, struct buf *name,
    bool *letters, struct regex_error *error)
{
	const struct code *code;
	size_t i = 0;

	while (i < pattern.n) {
		if (pattern.p[i] != '%') {
			buf_addc(regex, pattern.p[i]);
			buf_addc(name, pattern.p[i]);
			i++;
			continue;
		}
		code = code_at(span_skip(pattern, i + 1));
		if (code == NULL) {
			error->offset = i;
			snprintf(error->text, sizeof(error->text),
			    "unknown or unsupported date code (a literal "
			    "percent sign is %%%%)");
			return -1;
		}
		if (code->regex == NULL)
			add_century(regex);
		else
			buf_adds(regex, code->regex);
		buf_adds(name, code->name);
		*letters = *letters || code->letters;
		i += 1 + strlen(code->code);
	}
	return 0;
}

static char
at(struct span s, size_t i)
{
	return i < s.n ? s.p[i] : '\0';
}

/* A plain group "(…)", which then says itself what is cut? */
static bool
has_group(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '(' || at(s, i + 1) == '?')
			continue;
		if (i > 0 && s.p[i - 1] == '\\')
			continue;
		if (i > 1 && s.p[i - 1] == '?' && s.p[i - 2] == '(')
			continue;
		return true;
	}
	return false;
}

static size_t
open_parens(struct span s)
{
	size_t n = 0;

	while (at(s, n) == '(')
		n++;
	return n;
}

/* Starts with ^ or ** already, whatever groups are opened before it. */
static bool
guarded_begin(struct span s)
{
	size_t n = open_parens(s);
	struct span rest = span_skip(s, n);

	return span_starts(rest, SPAN("^")) || span_starts(rest, SPAN("**")) ||
	    (n > 0 && span_starts(rest, SPAN("?:^")));
}

static bool
escaped(struct span s, size_t i)
{
	return i > 0 && s.p[i - 1] == '\\';
}

/* Where the "**" stands that ends s but for closing parentheses. */
static size_t
stars_end(struct span s)
{
	size_t n = s.n;

	while (n > 0 && s.p[n - 1] == ')')
		n--;
	if (n < 2 || s.p[n - 1] != '*' || s.p[n - 2] != '*' ||
	    escaped(s, n - 2))
		return SPAN_NONE;
	return n - 2;
}

static bool
guarded_end(struct span s)
{
	size_t n = s.n;

	if (stars_end(s) != SPAN_NONE)
		return true;
	if (span_ends(s, SPAN("$)")))
		n--;
	if (n > 0 && s.p[n - 1] == '$')
		return !escaped(s, n - 1);
	if (span_ends(s, SPAN("\\b")) || span_ends(s, SPAN("\\s")))
		return !escaped(s, s.n - 2);
	return false;
}

/* The whole between ^ and $ becomes group 1. */
static void
add_grouped(struct buf *out, struct span s)
{
	bool caret = at(s, 0) == '^';
	bool dollar;

	if (caret) {
		buf_addc(out, '^');
		s = span_skip(s, 1);
	}
	dollar = s.n > 0 && s.p[s.n - 1] == '$' && !escaped(s, s.n - 1);
	buf_addc(out, '(');
	buf_add_span(out, span_sub(s, 0, s.n - (dollar ? 1 : 0)));
	buf_addc(out, ')');
	if (dollar)
		buf_addc(out, '$');
}

static bool
line_begin(struct span s)
{
	if (at(s, 0) == '^')
		return true;
	if (span_starts(s, SPAN("(^")))
		return at(s, 2) != '|';
	return span_starts(s, SPAN("(?:^")) && at(s, 4) != '|';
}

static bool
line_end(struct span s)
{
	size_t n = s.n;
	char before;

	if (span_ends(s, SPAN("$)")))
		n--;
	if (n == 0 || s.p[n - 1] != '$')
		return false;
	before = n > 1 ? s.p[n - 2] : '\0';
	return before != '\\' && before != '|';
}

static void
drop_two(struct buf *b, size_t i)
{
	memmove(b->p + i, b->p + i + 2, b->n - i - 2 + 1);
	b->n -= 2;
}

static void
drop_stars(struct buf *regex)
{
	size_t n = open_parens(buf_span(regex)), end;

	if (span_starts(span_skip(buf_span(regex), n), SPAN("**")))
		drop_two(regex, n);
	end = stars_end(buf_span(regex));
	if (end != SPAN_NONE)
		drop_two(regex, end);
}

void
date_pattern_guard(struct span regex, enum date_begin begin, bool word_end,
    struct date_pattern *out)
{
	bool guard_begin, guard_end;

	regex = span_trim(regex);
	guard_begin = begin != DATE_BEGIN_FREE && !guarded_begin(regex);
	guard_end = word_end && !guarded_end(regex);
	if (guard_begin)
		buf_adds(&out->regex, begin == DATE_BEGIN_LINE ?
		    "^(?:\\W{0,2})?" : "(?=^|\\b|\\W)");
	if (has_group(regex))
		buf_add_span(&out->regex, regex);
	else
		add_grouped(&out->regex, regex);
	if (guard_end)
		buf_adds(&out->regex, "(?=\\b|\\W|$)");
	out->line_begin = line_begin(buf_span(&out->regex));
	out->line_end = line_end(buf_span(&out->regex));
	drop_stars(&out->regex);
}

int
date_pattern_build(struct span pattern, struct date_pattern *out,
    struct regex_error *error)
{
	enum date_begin begin = DATE_BEGIN_WORD;
	struct buf regex = { 0 }, flagged = { 0 };
	bool word_end = true, letters = false;
	size_t skip = 0;
	int rc;

	if (span_starts(pattern, SPAN("{UNB}"))) {
		skip = 5;
		begin = DATE_BEGIN_FREE;
		word_end = false;
	} else if (span_starts(pattern, SPAN("{^LN-BEG}"))) {
		skip = 9;
		begin = DATE_BEGIN_LINE;
		buf_adds(&out->name, "{^LN-BEG}");
	}
	rc = expand(span_skip(pattern, skip), &regex, &out->name, &letters,
	    error);
	if (rc == 0) {
		date_pattern_guard(buf_span(&regex), begin, word_end, out);
		if (letters) {
			buf_adds(&flagged, "(?i)");
			buf_add_span(&flagged, buf_span(&out->regex));
			buf_fini(&out->regex);
			out->regex = flagged;
		}
	} else {
		error->offset += skip;
	}
	buf_fini(&regex);
	return rc;
}

void
date_pattern_fini(struct date_pattern *p)
{
	buf_fini(&p->regex);
	buf_fini(&p->name);
}
