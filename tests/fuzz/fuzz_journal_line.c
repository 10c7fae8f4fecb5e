/*
 * The fields of journal entries: one "FIELD=value" between two NULs, an empty
 * one ends the entry. Whatever they are, the line has no newline and is
 * bounded, and the same fields give the same line. Entries that say they are
 * parts of a line are put together, within the same bounds.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "source/journal_line.h"
#include "source/journal_parts.h"

#define LINE_MAX 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct journal_line *l)
{
	struct span text = journal_line_text(l, 1);
	size_t n = text.n;

	/* each of four fields escaped, messages with a blank between them */
	assert(n <= 4 * 2 * LINE_MAX + l->field[5].n * 2 + 100);
	assert(span_chr(text, '\n') == SPAN_NONE);
	assert(journal_line_text(l, 1).n == n);
	(void)journal_line_time(l, (struct wall){ 1 });
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_line l = { .line_max = LINE_MAX };
	struct journal_parts parts = { 0 };
	struct span rest = span_from(data, size), field;

	while (span_cut(&rest, '\0', &field)) {
		if (field.n > 0) {
			journal_line_add(&l, field);
			continue;
		}
		check(&l);
		if (journal_parts_take(&parts, &l) == JOURNAL_PARTS_WHOLE) {
			assert(journal_line_message(&l).n <= LINE_MAX);
			check(&l);
		}
		assert(parts.open <= JOURNAL_PARTS_MAX);
		journal_line_clear(&l);
	}
	check(&l);
	journal_line_fini(&l);
	journal_parts_fini(&parts);
	return 0;
}
