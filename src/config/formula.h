/* bantime.formula and bantime.factor: how long a repeated ban lasts. */
#ifndef GAOL_CONFIG_FORMULA_H
#define GAOL_CONFIG_FORMULA_H

#include "base/buf.h"
#include "base/span.h"
#include "config/expression.h"

/* What a formula may name, in this order: ban.Time, ban.Count, banFactor. */
struct formula_values {
	double time;     /* seconds of a first ban */
	double count;    /* bans before this one */
	double factor;
	double (*random)(void *arg);   /* 0 to below 1 */
	void *arg;
};

/* NULL: why. Freed with expression_free(). */
struct expression *formula_parse(struct span text, struct buf *why);
/* Seconds. 0, or -1 with errno as expression_run(). */
int formula_run(const struct expression *formula,
    const struct formula_values *values, double *seconds);
/* A factor is arithmetic without names ("24*60"). 0, or -1: why. */
int formula_factor(struct span text, double *factor, struct buf *why);

#endif
