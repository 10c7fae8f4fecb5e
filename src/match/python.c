#include "match/python_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"

#define REPEAT_MAX INT64_C(4294967294)

int
python_refuse(struct translator *t, size_t at, const char *text)
{
	t->error->offset = at;
	t->error->text = text;
	errno = EINVAL;
	return -1;
}

void
python_copy(struct translator *t, size_t n)
{
	mapped_copy(t->out, t->s.p + t->i, n, t->i);
	t->i += n;
}

void
python_replace(struct translator *t, struct span text, size_t n)
{
	mapped_put(t->out, text, t->i);
	t->i += n;
}

void
python_character(struct translator *t, unsigned code, size_t n)
{
	struct buf text = { 0 };

	buf_addf(&text, "\\x{%x}", code);
	python_replace(t, buf_span(&text), n);
	buf_fini(&text);
}

static bool
is_name(char c)
{
	return python_is_letter(c) || python_is_digit(c) || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* The name that starts `ahead`; empty when `end` does not follow it. */
static struct span
name_at(const struct translator *t, size_t ahead, char end)
{
	size_t n = 0;

	while (is_name(python_peek(t, ahead + n)))
		n++;
	if (python_peek(t, ahead + n) != end ||
	    python_is_digit(python_peek(t, ahead)))
		n = 0;
	return span_sub(t->s, t->i + ahead, n);
}

static unsigned
find_name(const struct translator *t, struct span name)
{
	unsigned i;

	for (i = t->groups; i > 0; i--)
		if (span_eq(t->names[i], name))
			break;
	return i;
}

/* --- groups ---------------------------------------------------------------- */

static int
push(struct translator *t, bool captures, struct span name)
{
	if (t->depth == PYTHON_DEPTH_MAX)
		return python_refuse(t, t->i, "parentheses too deep");
	if (captures && t->groups == PYTHON_GROUPS_MAX)
		return python_refuse(t, t->i, "too many groups");
	t->stack[t->depth].at = t->i;
	t->stack[t->depth].verbose = t->verbose;
	t->stack[t->depth].group = captures ? ++t->groups : 0;
	t->depth++;
	if (captures) {
		t->open[t->groups] = true;
		t->names[t->groups] = name;
	}
	t->last = LAST_NOTHING;
	return 0;
}

static int
pop(struct translator *t)
{
	if (t->depth == 0)
		return python_refuse(t, t->i, "unbalanced parenthesis");
	t->depth--;
	t->verbose = t->stack[t->depth].verbose;
	t->open[t->stack[t->depth].group] = false;
	t->last = LAST_ITEM;
	python_copy(t, 1);
	return 0;
}

/* The letters at t->i + n; those PCRE2 has no word for are left out. */
static size_t
flag_letters(const struct translator *t, size_t n, struct buf *kept)
{
	char c = python_peek(t, n);

	for (; c != '\0' && strchr("imsxu", c) != NULL; c = python_peek(t, n)) {
		if (c != 'u')
			buf_addc(kept, c);
		n++;
	}
	return n;
}

/* Without x: blanks and comments are gone already. */
static void
put_flags(struct translator *t, const struct buf *letters, size_t at)
{
	size_t i;

	for (i = 0; i < letters->n; i++)
		if (letters->p[i] != 'x')
			mapped_put(t->out, span_from(letters->p + i, 1), at);
}

static int
open_flags(struct translator *t, const struct buf *on, const struct buf *off,
    size_t n)
{
	size_t at = t->i, i;
	bool x_on = span_chr(buf_span(on), 'x') != SPAN_NONE;
	bool x_off = span_chr(buf_span(off), 'x') != SPAN_NONE;

	for (i = 0; i < off->n; i++)
		if (span_chr(buf_span(on), off->p[i]) != SPAN_NONE)
			return python_refuse(t, at + n,
			    "flag turned on and off");
	if (push(t, false, (struct span){ NULL, 0 }) == -1)
		return -1;
	t->verbose = x_on || (t->verbose && !x_off);
	mapped_put(t->out, SPAN("(?"), at);
	put_flags(t, on, at);
	if (off->n > (size_t)x_off)
		mapped_put(t->out, SPAN("-"), at);
	put_flags(t, off, at);
	mapped_put(t->out, SPAN(":"), at);
	t->i += n + 1;
	return 0;
}

static int
global_flags(struct translator *t, const struct buf *on, size_t n)
{
	bool has_x = span_chr(buf_span(on), 'x') != SPAN_NONE;

	if (t->started || n == 2)
		return python_refuse(t, t->i, n == 2 ?
		    "unknown extension or flag" :
		    "global flags not at the start of the expression");
	t->verbose = t->verbose || has_x;
	if (on->n > (size_t)has_x) {
		mapped_put(t->out, SPAN("(?"), t->i);
		put_flags(t, on, t->i);
		mapped_put(t->out, SPAN(")"), t->i);
	}
	t->i += n + 1;
	return 0;
}

/* "(?iu)", "(?i:…", "(?i-s:…". */
static int
flags(struct translator *t)
{
	struct buf on = { 0 }, off = { 0 };
	size_t n = flag_letters(t, 2, &on), minus = 0;
	char c = python_peek(t, n);
	int rc = -1;

	if (c == '-') {
		minus = n;
		n = flag_letters(t, n + 1, &off);
		c = python_peek(t, n);
	}
	if (minus > 0 && (n == minus + 1 || c != ':' || off.n != n - minus - 1))
		python_refuse(t, t->i + n, "bad flags to be turned off");
	else if (c == ':')
		rc = open_flags(t, &on, &off, n);
	else if (c == ')')
		rc = global_flags(t, &on, n);
	else
		python_refuse(t, t->i + n, c == 'a' || c == 'L' ?
		    "the flags a and L are not supported" :
		    "unknown extension or flag");
	buf_fini(&on);
	buf_fini(&off);
	return rc;
}

/* "(?(name)": PCRE2 would take (?(R) and (?(DEFINE) for something else. */
static int
condition(struct translator *t)
{
	struct span name = name_at(t, 3, ')');
	size_t n = 3, at = t->i;

	if (name.n > 0) {
		if (find_name(t, name) == 0)
			return python_refuse(t, at, "unknown group name");
		n += name.n;
	} else {
		while (python_is_digit(python_peek(t, n)))
			n++;
		name = span_sub(t->s, at + 3, n - 3);
		if (name.n == 0 || python_peek(t, n) != ')' ||
		    name.p[0] == '0')
			return python_refuse(t, at,
			    "bad group in a condition");
	}
	if (push(t, false, (struct span){ NULL, 0 }) == -1)
		return -1;
	mapped_put(t->out, python_is_digit(name.p[0]) ? SPAN("(?(") :
	    SPAN("(?(<"), at);
	mapped_copy(t->out, name.p, name.n, at + 3);
	mapped_put(t->out, python_is_digit(name.p[0]) ? SPAN(")") :
	    SPAN(">)"), at);
	t->i += n + 1;
	return 0;
}

static int
comment(struct translator *t)
{
	size_t at = t->i;

	/* An escaped parenthesis does not end it. */
	while (t->i < t->s.n && python_peek(t, 0) != ')')
		t->i += python_peek(t, 0) == '\\' ? 2 : 1;
	if (t->i >= t->s.n)
		return python_refuse(t, at, "missing ), unterminated comment");
	t->i++;
	return 0;
}

/* "(?P<name>" and "(?P=name)". */
static int
named(struct translator *t)
{
	bool opens = python_peek(t, 3) == '<';
	struct span name = name_at(t, 4, opens ? '>' : ')');
	unsigned group;

	if (!opens && python_peek(t, 3) != '=')
		return python_refuse(t, t->i, "unknown extension ?P");
	if (name.n == 0)
		return python_refuse(t, t->i, "bad group name");
	group = find_name(t, name);
	if (opens) {
		if (group != 0)
			return python_refuse(t, t->i + 4,
			    "redefinition of a group name");
		if (push(t, true, name) == -1)
			return -1;
	} else {
		if (group == 0)
			return python_refuse(t, t->i, "unknown group name");
		if (t->open[group])
			return python_refuse(t, t->i,
			    "cannot refer to an open group");
		t->last = LAST_ITEM;
	}
	python_copy(t, 4 + name.n + 1);
	return 0;
}

static int
open_plain(struct translator *t, size_t n)
{
	if (push(t, n == 1, (struct span){ NULL, 0 }) == -1)
		return -1;
	python_copy(t, n);
	return 0;
}

static int
group(struct translator *t)
{
	char c = python_peek(t, 2);

	if (python_peek(t, 1) == '*')
		return python_refuse(t, t->i + 1, "nothing to repeat");
	if (python_peek(t, 1) != '?')
		return open_plain(t, 1);
	if (c == ':' || c == '=' || c == '!' || c == '>')
		return open_plain(t, 3);
	if (c == '<') {
		if (python_peek(t, 3) != '=' && python_peek(t, 3) != '!')
			return python_refuse(t, t->i, "unknown extension ?<");
		return open_plain(t, 4);
	}
	if (c == 'P')
		return named(t);
	if (c == '(')
		return condition(t);
	return flags(t);
}

/* --- what is repeated ------------------------------------------------------- */

/* Of "{2,5}", "{2}", "{,5}", "{2,}": its length, 0 for plain text. */
static size_t
braces(const struct translator *t, struct span *low, struct span *high)
{
	size_t n = 1;

	while (python_is_digit(python_peek(t, n)))
		n++;
	*low = span_sub(t->s, t->i + 1, n - 1);
	*high = *low;
	if (python_peek(t, n) == ',') {
		size_t from = ++n;

		while (python_is_digit(python_peek(t, n)))
			n++;
		*high = span_sub(t->s, t->i + from, n - from);
	} else if (low->n == 0) {
		return 0;
	}
	return python_peek(t, n) == '}' ? n + 1 : 0;
}

static int
counted(struct translator *t, struct span low, struct span high, size_t n)
{
	int64_t min = 0, max = REPEAT_MAX;

	if ((low.n > 0 && number_parse(low, 0, REPEAT_MAX, &min) == -1) ||
	    (high.n > 0 && number_parse(high, 0, REPEAT_MAX, &max) == -1))
		return python_refuse(t, t->i,
		    "the repetition number is too large");
	if (max < min)
		return python_refuse(t, t->i,
		    "min repeat greater than max repeat");
	/* "{,5}": PCRE2 before 10.43 takes it for text. */
	if (low.n == 0)
		python_replace(t, SPAN("{0"), 1), n--;
	python_copy(t, n);
	return 0;
}

static int
quantifier(struct translator *t)
{
	struct span low = { NULL, 0 }, high = low;
	bool brace = python_peek(t, 0) == '{';
	size_t n = brace ? braces(t, &low, &high) : 1;

	if (n == 0) {
		t->last = LAST_ITEM;
		python_replace(t, SPAN("\\{"), 1);
		return 0;
	}
	if (t->last == LAST_REPEAT)
		return python_refuse(t, t->i, "multiple repeat");
	if (t->last != LAST_ITEM)
		return python_refuse(t, t->i, "nothing to repeat");
	if (!brace)
		python_copy(t, 1);
	else if (counted(t, low, high, n) == -1)
		return -1;
	if (python_peek(t, 0) == '?' || python_peek(t, 0) == '+')
		python_copy(t, 1);
	t->last = LAST_REPEAT;
	return 0;
}

/* --- all of it --------------------------------------------------------------- */

/* With the flag x: blanks and comments, which count for nothing. */
static bool
skip_verbose(struct translator *t)
{
	char c = python_peek(t, 0);

	if (!t->verbose || c == '\0' || strchr(" \t\n\r\v\f#", c) == NULL)
		return false;
	if (c != '#') {
		t->i++;
		return true;
	}
	while (t->i < t->s.n && python_peek(t, 0) != '\n')
		t->i++;
	return true;
}

static int
one(struct translator *t)
{
	switch (python_peek(t, 0)) {
	case '\\':
		return python_escape(t);
	case '[':
		return python_set(t);
	case '(':
		return group(t);
	case ')':
		return pop(t);
	case '*':
	case '+':
	case '?':
	case '{':
		return quantifier(t);
	case '|':
		t->last = LAST_NOTHING;
		break;
	case '^':
	case '$':
		t->last = LAST_ANCHOR;
		break;
	default:
		t->last = LAST_ITEM;
	}
	python_copy(t, 1);
	return 0;
}

static bool
is_comment(const struct translator *t)
{
	return span_starts(span_skip(t->s, t->i), SPAN("(?#"));
}

static bool
sets_flags(const struct translator *t)
{
	size_t n = 2;
	char c;

	if (python_peek(t, 0) != '(' || python_peek(t, 1) != '?')
		return false;
	for (c = python_peek(t, n); python_is_letter(c) && c != 'P';)
		c = python_peek(t, ++n);
	return c == ')';
}

int
python_translate(struct span regex, struct mapped *out,
    struct python_error *error)
{
	struct translator *t = xcalloc(1, sizeof(*t));
	int rc = 0;

	t->s = regex;
	t->out = out;
	t->error = error;
	buf_adds(&out->text, "");    /* an empty one is one, too */
	while (t->i < regex.n && rc == 0) {
		if (skip_verbose(t))
			continue;
		if (is_comment(t)) {
			rc = comment(t);
			continue;
		}
		t->started = t->started || !sets_flags(t);
		rc = one(t);
	}
	if (rc == 0 && t->depth > 0)
		rc = python_refuse(t, t->stack[t->depth - 1].at,
		    "missing ), unterminated subpattern");
	free(t);
	return rc;
}
