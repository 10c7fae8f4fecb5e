#include "match/literal_local.h"

#include <string.h>

#define DEPTH_MAX 250

struct reader {
	struct span s;
	size_t i;
	bool nocase;
	bool folded;           /* a k or s was taken in both cases */
	bool failed;           /* something this file does not know */
	int depth;
};

static void alternatives(struct reader *r, struct part *out);

static char
peek(const struct reader *r, size_t ahead)
{
	return r->i + ahead < r->s.n ? r->s.p[r->i + ahead] : '\0';
}

static bool
follows(const struct reader *r, const char *text)
{
	return span_starts(span_skip(r->s, r->i), span_of(text));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* {n}, {n,}, {n,m} at the reader: what it says, or false. */
static bool
braces(struct reader *r, struct times *times)
{
	size_t n = 1;
	bool zero = true;

	while (is_digit(peek(r, n)))
		zero = zero && peek(r, n) == '0', n++;
	if (n > 1 && peek(r, n) == ',')
		for (n++; is_digit(peek(r, n)); n++)
			;
	if (n > 1 && peek(r, n) == '}') {
		times->none = zero;
		times->many = true;
		r->i += n + 1;
		return true;
	}
	/* Text in one version of PCRE2 may be a quantifier in another. */
	while (is_digit(peek(r, n)) || peek(r, n) == ',' || peek(r, n) == ' ')
		n++;
	if (peek(r, n) == '}' && n > 1)
		r->failed = true;
	return false;
}

static struct times
quantifier(struct reader *r)
{
	struct times times = { false, false };

	switch (peek(r, 0)) {
	case '?':
		times.none = true;
		r->i++;
		break;
	case '*':
		times.none = times.many = true;
		r->i++;
		break;
	case '+':
		times.many = true;
		r->i++;
		break;
	case '{':
		if (!braces(r, &times))
			return times;
		break;
	default:
		return times;
	}
	if (peek(r, 0) == '?' || peek(r, 0) == '+')
		r->i++;
	return times;
}

/* --- single things ----------------------------------------------------------- */

static void
byte(struct reader *r, char c, struct part *out)
{
	struct literal *l = &out->run.v[0];

	if ((unsigned char)c >= 0x80 || c == '\n' || c == '\r') {
		out->exact = false;
		return;
	}
	l->n = 1;
	l->text[0] = c;
	if (r->nocase && is_letter(c)) {
		part_fold(l);
		if (l->text[0] == 'k' || l->text[0] == 's')
			r->folded = true;
	}
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x41" or "\x{41}"; the reader stands behind the x. */
static void
hex(struct reader *r, struct part *out)
{
	bool braced = peek(r, 0) == '{';
	unsigned value = 0, digits = 0;

	r->i += braced;
	while (hex_digit(peek(r, 0)) >= 0 && (braced ? digits < 8 :
	    digits < 2)) {
		value = value * 16 + (unsigned)hex_digit(peek(r, 0));
		digits++;
		r->i++;
	}
	if (braced && peek(r, 0) != '}')
		r->failed = true;
	r->i += braced;
	if (value < 0x80)
		byte(r, (char)value, out);
	else
		out->exact = false;
}

/* True: it stands for a place, not for text. */
static bool
escape(struct reader *r, struct part *out)
{
	char c = peek(r, 1);

	r->i += 2;
	if (strchr("bBAzZ", c) != NULL && c != '\0')
		return true;
	if (strchr("adDwWsSnrfvhHR", c) != NULL && c != '\0') {
		out->exact = false;
	} else if (c == 't') {
		byte(r, '\t', out);
	} else if (c == 'x') {
		hex(r, out);
	} else if (is_digit(c)) {
		/* A reference, or octal: text nobody writes. */
		while (is_digit(peek(r, 0)))
			r->i++;
		out->exact = false;
	} else if (is_letter(c) || r->i > r->s.n) {
		r->failed = true;
	} else {
		byte(r, c, out);
	}
	return false;
}

/* "[aA]" is exact; a set with ranges, classes or "^" may be anything. */
static void
set(struct reader *r, struct part *out)
{
	bool plain = peek(r, 1) != '^';
	struct literals members = { 0 };
	struct part one;

	r->i += plain ? 1 : 2;
	do {
		part_start(&one);
		if (peek(r, 0) == '\\') {
			plain = !escape(r, &one) && plain;
		} else {
			plain = plain && peek(r, 0) != '-';
			if (peek(r, 0) == '[' && (peek(r, 1) == ':' ||
			    peek(r, 1) == '.' || peek(r, 1) == '='))
				r->failed = true;
			byte(r, peek(r, 0), &one);
			r->i++;
		}
		plain = plain && one.exact && members.n < 4 &&
		    part_join(&members, &one.run);
	} while (r->i < r->s.n && peek(r, 0) != ']' && !r->failed);
	r->i++;
	if (plain)
		out->run = members;
	else
		out->exact = false;
}

/* --- groups --------------------------------------------------------------- */

static void
close_group(struct reader *r)
{
	if (peek(r, 0) != ')')
		r->failed = true;
	r->i++;
}

static void
inside(struct reader *r, size_t skip, struct part *out)
{
	bool nocase = r->nocase;

	r->i += skip;
	alternatives(r, out);
	r->nocase = nocase;
	close_group(r);
}

/* Read, but its text stands elsewhere or nowhere. */
static void
look_around(struct reader *r, size_t skip)
{
	struct part unused;

	inside(r, skip, &unused);
}

/* "(?i)", "(?i-s:…)"; the reader stands at the "(". True: no group. */
static bool
flags(struct reader *r, struct part *out)
{
	bool nocase = r->nocase, on = true;
	size_t n = 2;
	char c;

	for (; (c = peek(r, n)) != ')' && c != ':'; n++) {
		if (c == '-')
			on = false;
		else if (c == 'i')
			nocase = on;
		else if (c != 's' && c != 'm')
			r->failed = true;    /* x: blanks mean nothing */
		if (r->failed)
			return true;
	}
	if (c == ')') {
		r->nocase = nocase;
		r->i += n + 1;
		return true;
	}
	on = r->nocase;
	r->nocase = nocase;
	inside(r, n + 1, out);
	r->nocase = on;
	return false;
}

/*
 * "(?(1)a|b)", "(?(<name>)a)": a missing second branch is empty, so it is read
 * as if there were an empty one.
 */
static void
condition(struct reader *r, struct part *out)
{
	struct part empty;
	struct literals all;
	size_t end = span_chr(span_skip(r->s, r->i), ')');

	if (peek(r, 3) == '?' || peek(r, 3) == '*' || end == SPAN_NONE) {
		r->failed = true;
		return;
	}
	inside(r, end + 1, out);
	part_start(&empty);
	all = out->run;
	if (out->exact && part_join(&all, &empty.run)) {
		out->run = all;
	} else {
		out->exact = false;
		out->score = 0;
	}
}

/* "(?P<name>…": what to skip before the inside. */
static size_t
name_length(const struct reader *r)
{
	size_t end = span_chr(span_skip(r->s, r->i), '>');

	return end == SPAN_NONE ? 0 : end + 1;
}

/* True: it stands for a place, not for text. */
static bool
group(struct reader *r, struct part *out)
{
	if (peek(r, 1) == '*') {
		r->failed = true;
		return true;
	}
	if (peek(r, 1) != '?') {
		inside(r, 1, out);
	} else if (follows(r, "(?:") || follows(r, "(?>")) {
		inside(r, 3, out);
	} else if (follows(r, "(?=") || follows(r, "(?!")) {
		look_around(r, 3);
		return true;
	} else if (follows(r, "(?<=") || follows(r, "(?<!")) {
		look_around(r, 4);
		return true;
	} else if (follows(r, "(?P<") || follows(r, "(?<")) {
		inside(r, name_length(r), out);
	} else if (follows(r, "(?P=")) {
		r->i += span_chr(span_skip(r->s, r->i), ')');
		close_group(r);
		out->exact = false;
	} else if (follows(r, "(?(")) {
		condition(r, out);
	} else if (is_letter(peek(r, 2)) || peek(r, 2) == '-') {
		return flags(r, out);
	} else {
		r->failed = true;
	}
	return false;
}

/* The thing at the reader. True: it stands for a place, not for text. */
static bool
atom(struct reader *r, struct part *out)
{
	char c = peek(r, 0);

	part_start(out);
	switch (c) {
	case '(':
		return group(r, out);
	case '[':
		set(r, out);
		return false;
	case '\\':
		return escape(r, out);
	case '^':
	case '$':
		r->i++;
		return true;
	case '.':
		r->i++;
		out->exact = false;
		return false;
	default:
		byte(r, c, out);
		/* A quantifier is of the character, not of its last byte. */
		do
			r->i++;
		while (((unsigned char)peek(r, 0) & 0xc0) == 0x80);
		return false;
	}
}

static void
sequence(struct reader *r, struct part *out)
{
	struct part one;
	struct times times;
	bool place;

	part_start(out);
	while (r->i < r->s.n && peek(r, 0) != '|' && peek(r, 0) != ')' &&
	    !r->failed) {
		place = atom(r, &one);
		times = quantifier(r);
		if (!place)
			part_follow(out, &one, times);
	}
}

static void
alternatives(struct reader *r, struct part *out)
{
	struct part next;

	if (++r->depth > DEPTH_MAX)
		r->failed = true;
	sequence(r, out);
	/* What follows the last unknown thing counts as well. */
	if (!out->exact)
		part_interrupt(out);
	while (peek(r, 0) == '|' && r->i < r->s.n && !r->failed) {
		r->i++;
		sequence(r, &next);
		if (!next.exact)
			part_interrupt(&next);
		part_branch(out, &next);
	}
	r->depth--;
}

bool
literal_read(struct span pattern, struct literals *out)
{
	struct reader r = { .s = pattern };
	struct part whole;

	alternatives(&r, &whole);
	if (r.failed || r.i < pattern.n)
		return false;
	if (whole.exact)
		part_interrupt(&whole);
	if (whole.score == 0)
		return false;
	*out = whole.best;
	out->score = whole.score;
	out->ascii_only = r.folded;
	return true;
}
