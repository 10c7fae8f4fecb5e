#include "tools/unpack_local.h"

#ifdef GAOL_LIBLZMA

#include <lzma.h>
#include <stdlib.h>

#include "base/xalloc.h"

static void *
begin(void)
{
	lzma_stream *x = xcalloc(1, sizeof(*x));

	if (lzma_stream_decoder(x, UNPACK_MEMORY, LZMA_CONCATENATED) ==
	    LZMA_OK)
		return x;
	free(x);
	return NULL;
}

static void
end(void *state)
{
	lzma_end(state);
	free(state);
}

static ssize_t
step(void *state, struct span *in, bool last, char *out, size_t n,
    bool *whole)
{
	lzma_stream *x = state;
	lzma_ret rc;

	x->next_in = (const uint8_t *)in->p;
	x->avail_in = in->n;
	x->next_out = (uint8_t *)out;
	x->avail_out = n;
	rc = lzma_code(x, last ? LZMA_FINISH : LZMA_RUN);
	*in = span_skip(*in, in->n - x->avail_in);
	*whole = rc == LZMA_STREAM_END;
	if (rc != LZMA_OK && rc != LZMA_STREAM_END && rc != LZMA_BUF_ERROR)
		return -1;
	return (ssize_t)(n - x->avail_out);
}

const struct packer unpack_xz = {
	"xz", { "\xfd" "7zXZ\0", 6 }, begin, end, step
};

#endif
