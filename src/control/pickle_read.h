/*
 * fail2ban's request: a list of words as Python's pickle writes it, protocols
 * 0 to 5. The opcodes are those of CPython's Lib/pickletools.py, of PEP 307
 * (protocol 2), PEP 3154 (4: frames, memoize) and PEP 574 (5).
 *
 * Data only: None, bool, int (64 bits), float, str, bytes, list, tuple, set,
 * dict, the memo. A class is never looked up and nothing is ever called; the
 * one callable known is `str` of builtins or __builtin__ (there also by its
 * old name, unicode), applied to a str.
 * Whatever else a pickle asks for is refused by name.
 *
 * Time is linear in the text, memory too: an opcode makes one value at most,
 * lengths are checked against what is there, memo indices are bounded.
 */
#ifndef GAOL_CONTROL_PICKLE_READ_H
#define GAOL_CONTROL_PICKLE_READ_H

#include <stdbool.h>

#include "base/span.h"
#include "base/strings.h"

#define PICKLE_VALUES_MAX (1u << 17)   /* also of the stack and the memo */
#define PICKLE_TEXT_MAX (4u << 20)     /* bytes of all words; also 64 KiB and
                                          eight times the pickle at most */
#define PICKLE_DEPTH_MAX 32            /* of a word's containers */

/* Is it an opcode that this reader takes? */
bool pickle_read_starts(char first);
/*
 * 0 with the words added to *argv, which must be empty (an empty list gives
 * none); a list or tuple in it becomes its JSON text. -1 with *why a constant
 * text and *argv empty. What follows the pickle's end is ignored.
 */
int pickle_read(struct span text, struct strings *argv, const char **why);
/*
 * The same of a long one in many steps, each of so many opcodes or words; true:
 * there is more to do. The text is borrowed until the end, which frees it.
 */
struct pickle_read;
struct pickle_read *pickle_read_new(struct span text);
bool pickle_read_step(struct pickle_read *r, size_t n);
int pickle_read_end(struct pickle_read *r, struct strings *argv,
    const char **why);
void pickle_read_free(struct pickle_read *r);

#endif
