#include "base/sha1.h"

#include <sha.h>

void
sha1_hex(struct span data, char out[SHA1_HEX])
{
	SHA1_Data((const uint8_t *)(data.p != NULL ? data.p : ""), data.n, out);
}
