/* Any text as a dump: refused, or read so that it prints the same twice. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(const struct config *c)
{
	struct buf one = { 0 }, two = { 0 };
	struct report report = { 0 };
	struct config *back;

	dump_write(c, DUMP_ENGINE, &one);
	back = dump_read(buf_span(&one), &report);
	if (back == NULL)
		abort();
	dump_write(back, DUMP_ENGINE, &two);
	if (!span_eq(buf_span(&one), buf_span(&two)))
		abort();
	buf_clear(&two);
	dump_json(back, &two);
	config_free(back);
	report_fini(&report);
	buf_fini(&one);
	buf_fini(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { 0 };
	struct config *c;

	c = dump_read(span_from(data, size), &report);
	if (c != NULL)
		check_again(c);
	config_free(c);
	report_fini(&report);
	return 0;
}
