/*
 * However a log grows, its lines are the same. Input: the cap on a line, the
 * chunk sizes (each up to 15, used in turn), a 0xff, then the log.
 */
#include "source/lines.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static bool
receive(struct span line, void *arg)
{
	struct buf *out = arg;

	buf_addf(out, "%zu:", line.n);
	buf_add_span(out, line);
	return true;
}

/* The lines of the log, cut without any state to get wrong. */
static uint64_t
model(struct span log, size_t line_max, struct buf *out)
{
	uint64_t count = 0;
	size_t end;

	while ((end = span_chr(log, '\n')) != SPAN_NONE) {
		receive(span_sub(log, 0, end < line_max ? end : line_max),
		    out);
		log = span_skip(log, end + 1);
		count++;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_from(data, size), sizes, log;
	struct buf expected = { 0 }, got = { 0 };
	struct lines l;
	size_t max, end, i, n;
	uint64_t count;

	end = span_chr(input, '\xff');
	if (end == SPAN_NONE || end < 2 || data[0] == 0)
		return 0;
	max = data[0];
	sizes = span_sub(input, 1, end - 1);
	log = span_skip(input, end + 1);
	count = model(log, max, &expected);
	lines_init(&l, max);
	for (i = 0; log.n > 0; i++) {
		n = 1 + ((unsigned char)sizes.p[i % sizes.n] & 15);
		n = n < log.n ? n : log.n;
		require(lines_feed(&l, span_sub(log, 0, n), receive, &got) ==
		    n);
		log = span_skip(log, n);
	}
	require(l.count == count && l.cut <= count);
	require(span_eq(buf_span(&expected), buf_span(&got)));
	lines_fini(&l);
	buf_fini(&expected);
	buf_fini(&got);
	return 0;
}
