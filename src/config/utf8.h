/* UTF-8, as strictly as Python decodes it (no surrogates, shortest form). */
#ifndef GAOL_CONFIG_UTF8_H
#define GAOL_CONFIG_UTF8_H

#include <stdint.h>

#include "base/span.h"

/* The character at the start of s: its bytes (1..4), or 0: not UTF-8. */
size_t utf8_char(struct span s, uint32_t *code);
/* Offset of the first byte that is not UTF-8, or SPAN_NONE. */
size_t utf8_broken_at(struct span s);

#endif
