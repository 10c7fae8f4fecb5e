/*
 * Any text as a duration, a formula and a factor: it ends, and what it gives
 * is a finite number.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/duration.h"
#include "config/formula.h"

static double
half(void *arg)
{
	(void)arg;
	return 0.5;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct formula_values values = {
		.time = 600, .count = 3, .factor = 2, .random = half,
	};
	struct span text = span_from(data, size);
	struct buf why = { 0 };
	struct expression *e = formula_parse(text, &why);
	double v;

	if (e == NULL && why.n == 0)
		abort();
	if (e != NULL && formula_run(e, &values, &v) == 0 && !isfinite(v))
		abort();
	expression_free(e);
	if (formula_factor(text, &v, &why) == 0 && !isfinite(v))
		abort();
	buf_fini(&why);
	if (duration_parse(text, &v) == 0 && !(fabs(v) <= DURATION_MAX))
		abort();
	return 0;
}
