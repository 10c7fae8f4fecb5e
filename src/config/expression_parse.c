/*
 * Text into the tree: precedence climbing over one table of operators. Each
 * function gives a node's number, or NONE after saying why.
 */
#include "config/expression.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/expression_local.h"

#define NONE UINT16_MAX

/* How tightly operators bind, as in Python; higher is tighter. */
enum {
	BIND_OR = 1, BIND_AND, BIND_NOT, BIND_COMPARE, BIND_SHIFT, BIND_SUM,
	BIND_PRODUCT, BIND_SIGN, BIND_POWER,
};

struct parser {
	struct span s;
	size_t at;
	unsigned depth;
	const struct expression_dialect *dialect;
	struct expression *e;
	struct buf *why;
};

static uint16_t parse_ternary(struct parser *p);
static uint16_t parse_binary(struct parser *p, int bind);

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
peek_at(const struct parser *p, size_t at)
{
	return at < p->s.n ? p->s.p[at] : '\0';
}

static char
peek(const struct parser *p)
{
	return peek_at(p, p->at);
}

static void
skip_blanks(struct parser *p)
{
	while (p->at < p->s.n && is_blank(p->s.p[p->at]))
		p->at++;
}

static uint16_t
fail(struct parser *p, const char *what)
{
	struct span rest = span_sub(span_skip(p->s, p->at), 0, 20);

	if (p->why->n == 0 && rest.n > 0)
		buf_addf(p->why, "%s at '%.*s'", what, SPAN_FMT(rest));
	else if (p->why->n == 0)
		buf_addf(p->why, "%s at the end", what);
	return NONE;
}

static uint16_t
add(struct parser *p, struct expression_node node)
{
	if (p->e->n == EXPRESSION_NODES_MAX)
		return fail(p, "too many parts");
	p->e->nodes[p->e->n] = node;
	return (uint16_t)p->e->n++;
}

static uint16_t
add_number(struct parser *p, double number)
{
	return add(p, (struct expression_node){ .op = EX_NUMBER,
		.number = number });
}

static uint16_t
add_two(struct parser *p, enum expression_op op, uint16_t a, uint16_t b)
{
	if (a == NONE || b == NONE)
		return NONE;
	return add(p, (struct expression_node){ .op = op, .a = a, .b = b });
}

/* --- numbers, names, functions ----------------------------------------------- */

/* Behind 'e' an exponent, where letters are no units. */
static void
skip_exponent(struct parser *p)
{
	size_t at = p->at + 1;

	if (p->dialect->unit != NULL || (peek(p) != 'e' && peek(p) != 'E'))
		return;
	at += peek_at(p, at) == '+' || peek_at(p, at) == '-';
	if (!is_digit(peek_at(p, at)))
		return;
	while (is_digit(peek_at(p, at)))
		at++;
	p->at = at;
}

/* Python takes no leading zero in a whole number, except in zero itself. */
static uint16_t
parse_number(struct parser *p)
{
	size_t start = p->at, dots = 0, n;
	char text[EXPRESSION_LENGTH_MAX + 1];
	bool nonzero = false;

	while (is_digit(peek(p)) || peek(p) == '.') {
		dots += peek(p) == '.';
		nonzero |= peek(p) >= '1';
		p->at++;
	}
	n = p->at - start;
	if (n == dots || dots > 1 ||
	    (dots == 0 && n > 1 && p->s.p[start] == '0' && nonzero)) {
		p->at = start;
		return fail(p, n > dots ? "not a number" : "expected a value");
	}
	skip_exponent(p);
	n = p->at - start;
	memcpy(text, p->s.p + start, n);
	text[n] = '\0';
	return add_number(p, strtod(text, NULL));
}

static struct span
word_here(const struct parser *p)
{
	size_t end = p->at;

	while (is_letter(peek_at(p, end)) || is_digit(peek_at(p, end)) ||
	    (peek_at(p, end) == '.' && end > p->at))
		end++;
	return span_sub(p->s, p->at, end - p->at);
}

static bool
take_word(struct parser *p, const char *word)
{
	skip_blanks(p);
	if (!span_eq(word_here(p), span_of(word)))
		return false;
	p->at += strlen(word);
	return true;
}

static bool
take(struct parser *p, char c)
{
	skip_blanks(p);
	if (peek(p) != c || c == '\0')
		return false;
	p->at++;
	return true;
}

static double
identity(double v)
{
	return v;
}

