/* Base64 (RFC 4648 §4), as SASL writes it in a line. */
#ifndef GAOL_BASE_BASE64_H
#define GAOL_BASE_BASE64_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Appends what `text` stands for to `out`: any bytes. 0; -1, and nothing is
 * added, if it is not base64 with its padding, or empty.
 */
int base64_decode(struct span text, struct buf *out);

#endif
