#include "match/literal.h"

#include <string.h>

#define DEPTH_MAX 250
#define SCORE_FULL 60

/*
 * Works as a compiler of regexes would, but with sets of texts. `run` is what
 * stands, byte by byte, right before the place that is being read: every way
 * to get there ends in one of its texts. Where that becomes unknown ("." or
 * too many ways) the run is a candidate, and the best candidate is kept. An
 * empty run (one text of no bytes) says nothing.
 */
struct part {
	struct literals run;
	struct literals best;
	int score;             /* of best; 0: none */
	bool exact;            /* run is all there is: nothing was unknown */
};

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

/* --- sets ------------------------------------------------------------------ */

static void
nothing(struct literals *set)
{
	set->n = 1;
	set->v[0] = (struct literal){ 0 };
}

static void
start(struct part *p)
{
	nothing(&p->run);
	p->best.n = 0;
	p->score = 0;
	p->exact = true;
}

static bool
same(const struct literal *a, const struct literal *b)
{
	return a->n == b->n && a->nocase == b->nocase &&
	    memcmp(a->text, b->text, a->n) == 0;
}

/* False: no room. */
static bool
set_add(struct literals *set, const struct literal *l)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (same(&set->v[i], l))
			return true;
	if (set->n == LITERAL_SET_MAX)
		return false;
	set->v[set->n++] = *l;
	return true;
}

static bool
set_join(struct literals *set, const struct literals *more)
{
	size_t i;

	for (i = 0; i < more->n; i++)
		if (!set_add(set, &more->v[i]))
			return false;
	return true;
}

static void
fold(struct literal *l)
{
	size_t i;

	l->nocase = true;
	for (i = 0; i < l->n; i++)
		l->text[i] = lower(l->text[i]);
}

/* False: too long. Both in any case if one of them is. */
static bool
append(struct literal *l, const struct literal *tail)
{
	if (l->n + tail->n > (int)LITERAL_MAX)
		return false;
	memcpy(l->text + l->n, tail->text, tail->n);
	l->n = (unsigned char)(l->n + tail->n);
	if (l->nocase || tail->nocase)
		fold(l);
	return true;
}

/* Every text of a followed by every one of b. */
static bool
set_cross(const struct literals *a, const struct literals *b,
    struct literals *out)
{
	struct literal l;
	size_t i, k;

	out->n = 0;
	for (i = 0; i < a->n; i++) {
		for (k = 0; k < b->n; k++) {
			l = a->v[i];
			if (!append(&l, &b->v[k]) || !set_add(out, &l))
				return false;
		}
	}
	return true;
}

/* What half the lines of some log hold, whatever its letters. */
static bool
is_common(struct span text)
{
	static const char *const words[] = {
		" from ", " for user ", " user=", " user: ", " port ",
		" client ", " server ", " connection ", "session", " login ",
		" rip=", " lip=", " user=<",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_find(span_of(words[i]), text) != SPAN_NONE)
			return true;
	return false;
}

int
literal_rarity(struct span text)
{
	int bits = 0;
	size_t i;
	char c;

	for (i = 0; i < text.n; i++) {
		c = text.p[i];
		if (c == ' ')
			bits += 2;
		else if (is_digit(c))
			bits += 3;
		else if (memchr("etaoinsr", c, 8) != NULL)
			bits += 4;
		else
			bits += 6;
	}
	return bits;
}

static int
set_score(const struct literals *set)
{
	int score = SCORE_FULL + 1, bits;
	struct span text;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->v[i].n < LITERAL_MIN)
			return 0;
		text = span_from(set->v[i].text, set->v[i].n);
		bits = is_common(text) ? 1 : literal_rarity(text);
		if (bits < score)
			score = bits;
	}
	score -= (int)set->n / 2;
	return score > 0 ? score : 1;
}

static void
candidate(struct part *p, const struct literals *set)
{
	int score = set->n > 0 ? set_score(set) : 0;

	/* Expressions begin with what many lines have, the daemon's name. */
	if (score > 0 && score + score / 4 >= p->score) {
		p->best = *set;
		p->score = score;
	}
}

/* What comes next is unknown. */
static void
interrupt(struct part *p)
{
	candidate(p, &p->run);
	nothing(&p->run);
	p->exact = false;
}

/* --- one thing behind another -------------------------------------------- */

struct times {
	bool none;             /* may be left out */
	bool many;             /* may come more than once */
};

static void
follow_exact(struct part *p, const struct part *atom, struct times times)
{
	struct literals set = atom->run, joined;
	struct literal empty = { 0 };

	if (times.many && times.none) {
		interrupt(p);
		return;
	}
	if (times.none && !set_add(&set, &empty)) {
		interrupt(p);
		return;
	}
	if (set_cross(&p->run, &set, &joined)) {
		p->run = joined;
	} else {
		interrupt(p);
		p->run = set;
	}
	/* "ab+c": both "ab" and "bc" are in it, but not "abc". */
	if (times.many) {
		interrupt(p);
		p->run = set;
	}
}

static void
follow(struct part *p, const struct part *atom, struct times times)
{
	if (atom->exact) {
		follow_exact(p, atom, times);
		return;
	}
	interrupt(p);
	if (!times.none && atom->score > 0)
		candidate(p, &atom->best);
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
		fold(l);
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
		start(&one);
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
		    set_join(&members, &one.run);
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
	start(&empty);
	all = out->run;
	if (out->exact && set_join(&all, &empty.run)) {
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

	start(out);
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

	start(out);
	while (r->i < r->s.n && peek(r, 0) != '|' && peek(r, 0) != ')' &&
	    !r->failed) {
		place = atom(r, &one);
		times = quantifier(r);
		if (!place)
			follow(out, &one, times);
	}
}

/* One more branch: what all of them have in common gets less. */
static void
branch(struct part *out, struct part *next)
{
	struct literals all = out->run;

	if (out->exact && next->exact && set_join(&all, &next->run)) {
		out->run = all;
		return;
	}
	candidate(out, &out->run);
	candidate(next, &next->run);
	out->exact = false;
	if (out->score > 0 && next->score > 0 &&
	    set_join(&out->best, &next->best))
		out->score = set_score(&out->best);
	else
		out->score = 0;
	nothing(&out->run);
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
		interrupt(out);
	while (peek(r, 0) == '|' && r->i < r->s.n && !r->failed) {
		r->i++;
		sequence(r, &next);
		if (!next.exact)
			interrupt(&next);
		branch(out, &next);
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
		interrupt(&whole);
	if (whole.score == 0)
		return false;
	*out = whole.best;
	out->score = whole.score;
	out->ascii_only = r.folded;
	return true;
}

static bool
same_text(const struct literal *a, const char *p)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->text[i] != (a->nocase ? lower(p[i]) : p[i]))
			return false;
	return true;
}

bool
literal_covers(const struct literal *a, const struct literal *b)
{
	size_t i;

	if (b->nocase && !a->nocase)
		return false;
	for (i = 0; i + a->n <= b->n; i++)
		if (same_text(a, b->text + i))
			return true;
	return false;
}
