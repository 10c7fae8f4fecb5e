/* Text of commands of any bytes: refused, or written again it is read alike. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "process/run_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c = run_plan_read(span_from(data, size));
	struct buf once = { 0 }, twice = { 0 };

	if (c == NULL)
		return 0;
	run_plan_text(&c->jails[0], &once);
	config_free(c);
	c = run_plan_read(buf_span(&once));
	if (c == NULL)
		abort();
	run_plan_text(&c->jails[0], &twice);
	if (once.n != twice.n || memcmp(once.p, twice.p, once.n) != 0)
		abort();
	config_free(c);
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
