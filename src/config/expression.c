#include "config/expression.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "config/expression_local.h"

struct machine {
	const struct expression *e;
	const struct expression_values *values;
	unsigned steps;
};

static int run(struct machine *m, uint16_t at, double *v);

/* Python: the remainder has the divisor's sign. */
static double
remainder_of(double a, double b)
{
	double r = fmod(a, b);

	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* Python shifts whole numbers only, and not by less than nothing. */
static int
shift(double a, double by, bool left, double *v)
{
	if (a != trunc(a) || by != trunc(by) || by < 0) {
		errno = EDOM;
		return -1;
	}
	if (by > 2000)
		by = 2000;
	*v = left ? ldexp(a, (int)by) : floor(ldexp(a, -(int)by));
	return 0;
}

static int
divide(enum expression_op op, double a, double b, double *v)
{
	if (b == 0) {
		errno = EDOM;
		return -1;
	}
	*v = op == EX_DIVIDE ? a / b :
	    op == EX_FLOOR_DIVIDE ? floor(a / b) : remainder_of(a, b);
	return 0;
}

static double
random_of(const struct machine *m)
{
	return m->values->random != NULL ? m->values->random(m->values->arg) :
	    0;
}

/* Two values into one. 0, -1: errno. */
static int
binary(struct machine *m, enum expression_op op, double a, double b,
    double *v)
{
	switch (op) {
	case EX_LESS:		*v = a < b; break;
	case EX_LESS_EQUAL:	*v = a <= b; break;
	case EX_MORE:		*v = a > b; break;
	case EX_MORE_EQUAL:	*v = a >= b; break;
	case EX_EQUAL:		*v = a == b; break;
	case EX_UNEQUAL:	*v = a != b; break;
	case EX_SHIFT_LEFT:
	case EX_SHIFT_RIGHT:
		return shift(a, b, op == EX_SHIFT_LEFT, v);
	case EX_ADD:		*v = a + b; break;
	case EX_SUBTRACT:	*v = a - b; break;
	case EX_MULTIPLY:	*v = a * b; break;
	case EX_DIVIDE:
	case EX_FLOOR_DIVIDE:
	case EX_REMAINDER:
		return divide(op, a, b, v);
	case EX_POWER:
		if (a == 0 && b < 0)
			return divide(EX_DIVIDE, 1, 0, v);
		*v = pow(a, b);
		break;
	case EX_MIN:		*v = b < a ? b : a; break;
	case EX_MAX:		*v = b > a ? b : a; break;
	case EX_UNIFORM:	*v = a + (b - a) * random_of(m); break;
	default:   /* EX_RANDINT: both ends belong to it */
		*v = floor(a) + floor((floor(b) - floor(a) + 1) *
		    random_of(m));
		break;
	}
	return 0;
}

/* What needs not all of its parts. */
static int
choose(struct machine *m, const struct expression_node *n, double *v)
{
	double first;

	if (run(m, n->a, &first) != 0)
		return -1;
	switch (n->op) {
	case EX_IF:
		return run(m, first != 0 ? n->b : n->c, v);
	case EX_OR:
	case EX_AND:
		if ((first != 0) == (n->op == EX_AND))
			return run(m, n->b, v);
		*v = first;
		return 0;
	case EX_NOT:
		*v = first == 0;
		return 0;
	case EX_NEGATE:
		*v = -first;
		return 0;
	default:   /* EX_FUNCTION */
		*v = n->math(first);
		return 0;
	}
}

static int
run_node(struct machine *m, const struct expression_node *n, double *v)
{
	double a, b;

	switch (n->op) {
	case EX_NUMBER:
		*v = n->number;
		return 0;
	case EX_NAME:
		*v = m->values->names[n->a];
		return 0;
	case EX_RANDOM:
		*v = random_of(m);
		return 0;
	case EX_IF:
	case EX_OR:
	case EX_AND:
	case EX_NOT:
	case EX_NEGATE:
	case EX_FUNCTION:
		return choose(m, n, v);
	default:
		if (run(m, n->a, &a) != 0 || run(m, n->b, &b) != 0)
			return -1;
		return binary(m, n->op, a, b, v);
	}
}

static int
run(struct machine *m, uint16_t at, double *v)
{
	if (++m->steps > EXPRESSION_STEPS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (run_node(m, &m->e->nodes[at], v) != 0)
		return -1;
	if (isfinite(*v))
		return 0;
	errno = isnan(*v) ? EDOM : ERANGE;
	return -1;
}

int
expression_run(const struct expression *e,
    const struct expression_values *values, double *out)
{
	struct machine m = { .e = e, .values = values };
	double v;

	if (run(&m, e->root, &v) != 0)
		return -1;
	*out = v;
	return 0;
}

void
expression_free(struct expression *e)
{
	free(e);
}