static const struct function {
	const char *name;
	enum expression_op op;
	unsigned least, most;   /* arguments */
	double (*math)(double);
} functions[] = {
	{ "float", EX_FUNCTION, 1, 1, identity },
	{ "int", EX_FUNCTION, 1, 1, trunc },
	{ "abs", EX_FUNCTION, 1, 1, fabs },
	{ "round", EX_FUNCTION, 1, 1, nearbyint },
	{ "min", EX_MIN, 2, 8, NULL },
	{ "max", EX_MAX, 2, 8, NULL },
	{ "math.exp", EX_FUNCTION, 1, 1, exp },
	{ "math.log", EX_FUNCTION, 1, 1, log },
	{ "math.log2", EX_FUNCTION, 1, 1, log2 },
	{ "math.log10", EX_FUNCTION, 1, 1, log10 },
	{ "math.sqrt", EX_FUNCTION, 1, 1, sqrt },
	{ "math.floor", EX_FUNCTION, 1, 1, floor },
	{ "math.ceil", EX_FUNCTION, 1, 1, ceil },
	{ "math.trunc", EX_FUNCTION, 1, 1, trunc },
	{ "math.fabs", EX_FUNCTION, 1, 1, fabs },
	{ "math.pow", EX_POWER, 2, 2, NULL },
	{ "random.random", EX_RANDOM, 0, 0, NULL },
	{ "random.uniform", EX_UNIFORM, 2, 2, NULL },
	{ "random.randint", EX_RANDINT, 2, 2, NULL },
};

/* f(a, b, …): more than two values are taken pair by pair. */
static uint16_t
parse_call(struct parser *p, const struct function *f)
{
	unsigned n = 0;
	uint16_t value = NONE;

	if (!take(p, '('))
		return fail(p, "expected '('");
	while (n < f->most) {
		uint16_t next = parse_ternary(p);

		if (next == NONE)
			return NONE;
		value = n == 0 ? next : add_two(p, f->op, value, next);
		n++;
		if (value == NONE || !take(p, ','))
			break;
	}
	if (n > 0 && value == NONE)
		return NONE;
	if (n < f->least || !take(p, ')'))
		return fail(p, "wrong arguments of a function");
	if (f->op == EX_RANDOM)
		return add(p, (struct expression_node){ .op = EX_RANDOM });
	if (f->op != EX_FUNCTION)
		return value;
	return add(p, (struct expression_node){ .op = EX_FUNCTION,
		.math = f->math, .a = value });
}

static uint16_t
parse_name(struct parser *p)
{
	struct span word = word_here(p);
	const char *const *names = p->dialect->names;

	for (uint16_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (!span_eq(word, span_of(names[i])))
			continue;
		p->at += word.n;
		return add(p, (struct expression_node){ .op = EX_NAME,
			.a = i });
	}
	if (p->dialect->unit != NULL)
		return fail(p, "expected a number");
	if (span_eq(word, SPAN("math.pi")) || span_eq(word, SPAN("math.e"))) {
		p->at += word.n;
		return add_number(p, word.n == 7 ? M_PI : M_E);
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (span_eq(word, span_of(functions[i].name))) {
			p->at += word.n;
			return parse_call(p, &functions[i]);
		}
	return fail(p, "unknown name");
}

/* --- operators ------------------------------------------------------------------ */

static const struct operator {
	const char *text;
	int bind;
	enum expression_op op;
} operators[] = {
	/* The longer of two that begin alike comes first. */
	{ "**", BIND_POWER, EX_POWER },
	{ "//", BIND_PRODUCT, EX_FLOOR_DIVIDE },
	{ "*", BIND_PRODUCT, EX_MULTIPLY },
	{ "/", BIND_PRODUCT, EX_DIVIDE },
	{ "%", BIND_PRODUCT, EX_REMAINDER },
	{ "+", BIND_SUM, EX_ADD },
	{ "-", BIND_SUM, EX_SUBTRACT },
	{ "<<", BIND_SHIFT, EX_SHIFT_LEFT },
	{ ">>", BIND_SHIFT, EX_SHIFT_RIGHT },
	{ "<=", BIND_COMPARE, EX_LESS_EQUAL },
	{ ">=", BIND_COMPARE, EX_MORE_EQUAL },
	{ "==", BIND_COMPARE, EX_EQUAL },
	{ "!=", BIND_COMPARE, EX_UNEQUAL },
	{ "<", BIND_COMPARE, EX_LESS },
	{ ">", BIND_COMPARE, EX_MORE },
	{ "and", BIND_AND, EX_AND },
	{ "or", BIND_OR, EX_OR },
};

static const struct operator *
operator_here(struct parser *p)
{
	skip_blanks(p);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const struct operator *o = &operators[i];
		struct span text = span_of(o->text);

		if (is_letter(text.p[0]) ? span_eq(word_here(p), text) :
		    span_starts(span_skip(p->s, p->at), text))
			return o;
	}
	return NULL;
}

/* "1h30", "1d 12h": a number behind a number or its unit is added. */
static bool
beside(const struct parser *p)
{
	size_t at = p->at;

	if (p->dialect->unit == NULL || !is_digit(peek(p)))
		return false;
	while (at > 0 && is_blank(p->s.p[at - 1]))
		at--;
	return at > 0 &&
	    (is_digit(p->s.p[at - 1]) || is_letter(p->s.p[at - 1]));
}

