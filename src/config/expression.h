/*
 * Arithmetic as Python writes it, and nothing else of Python: numbers, named
 * values, + - * / // % **, << >>, comparisons, `and or not`, `a if c else b`,
 * and a few functions of math and random. Durations and bantime.formula are
 * read by it. Text is parsed once into a tree of bounded size and depth; a run
 * of it takes a bounded number of steps.
 */
#ifndef GAOL_CONFIG_EXPRESSION_H
#define GAOL_CONFIG_EXPRESSION_H

#include "base/buf.h"
#include "base/span.h"

#define EXPRESSION_LENGTH_MAX 1024
#define EXPRESSION_DEPTH_MAX 78      /* operands within each other */
#define EXPRESSION_NODES_MAX 512
#define EXPRESSION_STEPS_MAX 10000   /* of one run */

struct expression;

struct expression_dialect {
	const char *const *names;   /* "ban.Time", … up to NULL */
	/*
	 * The factor of a unit behind a number, 0: no unit. With units, two
	 * numbers side by side are a sum, and there are no functions.
	 */
	double (*unit)(struct span word);
};

struct expression_values {
	const double *names;              /* in the dialect's order */
	double (*random)(void *arg);      /* 0 to below 1 */
	void *arg;
};

/* NULL: `why` says what is wrong and where. Freed with expression_free(). */
struct expression *expression_parse(struct span text,
    const struct expression_dialect *dialect, struct buf *why);
/*
 * 0, or -1 with *out untouched: EDOM (a division by zero, the root of a
 * negative number, …), ERANGE (not finite), E2BIG (too many steps).
 */
int expression_run(const struct expression *e,
    const struct expression_values *values, double *out);
void expression_free(struct expression *e);

#endif
