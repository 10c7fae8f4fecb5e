#include "match/lint.h"

#include <string.h>

#include "match/literal.h"
#include "match/python.h"
#include "match/sample.h"
#include "match/text.h"

#define HEAD_MAX 300
#define HOLES_MAX 64
#define MATCH_LIMIT 100000

static const char *const names[LINT_KINDS] = {
	[LINT_FOOLED] = "fooled",
	[LINT_EXPLODES] = "explodes",
	[LINT_STEEP] = "steep",
	[LINT_NO_LITERAL] = "no-literal",
	[LINT_NEVER] = "never",
};

const char *
lint_name(enum lint_kind kind)
{
	return names[kind];
}

void
lint_fini(struct lint *l)
{
	buf_fini(&l->proof);
}

/* One expression under examination. */
struct probe {
	struct regex *regex;
	struct matcher *matcher;
	struct node *tree;
	const struct node *holes[HOLES_MAX];
	size_t holes_n;
	size_t pump;               /* bytes */
	struct lint *out;
};

static void
add_hole(const struct node *repeat, void *arg)
{
	struct probe *p = arg;

	if (p->holes_n < HOLES_MAX)
		p->holes[p->holes_n++] = repeat;
}

static void
probe_init(struct probe *p, struct regex *r, struct lint *out)
{
	*p = (struct probe){ .regex = r, .out = out };
	p->matcher = matcher_new(MATCH_LIMIT);
	p->tree = pattern_parse(span_of(regex_text(r)));
	sample_repeats(p->tree, add_hole, p);
}

static void
probe_fini(struct probe *p)
{
	matcher_free(p->matcher);
	pattern_free(p->tree);
}

static enum regex_result
ask(struct probe *p, struct span line)
{
	matcher_line(p->matcher);
	return matcher_search(p->matcher, p->regex, line, 0, true);
}

/* --- can it be fooled? ------------------------------------------------- */

/* Whom the last match names; the order is that of the daemon. */
static struct span
who(const struct probe *p)
{
	static const char *const groups[] = { "fid", "ip4", "ip6", "dns" };
	struct span value = { NULL, 0 };

	for (size_t i = 0; i < 4; i++) {
		unsigned n = regex_group(p->regex, groups[i]);

		if (n > 0 && matcher_group(p->matcher, n, &value) &&
		    value.n > 0)
			return value;
	}
	return (struct span){ NULL, 0 };
}

static bool
bans(struct probe *p, struct span line, const char *ip4, const char *ip6)
{
	struct span id;

	if (ask(p, line) != REGEX_MATCH)
		return false;
	id = who(p);
	return span_eq(id, span_of(ip4)) || span_eq(id, span_of(ip6));
}

static struct sample
sample_of(bool real, bool rich)
{
	return (struct sample){
		.ip4 = real ? LINT_REAL : LINT_FAKE,
		.ip6 = real ? "2001:db8::7" : "2001:db8::66",
		.rich = rich,
	};
}

/* The proof: with the newline that a searched line has. */
static bool
fools(struct probe *p, enum lint_where where, struct span a, struct span b,
    struct span c)
{
	struct buf *line = &p->out->proof;

	buf_clear(line);
	buf_add_span(line, a);
	buf_add_span(line, b);
	buf_add_span(line, c);
	buf_addc(line, '\n');
	if (!bans(p, buf_span(line), LINT_FAKE, "2001:db8::66"))
		return false;
	p->out->where = where;
	line->p[--line->n] = '\0';
	return true;
}

/* May the hole hold this text, whatever stands around it? */
static bool
holds(const struct node *hole, struct span text)
{
	const struct node *body = hole->first;

	if (body->kind != NODE_SET)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 128 ||
		    !body->set[(unsigned char)text.p[i]])
			return false;
	return true;
}

static bool
fools_in(struct probe *p, bool rich, const struct node *hole,
    struct span filler)
{
	struct sample s = sample_of(true, rich);
	bool found = false;

	if (!holds(hole, filler))
		return false;
	s.hole = hole;
	s.filler = filler;
	sample_make(&s, p->tree);
	if (s.hole_start != SAMPLE_NOWHERE)
		found = fools(p, s.hole_start < s.addr ? LINT_BEFORE :
		    LINT_BEHIND, buf_span(&s.text), SPAN(""), SPAN(""));
	sample_fini(&s);
	return found;
}

static bool
has_line_end(const struct node *n)
{
	if (n->kind == NODE_LINE_END)
		return true;
	if (n->kind == NODE_ASSERT)
		return false;
	for (n = n->first; n != NULL; n = n->next)
		if (has_line_end(n))
			return true;
	return false;
}

/* Is it the same line with any words in front, or at the end? */
static bool
is_open(struct probe *p, struct span front, struct span text, struct span end)
{
	struct buf line = { 0 };
	bool open;

	buf_add_span(&line, front);
	buf_add_span(&line, text);
	buf_add_span(&line, end);
	buf_addc(&line, '\n');
	open = bans(p, buf_span(&line), LINT_REAL, "2001:db8::7");
	buf_fini(&line);
	return open;
}

