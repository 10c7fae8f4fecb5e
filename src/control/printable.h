/*
 * Foreign text for a terminal or a script. A user name or a raw id may hold
 * escape sequences, line breaks or letters that turn the writing direction;
 * none of them reaches the screen as itself.
 */
#ifndef GAOL_CONTROL_PRINTABLE_H
#define GAOL_CONTROL_PRINTABLE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * Bytes of the well-formed UTF-8 character that s begins with (1..4, *code set
 * unless NULL), or 0 when it begins with none.
 */
size_t printable_utf8(struct span s, uint32_t *code);

/* Everything that is no printable character as \xNN, \uNNNN or \UNNNNNNNN. */
void printable_add(struct buf *out, struct span text);
/* The same, but line breaks and tabs stay (text of several lines). */
void printable_add_lines(struct buf *out, struct span text);
/* As Python's repr() writes a string: 'it', "it's", 'a\nb'. */
void printable_add_repr(struct buf *out, struct span text);

/*
 * As Python's repr() writes a float: the shortest decimal that reads back as
 * the same number, with an exponent only where Python has one.
 */
void printable_add_real(struct buf *out, double d);

#endif
