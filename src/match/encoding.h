/*
 * `logencoding`: the bytes of a line made UTF-8, by iconv(3). Names are
 * Python's or iconv's. UTF-8 itself is text.h's.
 */
#ifndef GAOL_MATCH_ENCODING_H
#define GAOL_MATCH_ENCODING_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

struct encoding;

/*
 * 0, or -1 (errno EINVAL): nobody knows it. *e is NULL when lines need no
 * more than text_repair() ("auto", "utf-8", NULL).
 */
int encoding_open(const char *name, struct encoding **e);
void encoding_close(struct encoding *e);

/* Is a line of bytes below 0x80 the same in UTF-8? */
bool encoding_has_ascii(const struct encoding *e);
/*
 * One line without its newline. Each byte (of UTF-16, each two) that starts
 * no character becomes U+FFFD. *out is cleared first.
 */
void encoding_decode(struct encoding *e, struct span line, struct buf *out);

#endif
