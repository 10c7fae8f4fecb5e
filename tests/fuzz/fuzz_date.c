/* Up to the first newline a datepattern ("" the defaults), then lines. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/date.h"
#include "match/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct date *date, struct span line)
{
	if (date->found && (date->start > date->end || date->end > line.n))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct matcher *m;
	struct span rest = span_from(data, size), line;
	struct date_detector *d;
	struct regex_error error;
	struct buf clean = { 0 };
	struct date date;
	char *pattern;

	if (m == NULL)
		m = matcher_new(2000);
	if (size > 4000 || !span_cut(&rest, '\n', &line))
		return 0;
	pattern = span_dup(line);
	d = date_new(pattern[0] == '\0' ? NULL : pattern, NULL, &error);
	free(pattern);
	while (d != NULL && span_cut(&rest, '\n', &line)) {
		text_repair(line, &clean);
		line = buf_span(&clean);
		date_find(d, m, line, text_is_ascii(line),
		    wall_from_seconds(1795298892), &date);
		check(&date, line);
	}
	buf_fini(&clean);
	date_free(d);
	return 0;
}
