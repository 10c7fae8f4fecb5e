/* One way to pack; for the files of unpack only. */
#ifndef GAOL_TOOLS_UNPACK_LOCAL_H
#define GAOL_TOOLS_UNPACK_LOCAL_H

#include "base/span.h"
#include "tools/unpack.h"

#define UNPACK_MEMORY (256u * 1024 * 1024)   /* for one decoder */

struct packer {
	const char *name;
	struct span magic;
	/* NULL: out of memory. */
	void *(*begin)(void);
	void (*end)(void *state);
	/*
	 * Takes from *in, fills out; bytes made or -1. *whole: what was
	 * taken so far ends with a complete stream. `last`: no more input.
	 */
	ssize_t (*step)(void *state, struct span *in, bool last, char *out,
	    size_t n, bool *whole);
};

#ifdef GAOL_ZLIB
extern const struct packer unpack_gzip;
#endif
#ifdef GAOL_LIBLZMA
extern const struct packer unpack_xz;
#endif
#ifdef GAOL_LIBZSTD
extern const struct packer unpack_zstd;
#endif

#endif
