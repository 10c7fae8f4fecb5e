#include "base/sha1.h"

/*
 * The low-level calls on purpose: EVP initialises every provider, which costs
 * each process some 2 MB that one hash a log is not worth.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/log.h"

void
sha1_hex(struct span data, char out[SHA1_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[SHA_DIGEST_LENGTH];
	SHA_CTX ctx;
	size_t i;

	if (!SHA1_Init(&ctx) || !SHA1_Update(&ctx, data.p, data.n) ||
	    !SHA1_Final(md, &ctx))
		log_fatal("gaol.base", "libcrypto computes no SHA-1");
	for (i = 0; i < sizeof(md); i++) {
		out[2 * i] = digits[md[i] >> 4];
		out[2 * i + 1] = digits[md[i] & 15];
	}
	out[2 * i] = '\0';
}
