#include "match/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define DEPTH_MAX 200

struct parser {
	struct span rest;
	unsigned groups, depth;
	bool nocase, verbose;
};

static struct node *parse_choice(struct parser *p);

static struct node *
node_new(enum node_kind kind)
{
	struct node *n = xcalloc(1, sizeof(*n));

	n->kind = kind;
	return n;
}

void
pattern_free(struct node *n)
{
	struct node *next;

	for (; n != NULL; n = next) {
		next = n->next;
		pattern_free(n->first);
		free(n);
	}
}

static int
peek(const struct parser *p, size_t i)
{
	return i < p->rest.n ? (unsigned char)p->rest.p[i] : -1;
}

static void
skip(struct parser *p, size_t n)
{
	p->rest = span_skip(p->rest, n < p->rest.n ? n : p->rest.n);
}

static bool
take(struct parser *p, struct span text)
{
	if (!span_starts(p->rest, text))
		return false;
	skip(p, text.n);
	return true;
}

/* --- sets -------------------------------------------------------------- */

static void
set_range(bool set[128], int from, int to)
{
	for (int c = from; c <= to && c < 128; c++)
		if (c >= 0)
			set[c] = true;
}

static void
set_flip(bool set[128])
{
	for (int c = 0; c < 128; c++)
		set[c] = !set[c];
}

static bool
is_word(int c)
{
	return isalnum(c) || c == '_';
}

/* \d and friends; false: it is none of them. */
static bool
set_class(bool set[128], int letter)
{
	for (int c = 0; c < 128; c++) {
		bool in = letter == 'd' || letter == 'D' ? isdigit(c) != 0 :
		    letter == 's' || letter == 'S' ? isspace(c) != 0 :
		    is_word(c);

		set[c] = set[c] || (in == (islower(letter) != 0));
	}
	return true;
}

static void
set_both_cases(bool set[128])
{
	for (int c = 'a'; c <= 'z'; c++)
		set[c] = set[toupper(c)] = set[c] || set[toupper(c)];
}

static int
hex(struct parser *p, size_t digits)
{
	int value = 0;

	for (size_t i = 0; i < digits && isxdigit(peek(p, 0)); i++) {
		int c = tolower(peek(p, 0));

		value = value * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
		skip(p, 1);
	}
	return value;
}

/* The character that the letter behind a backslash means; it is taken. */
static int
escaped(struct parser *p)
{
	static const char letters[] = "abfnrtv", means[] = "\a\b\f\n\r\t\v";
	const char *at;
	int c = peek(p, 0);

	skip(p, 1);
	if (c == 'x')
		return hex(p, 2);
	if (c == 'u')
		return hex(p, 4);
	if (c == 'U')
		return hex(p, 8);
	at = c > 0 ? strchr(letters, c) : NULL;
	return at != NULL ? means[at - letters] : c;
}

static bool
is_class(int c)
{
	return c > 0 && strchr("dDsSwW", c) != NULL;
}

/* [...]; the bracket is taken. */
static struct node *
parse_brackets(struct parser *p)
{
	struct node *n = node_new(NODE_SET);
	bool negated = take(p, SPAN("^")), begun = false;
	int c, to;

	while ((c = peek(p, 0)) != -1 && (c != ']' || !begun)) {
		begun = true;
		skip(p, 1);
		if (c == '\\' && is_class(peek(p, 0))) {
			set_class(n->set, peek(p, 0));
			skip(p, 1);
			continue;
		}
		if (c == '\\')
			c = escaped(p);
		to = c;
		if (peek(p, 0) == '-' && peek(p, 1) != ']') {
			skip(p, 1);
			to = peek(p, 0);
			skip(p, 1);
			if (to == '\\')
				to = escaped(p);
		}
		set_range(n->set, c, to);
	}
	skip(p, 1);
	if (p->nocase)
		set_both_cases(n->set);
	if (negated)
		set_flip(n->set);
	return n;
}

