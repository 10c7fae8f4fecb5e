#include "tools/unpack_local.h"

#ifdef GAOL_LIBZSTD

#include <zstd.h>

#define WINDOW_LOG 27     /* 128 MiB, as zstd's own program allows */

static void *
begin(void)
{
	ZSTD_DStream *z = ZSTD_createDStream();

	if (z != NULL && ZSTD_isError(ZSTD_DCtx_setParameter(z,
	    ZSTD_d_windowLogMax, WINDOW_LOG))) {
		ZSTD_freeDStream(z);
		return NULL;
	}
	return z;
}

static void
end(void *state)
{
	ZSTD_freeDStream(state);
}

static ssize_t
step(void *state, struct span *in, bool last, char *out, size_t n,
    bool *whole)
{
	ZSTD_inBuffer from = { in->p, in->n, 0 };
	ZSTD_outBuffer to = { out, n, 0 };
	size_t rc;

	(void)last;
	if (in->n == 0 && *whole)
		return 0;
	rc = ZSTD_decompressStream(state, &to, &from);
	*in = span_skip(*in, from.pos);
	if (ZSTD_isError(rc))
		return -1;
	*whole = rc == 0;
	return (ssize_t)to.pos;
}

const struct packer unpack_zstd = {
	"zstd", { "\x28\xb5\x2f\xfd", 4 }, begin, end, step
};

#endif
