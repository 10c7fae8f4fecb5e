#include "config/formula.h"

struct expression *
formula_parse(struct span text, struct buf *why)
{
	static const char *const names[] = {
		"ban.Time", "ban.Count", "banFactor", NULL
	};
	const struct expression_dialect dialect = { .names = names };

	return expression_parse(text, &dialect, why);
}

int
formula_run(const struct expression *formula,
    const struct formula_values *values, double *seconds)
{
	const double names[] = {
		values->time, values->count, values->factor
	};
	const struct expression_values v = {
		.names = names, .random = values->random, .arg = values->arg,
	};

	return expression_run(formula, &v, seconds);
}

int
formula_factor(struct span text, double *factor, struct buf *why)
{
	static const struct expression_dialect plain = { 0 };
	const struct expression_values none = { 0 };
	struct expression *e = expression_parse(text, &plain, why);
	int result;

	if (e == NULL)
		return -1;
	result = expression_run(e, &none, factor);
	if (result != 0)
		buf_adds(why, "has no finite value");
	expression_free(e);
	return result;
}