static struct node *
one_character(const struct parser *p, int c)
{
	struct node *n = node_new(NODE_SET);

	set_range(n->set, c, c);
	if (p->nocase)
		set_both_cases(n->set);
	return n;
}

/* --- what stands in parentheses -------------------------------------------- */

static struct node *
wrap(struct node *child, enum node_kind kind)
{
	struct node *n = node_new(kind);

	n->first = child;
	return n;
}

static struct span
take_until(struct parser *p, char end)
{
	size_t at = span_chr(p->rest, end);
	struct span s = span_sub(p->rest, 0, at == SPAN_NONE ? p->rest.n : at);

	skip(p, s.n + 1);
	return s;
}

/* Flags up to ":" or ")": *scoped says which. */
static void
parse_flags(struct parser *p, bool *scoped)
{
	bool on = true;
	int c;

	while ((c = peek(p, 0)) != -1 && c != ':' && c != ')') {
		if (c == '-')
			on = false;
		else if (c == 'i')
			p->nocase = on;
		else if (c == 'x')
			p->verbose = on;
		skip(p, 1);
	}
	*scoped = c == ':';
	skip(p, 1);
}

static struct node *
group_end(struct parser *p, struct node *n)
{
	take(p, SPAN(")"));
	return n;
}

static struct node *
parse_named(struct parser *p)
{
	struct node *n = node_new(NODE_GROUP);

	n->number = ++p->groups;
	n->name = take_until(p, '>');
	n->first = parse_choice(p);
	return group_end(p, n);
}

static struct node *
parse_back(struct parser *p)
{
	struct node *n = node_new(NODE_BACK);

	n->name = take_until(p, ')');
	return n;
}

static struct node *
parse_conditional(struct parser *p)
{
	struct node *n;

	take_until(p, ')');
	n = parse_choice(p);
	if (n->kind != NODE_ONE_OF)
		n = wrap(n, NODE_ONE_OF);
	n->conditional = true;
	return group_end(p, n);
}

/* Behind "(". */
static struct node *
parse_group(struct parser *p)
{
	struct parser outer = *p;
	struct node *n;
	bool scoped = true;

	if (take(p, SPAN("?P<")) || (!span_starts(p->rest, SPAN("?<=")) &&
	    !span_starts(p->rest, SPAN("?<!")) && take(p, SPAN("?<"))))
		return parse_named(p);
	if (take(p, SPAN("?P=")))
		return parse_back(p);
	if (take(p, SPAN("?#"))) {
		take_until(p, ')');
		return node_new(NODE_SEQUENCE);
	}
	if (take(p, SPAN("?(")))
		return parse_conditional(p);
	if (take(p, SPAN("?=")) || take(p, SPAN("?!")) ||
	    take(p, SPAN("?<=")) || take(p, SPAN("?<!"))) {
		n = wrap(parse_choice(p), NODE_ASSERT);
		return group_end(p, n);
	}
	if (take(p, SPAN("?>")) || take(p, SPAN("?:"))) {
		n = parse_choice(p);
	} else if (take(p, SPAN("?"))) {
		parse_flags(p, &scoped);
		if (!scoped)
			return node_new(NODE_SEQUENCE);
		n = parse_choice(p);
	} else {
		n = node_new(NODE_GROUP);
		n->number = ++p->groups;
		n->first = parse_choice(p);
	}
	/* Flags set inside end here. */
	p->nocase = outer.nocase;
	p->verbose = outer.verbose;
	return group_end(p, n);
}

/* --- sequences ------------------------------------------------------------- */

