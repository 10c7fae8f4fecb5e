/* SHA-1 of a log's first line: upstream's logs.firstlinemd5 (not a secret). */
#ifndef GAOL_BASE_SHA1_H
#define GAOL_BASE_SHA1_H

#include "base/span.h"

#define SHA1_HEX 41   /* with the NUL */

void sha1_hex(struct span data, char out[SHA1_HEX]);

#endif
