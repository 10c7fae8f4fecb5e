/* What encoding a line is in, and making it one that regexes can take. */
#ifndef GAOL_MATCH_TEXT_H
#define GAOL_MATCH_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

bool text_is_ascii(struct span s);
bool text_is_utf8(struct span s);
/*
 * s with U+FFFD for what is not UTF-8, as Python's "replace" has it: one for
 * each longest piece that begins like a character. *out is cleared first.
 */
void text_repair(struct span s, struct buf *out);

#endif