/* A unit stands behind a digit or a blank, never behind ')'. */
static uint16_t
parse_unit(struct parser *p, uint16_t value)
{
	size_t end = p->at;
	char before = p->at > 0 ? p->s.p[p->at - 1] : '\0';
	double factor;

	while (is_letter(peek_at(p, end)))
		end++;
	factor = p->dialect->unit(span_sub(p->s, p->at, end - p->at));
	if (factor == 0 ||
	    !(is_digit(before) || is_blank(before) || before == '.'))
		return fail(p, "not a unit");
	p->at = end;
	skip_blanks(p);
	/* Python would raise the factor only, which nobody means. */
	if (span_starts(span_skip(p->s, p->at), SPAN("**")))
		return fail(p, "a unit has no power");
	return add_two(p, EX_MULTIPLY, value, add_number(p, factor));
}

static uint16_t
parse_operand(struct parser *p)
{
	uint16_t value;

	skip_blanks(p);
	if (take(p, '(')) {
		value = parse_ternary(p);
		if (value != NONE && !take(p, ')'))
			return fail(p, "expected ')'");
		return value;
	}
	if (take(p, '+'))
		return parse_binary(p, BIND_SIGN);
	if (take(p, '-')) {
		value = parse_binary(p, BIND_SIGN);
		return value == NONE ? NONE : add(p,
		    (struct expression_node){ .op = EX_NEGATE, .a = value });
	}
	if (p->dialect->unit == NULL && take_word(p, "not")) {
		value = parse_binary(p, BIND_NOT);
		return value == NONE ? NONE : add(p,
		    (struct expression_node){ .op = EX_NOT, .a = value });
	}
	return is_letter(peek(p)) ? parse_name(p) : parse_number(p);
}

/* a < b < c is a < b and b < c. */
static uint16_t
chain(struct parser *p, const struct operator *o, uint16_t value,
    uint16_t *last, uint16_t right)
{
	uint16_t both;

	if (o->bind != BIND_COMPARE || *last == NONE) {
		*last = right;
		return add_two(p, o->op, value, right);
	}
	both = add_two(p, o->op, *last, right);
	*last = right;
	return add_two(p, EX_AND, value, both);
}

static uint16_t
parse_operators(struct parser *p, uint16_t value, int bind)
{
	uint16_t last = NONE;   /* right side of a comparison just before */

	while (value != NONE) {
		const struct operator *o = operator_here(p);

		if (o == NULL && is_letter(peek(p)) &&
		    p->dialect->unit != NULL && bind <= BIND_PRODUCT) {
			value = parse_unit(p, value);
		} else if (o == NULL && bind <= BIND_SUM && beside(p)) {
			value = add_two(p, EX_ADD, value,
			    parse_binary(p, BIND_PRODUCT));
		} else if (o == NULL || o->bind < bind) {
			break;
		} else {
			uint16_t right;

			p->at += strlen(o->text);
			/* Only a power takes its right side first. */
			right = parse_binary(p, o->bind == BIND_POWER ?
			    BIND_SIGN : o->bind + 1);
			if (o->bind != BIND_COMPARE)
				last = NONE;
			value = right == NONE ? NONE :
			    chain(p, o, value, &last, right);
		}
	}
	return value;
}

static uint16_t
parse_binary(struct parser *p, int bind)
{
	uint16_t value;

	if (++p->depth > EXPRESSION_DEPTH_MAX)
		return fail(p, "nested too deep");
	value = parse_operators(p, parse_operand(p), bind);
	p->depth--;
	return value;
}

static uint16_t
parse_ternary(struct parser *p)
{
	uint16_t yes, condition, no;

	if (++p->depth > EXPRESSION_DEPTH_MAX)
		return fail(p, "nested too deep");
	yes = parse_binary(p, BIND_OR);
	if (yes != NONE && p->dialect->unit == NULL && take_word(p, "if")) {
		condition = parse_binary(p, BIND_OR);
		if (condition == NONE)
			return NONE;
		if (!take_word(p, "else"))
			return fail(p, "expected 'else'");
		no = parse_ternary(p);
		if (no == NONE)
			return NONE;
		yes = add(p, (struct expression_node){ .op = EX_IF,
			.a = condition, .b = yes, .c = no });
	}
	p->depth--;
	return yes;
}

struct expression *
expression_parse(struct span text, const struct expression_dialect *dialect,
    struct buf *why)
{
	struct buf ignored = { 0 };
	struct parser p = { .s = text, .dialect = dialect, .why = &ignored };

	if (text.n > EXPRESSION_LENGTH_MAX) {
		buf_addf(why, "longer than %d characters",
		    EXPRESSION_LENGTH_MAX);
		return NULL;
	}
	p.e = xcalloc(1, sizeof(*p.e));
	p.e->root = parse_ternary(&p);
	skip_blanks(&p);
	if (p.e->root != NONE && p.at != text.n)
		p.e->root = fail(&p, "expected an operator");
	if (p.e->root == NONE) {
		buf_add(why, ignored.p, ignored.n);
		expression_free(p.e);
		p.e = NULL;
	}
	buf_fini(&ignored);
	return p.e;
}