/* The text of `fake` from `from` on is what the attacker writes. */
static bool
fools_with(struct probe *p, const struct sample *real,
    const struct sample *fake, size_t from)
{
	struct span good = buf_span(&real->text);
	struct buf bad = { 0 };
	bool found = false;

	buf_addc(&bad, 'x');
	buf_add_span(&bad, span_skip(buf_span(&fake->text), from));
	for (size_t i = 0; i < p->holes_n && !found; i++)
		found = fools_in(p, real->rich, p->holes[i], buf_span(&bad));
	if (!found && !has_line_end(p->tree) &&
	    is_open(p, SPAN(""), good, SPAN(" x")))
		found = fools(p, LINT_AT_END, good, SPAN(" "),
		    buf_span(&bad));
	if (!found && is_open(p, SPAN("x "), good, SPAN("")))
		found = fools(p, LINT_IN_FRONT, buf_span(&bad), SPAN(" x "),
		    good);
	buf_fini(&bad);
	return found;
}

static bool
fooled_by(struct probe *p, bool rich)
{
	struct sample real = sample_of(true, rich);
	struct sample fake = sample_of(false, rich);
	bool found = false;

	sample_make(&real, p->tree);
	sample_make(&fake, p->tree);
	/* Only if it is a line that names the right one. */
	if (is_open(p, SPAN(""), buf_span(&real.text), SPAN(""))) {
		found = fools_with(p, &real, &fake, 0);
		for (size_t i = 0; i < p->holes_n && !found; i++) {
			fake.hole = p->holes[i];
			fake.filler = SPAN("x");
			sample_make(&fake, p->tree);
			if (fake.hole_end != SAMPLE_NOWHERE &&
			    fake.hole_end < fake.addr)
				found = fools_with(p, &real, &fake,
				    fake.hole_end);
		}
	}
	sample_fini(&real);
	sample_fini(&fake);
	return found;
}

bool
lint_fooled(struct regex *r, struct lint *out)
{
	struct probe p;
	bool found;

	probe_init(&p, r, out);
	found = fooled_by(&p, false) || fooled_by(&p, true);
	probe_fini(&p);
	return found;
}

/* --- does it explode? -------------------------------------------------- */

/* Head, the unit again and again, and what must not match. */
static bool
pump(struct probe *p, struct span head, struct span unit, struct span tail)
{
	struct buf *line = &p->out->proof;
	size_t least = head.n + p->pump;

	if (unit.n == 0 || head.n > HEAD_MAX)
		return false;
	buf_clear(line);
	buf_add_span(line, head);
	while (line->n < least)
		buf_add_span(line, unit);
	buf_add_span(line, tail);
	return ask(p, buf_span(line)) == REGEX_LIMIT;
}

/* Tails that fail late: nothing, a stranger, a stranger before the end. */
static bool
pump_tails(struct probe *p, struct span head, struct span unit,
    struct span rest)
{
	struct buf tail = { 0 };
	bool found;

	buf_addc(&tail, '\2');
	found = pump(p, head, unit, SPAN("")) ||
	    pump(p, head, unit, buf_span(&tail));
	buf_add_span(&tail, rest);
	buf_addc(&tail, '\2');
	found = found || pump(p, head, unit, buf_span(&tail));
	buf_fini(&tail);
	return found;
}

static bool
pump_characters(struct probe *p, const struct node *set, struct span head,
    struct span rest)
{
	static const char likely[] = "a1 .:-/[\"=,";

	for (const char *c = likely; *c != '\0'; c++)
		if (set->set[(unsigned char)*c] &&
		    pump_tails(p, head, span_from(c, 1), rest))
			return true;
	return false;
}

/* What the repeat repeats, once; a character it may hold many times. */
static bool
pump_repeat(struct probe *p, const struct node *repeat, struct span head,
    struct span rest, bool rich)
{
	const struct node *body = repeat->first;
	struct sample unit = sample_of(true, rich);
	bool found;

	if (body->kind == NODE_SET)
		return pump_characters(p, body, head, rest);
	sample_make(&unit, body);
	found = pump_tails(p, head, buf_span(&unit.text), rest);
	if (!found && unit.text.n > 1)
		found = pump_tails(p, head, span_sub(buf_span(&unit.text),
		    0, 1), rest);
	sample_fini(&unit);
	return found;
}

static bool
explodes_at(struct probe *p, const struct node *repeat, bool rich)
{
	struct sample s = sample_of(true, rich);
	struct span text;
	bool found = false;

	s.hole = repeat;
	sample_make(&s, p->tree);
	text = buf_span(&s.text);
	if (s.hole_start != SAMPLE_NOWHERE)
		found = pump_repeat(p, repeat, span_sub(text, 0,
		    s.hole_start), span_skip(text, s.hole_end), rich);
	else   /* inside another repeat, which is asked for itself */
		found = pump_repeat(p, repeat, SPAN(""), SPAN(""), rich);
	sample_fini(&s);
	return found;
}

bool
lint_explodes(struct regex *r, size_t bytes, struct lint *out)
{
	struct probe p;
	bool found = false;

	probe_init(&p, r, out);
	p.pump = bytes;
	for (size_t i = 0; i < p.holes_n && !found; i++)
		found = explodes_at(&p, p.holes[i], false) ||
		    explodes_at(&p, p.holes[i], true);
	probe_fini(&p);
	return found;
}

/* --- can it be skipped? -------------------------------------------------- */

bool
lint_no_literal(const struct regex *r)
{
	struct mapped python = { 0 };
	struct python_error wrong;
	struct literals literals;
	bool none = false;

	if (python_translate(span_of(regex_text(r)), &python, &wrong) == 0)
		none = !literal_read(buf_span(&python.text), &literals);
	mapped_fini(&python);
	return none;
}
