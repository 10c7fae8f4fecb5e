/* Foreign bytes made UTF-8, for readers that take nothing else (JSON, SQL). */
#ifndef GAOL_CONFIG_CLEAN_H
#define GAOL_CONFIG_CLEAN_H

#include "base/buf.h"

/* Adds s to out; what is not UTF-8, and NUL, becomes U+FFFD. */
void clean_utf8(struct span s, struct buf *out);

#endif
