#include "jail/growth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/xalloc.h"
#include "config/formula.h"
#include "config/value.h"

/* Bans beyond that make no difference any more: upstream's number. */
#define COUNT_MAX 20
/* What fits int64_t with room; whoever uses it has a bound of his own. */
#define SECONDS_MAX 1e15

struct growth {
	struct expression *formula;   /* NULL: upstream's */
	double factor;
	int64_t *multipliers;
	size_t multipliers_n;
	bool limited;
	double maxtime;
	double rndtime;
};

struct growth *
growth_new(const struct growth_config *config)
{
	struct growth *g;
	struct buf why = { 0 };
	size_t n = config->multipliers.n;

	if (!config->increment)
		return NULL;
	g = xcalloc(1, sizeof(*g));
	g->factor = config->factor;
	g->limited = config->limited;
	g->maxtime = config->maxtime;
	g->rndtime = config->rndtime;
	/* Both were looked at when the configuration was read. */
	if (config->formula != NULL)
		g->formula = formula_parse(span_of(config->formula), &why);
	buf_fini(&why);
	g->multipliers = xcalloc(n + 1, sizeof(*g->multipliers));
	for (size_t i = 0; i < n; i++)
		value_int(config->multipliers.v[i], INT32_MIN, INT32_MAX,
		    &g->multipliers[i]);
	g->multipliers_n = n;
	return g;
}

void
growth_free(struct growth *g)
{
	if (g == NULL)
		return;
	expression_free(g->formula);
	free(g->multipliers);
	free(g);
}

/* 0 to below 1. Attackers are not to know when a ban ends. */
static double
chance(void *arg)
{
	uint64_t bits;

	(void)arg;
	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		return 0;
	return (double)(bits >> 11) / 9007199254740992.0;
}

/* The formula's, never less than a first ban takes. */
static int
of_formula(const struct growth *g, double time, uint32_t count, double *out)
{
	const struct formula_values values = {
		.time = time, .count = count, .factor = g->factor,
		.random = chance,
	};
	uint32_t doubled = count < COUNT_MAX ? count : COUNT_MAX;

	if (g->formula == NULL)
		*out = time * (double)(1u << doubled) * g->factor;
	else if (formula_run(g->formula, &values, out) != 0)
		return -1;
	if (!(*out > time))
		*out = time;
	return 0;
}

static double
of_multipliers(const struct growth *g, double time, uint32_t count)
{
	size_t last = g->multipliers_n - 1;

	return time * g->factor *
	    (double)g->multipliers[count < last ? count : last];
}

int
growth_bantime(const struct growth *g, int64_t bantime, uint32_t bancount,
    int64_t *seconds)
{
	double v;

	if (g->multipliers_n > 0)
		v = of_multipliers(g, (double)bantime, bancount);
	else if (of_formula(g, (double)bantime, bancount, &v) != 0)
		return -1;
	/* In this order: the random time comes on top of maxtime. */
	if (g->limited && g->maxtime < v)
		v = g->maxtime;
	if (g->rndtime != 0)
		v += chance(NULL) * g->rndtime;
	if (isnan(v)) {
		errno = ERANGE;
		return -1;
	}
	/* -1 itself says "for ever"; what else is below 0 is over at once. */
	if (v == -1)
		*seconds = -1;
	else
		*seconds = v <= 0 ? 0 : (int64_t)fmin(v, SECONDS_MAX);
	return 0;
}

int64_t
growth_most(const struct growth *g)
{
	/* Upstream takes a maxtime of 0 for none here. */
	if (!g->limited || g->maxtime <= 0)
		return -1;
	return (int64_t)fmin(g->maxtime, SECONDS_MAX);
}

int64_t
growth_weight(uint32_t bancount)
{
	if (bancount == 0)
		return 1;
	return (INT64_C(1) << (bancount < COUNT_MAX ? bancount : COUNT_MAX)) /
	    2 + 1;
}
