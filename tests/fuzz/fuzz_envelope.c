/*
 * Lines of any bytes in each envelope; the first byte says which. Parts stay
 * bounded, what comes out is one line, and readable to its last byte.
 */
#include <stdint.h>
#include <stdlib.h>

#include "source/envelope.h"

#define LINE_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all of it. */
static void
expect_one_line(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest, line;
	struct envelope *e;

	if (size == 0)
		return 0;
	clock_freeze(wall_from_seconds(1795298892),
	    (struct boot){ CLOCK_SECOND });
	e = envelope_new((enum envelope_kind)(data[0] % ENVELOPE_KINDS),
	    LINE_MAX);
	rest = span_from(data + 1, size - 1);
	while (span_cut(&rest, '\n', &line)) {
		struct enveloped out = { 0 };

		switch (envelope_open(e, line, &out)) {
		case ENVELOPE_PLAIN:
		case ENVELOPE_STAMPED:
		case ENVELOPE_MESSAGE:
			expect_one_line(out.text);
			break;
		case ENVELOPE_PART:
		case ENVELOPE_REFUSED:
			break;
		}
	}
	envelope_free(e);
	return 0;
}
