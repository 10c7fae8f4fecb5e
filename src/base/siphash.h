/* SipHash-2-4, the keyed hash under table_hash(); here for its test vectors. */
#ifndef GAOL_BASE_SIPHASH_H
#define GAOL_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *data, size_t n);

#endif
