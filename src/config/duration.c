#include "config/duration.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define DEPTH_MAX 32        /* brackets and signs within each other */
#define LENGTH_MAX 1024

struct cursor {
	struct span s;
	size_t at;
	unsigned depth;
};

static const struct unit {
	const char *full;       /* with or without a final "s" */
	const char *shorts[3];
	double seconds;
} units[] = {
	{ "second", { "s", "ss", "se" }, 1 },
	{ "minute", { "m", "mm", "mi" }, 60 },
	{ "hour", { "h", "hh", "ho" }, 3600 },
	{ "day", { "d", "dd", "da" }, 86400 },
	{ "week", { "w", "ww", "we" }, 604800 },
	{ "month", { "mo", "mon", "mon" }, 2629800 },
	{ "year", { "y", "yy", "ye" }, 31557600 },
	/* Three letters of the ones that have such a form. */
	{ "", { "sec", "sec", "sec" }, 1 },
	{ "", { "min", "min", "min" }, 60 },
	{ "", { "hou", "hou", "hou" }, 3600 },
	{ "", { "wee", "wee", "wee" }, 604800 },
	{ "", { "yea", "yea", "yea" }, 31557600 },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
peek(const struct cursor *c)
{
	return c->at < c->s.n ? c->s.p[c->at] : '\0';
}

static void
skip_blanks(struct cursor *c)
{
	while (c->at < c->s.n && is_blank(c->s.p[c->at]))
		c->at++;
}

static int parse_sum(struct cursor *c, double *v);

/* Python takes no leading zero in a whole number, except in zero itself. */
static int
parse_number(struct cursor *c, double *v)
{
	size_t start = c->at, dots = 0;
	char text[LENGTH_MAX + 1];
	size_t n;
	bool nonzero = false;

	while (is_digit(peek(c)) || peek(c) == '.') {
		dots += peek(c) == '.';
		nonzero |= peek(c) >= '1';
		c->at++;
	}
	n = c->at - start;
	if (n == dots || dots > 1 ||
	    (dots == 0 && n > 1 && c->s.p[start] == '0' && nonzero))
		return -1;
	for (size_t i = 0; i < n; i++)
		text[i] = c->s.p[start + i];
	text[n] = '\0';
	*v = strtod(text, NULL);
	return 0;
}

static int
parse_factor(struct cursor *c, double *v)
{
	int result = -1;

	skip_blanks(c);
	if (++c->depth > DEPTH_MAX)
		return -1;
	switch (peek(c)) {
	case '+':
	case '-': {
		bool minus = peek(c) == '-';

		c->at++;
		result = parse_factor(c, v);
		if (minus)
			*v = -*v;
		break;
	}
	case '(':
		c->at++;
		result = parse_sum(c, v);
		skip_blanks(c);
		if (peek(c) != ')')
			result = -1;
		c->at++;
		break;
	default:
		result = parse_number(c, v);
	}
	c->depth--;
	return result;
}

static double
unit_seconds(struct span word)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const struct unit *u = &units[i];
		struct span full = span_of(u->full), stem = word;

		for (size_t k = 0; k < 3; k++)
			if (span_eq_nocase(word, span_of(u->shorts[k])))
				return u->seconds;
		if (word.n == full.n + 1 &&
		    (word.p[full.n] == 's' || word.p[full.n] == 'S'))
			stem = span_sub(word, 0, full.n);
		if (full.n > 0 && span_eq_nocase(stem, full))
			return u->seconds;
	}
	return 0;
}

/* A unit stands behind a digit or a blank, never behind ')'. */
static int
parse_unit(struct cursor *c, double *v)
{
	size_t start = c->at, end = start;
	double seconds;

	while (end < c->s.n && is_letter(c->s.p[end]))
		end++;
	if (start == 0 || !(is_digit(c->s.p[start - 1]) ||
		is_blank(c->s.p[start - 1]) || c->s.p[start - 1] == '.'))
		return -1;
	seconds = unit_seconds(span_sub(c->s, start, end - start));
	if (seconds == 0)
		return -1;
	*v *= seconds;
	c->at = end;
	return 0;
}

static int
parse_product(struct cursor *c, double *v)
{
	double right;

	if (parse_factor(c, v) != 0)
		return -1;
	for (;;) {
		char op;

		skip_blanks(c);
		op = peek(c);
		if (is_letter(op)) {
			if (parse_unit(c, v) != 0)
				return -1;
			continue;
		}
		if (op != '*' && op != '/')
			return 0;
		c->at++;
		if (parse_factor(c, &right) != 0 || (op == '/' && right == 0))
			return -1;
		*v = op == '*' ? *v * right : *v / right;
	}
}

/* "1d 12h", "1h30": two terms side by side are a sum. */
static bool
beside(const struct cursor *c)
{
	size_t at = c->at;

	if (!is_digit(peek(c)))
		return false;
	while (at > 0 && is_blank(c->s.p[at - 1]))
		at--;
	return at > 0 &&
	    (is_digit(c->s.p[at - 1]) || is_letter(c->s.p[at - 1]));
}

static int
parse_sum(struct cursor *c, double *v)
{
	double right;

	if (parse_product(c, v) != 0)
		return -1;
	for (;;) {
		bool minus;

		skip_blanks(c);
		minus = peek(c) == '-';
		if (minus || peek(c) == '+')
			c->at++;
		else if (!beside(c))
			return 0;
		if (parse_product(c, &right) != 0)
			return -1;
		*v += minus ? -right : right;
	}
}

int
duration_parse(struct span text, double *seconds)
{
	struct cursor c = { .s = text };
	double v;

	errno = EINVAL;
	if (text.n > LENGTH_MAX || parse_sum(&c, &v) != 0 || c.at != text.n)
		return -1;
	if (!isfinite(v) || fabs(v) > DURATION_MAX) {
		errno = ERANGE;
		return -1;
	}
	*seconds = v;
	return 0;
}
