/*
 * Reads a file that may be packed, as read(2) would if it were not. What it
 * is shows in its first bytes; which packers are known was decided when this
 * was built. Memory is bounded, whatever the file says.
 */
#ifndef GAOL_TOOLS_UNPACK_H
#define GAOL_TOOLS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct unpack;

/* Borrows fd. */
struct unpack *unpack_new(int fd);
void unpack_free(struct unpack *u);
/*
 * Bytes put to p, 0 at the end, or -1 with errno; unpack_why() says more:
 * EBADMSG for a broken or cut file, ENOTSUP for a packer that was left out.
 */
ssize_t unpack_read(struct unpack *u, void *p, size_t n);
const char *unpack_why(const struct unpack *u);
/* Bytes of the file that were read. */
uint64_t unpack_offset(const struct unpack *u);

#endif