static struct node *
parse_escape(struct parser *p)
{
	struct node *n;
	int c = peek(p, 0);

	if (is_class(c)) {
		n = node_new(NODE_SET);
		set_class(n->set, c);
	} else if (c == 'A' || c == 'Z') {
		n = node_new(c == 'A' ? NODE_LINE_BEGIN : NODE_LINE_END);
	} else if (c == 'b' || c == 'B') {
		n = node_new(NODE_ASSERT);
	} else if (c >= '1' && c <= '9') {
		n = node_new(NODE_BACK);
		n->number = (unsigned)(c - '0');
	} else {
		return one_character(p, escaped(p));
	}
	skip(p, 1);
	return n;
}

static struct node *
parse_atom(struct parser *p)
{
	struct node *n;
	int c = peek(p, 0);

	skip(p, 1);
	switch (c) {
	case '(':
		return parse_group(p);
	case '[':
		return parse_brackets(p);
	case '\\':
		return parse_escape(p);
	case '^':
		return node_new(NODE_LINE_BEGIN);
	case '$':
		return node_new(NODE_LINE_END);
	case '.':
		n = node_new(NODE_SET);
		set_range(n->set, 0, 127);
		n->set['\n'] = false;
		return n;
	}
	return one_character(p, c);
}

static unsigned
number(struct parser *p, unsigned otherwise)
{
	unsigned v = 0;
	bool any = false;

	for (; isdigit(peek(p, 0)); any = true) {
		v = v < 100000 ? v * 10 + (unsigned)(peek(p, 0) - '0') : v;
		skip(p, 1);
	}
	return any ? v : otherwise;
}

/* {m,n}, or a brace that means itself. */
static bool
parse_bounds(struct parser *p, unsigned *min, unsigned *max)
{
	struct parser before = *p;

	skip(p, 1);
	*min = number(p, 0);
	*max = *min;
	if (take(p, SPAN(",")))
		*max = number(p, PATTERN_MANY);
	if (take(p, SPAN("}")) && before.rest.n - p->rest.n > 2)
		return true;
	*p = before;
	return false;
}

static bool
parse_count(struct parser *p, unsigned *min, unsigned *max)
{
	int c = peek(p, 0);

	*min = c == '+';
	*max = c == '?' ? 1 : PATTERN_MANY;
	if (c == '{')
		return parse_bounds(p, min, max);
	if (c != '*' && c != '+' && c != '?')
		return false;
	skip(p, 1);
	return true;
}

static struct node *
parse_repeated(struct parser *p)
{
	struct node *n = parse_atom(p);
	unsigned min, max;

	while (parse_count(p, &min, &max)) {
		n = wrap(n, NODE_REPEAT);
		n->min = min;
		n->max = max;
		n->lazy = take(p, SPAN("?"));
		n->possessive = !n->lazy && take(p, SPAN("+"));
	}
	return n;
}

static bool
skip_verbose(struct parser *p)
{
	if (!p->verbose)
		return false;
	if (isspace(peek(p, 0))) {
		skip(p, 1);
		return true;
	}
	if (peek(p, 0) != '#')
		return false;
	take_until(p, '\n');
	return true;
}

static struct node *
parse_sequence(struct parser *p)
{
	struct node *n = node_new(NODE_SEQUENCE), **last = &n->first;

	while (peek(p, 0) != -1 && peek(p, 0) != '|' && peek(p, 0) != ')') {
		if (skip_verbose(p))
			continue;
		*last = parse_repeated(p);
		last = &(*last)->next;
	}
	return n;
}

static struct node *
parse_choice(struct parser *p)
{
	struct node *n, **last;

	if (++p->depth > DEPTH_MAX) {
		p->depth--;
		skip(p, p->rest.n);
		return node_new(NODE_SEQUENCE);
	}
	n = parse_sequence(p);
	if (peek(p, 0) == '|') {
		n = wrap(n, NODE_ONE_OF);
		last = &n->first->next;
		while (take(p, SPAN("|"))) {
			*last = parse_sequence(p);
			last = &(*last)->next;
		}
	}
	p->depth--;
	return n;
}

struct node *
pattern_parse(struct span text)
{
	struct parser p = { .rest = text };

	return parse_choice(&p);
}
