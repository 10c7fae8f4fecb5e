#include "tools/unpack_local.h"

#ifdef GAOL_ZLIB

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/xalloc.h"

struct gzip {
	z_stream z;
	bool ended;      /* behind a member; another may follow */
};

static void *
begin(void)
{
	struct gzip *g = xcalloc(1, sizeof(*g));

	if (inflateInit2(&g->z, 15 + 16) == Z_OK)
		return g;
	free(g);
	return NULL;
}

static void
end(void *state)
{
	struct gzip *g = state;

	inflateEnd(&g->z);
	free(g);
}

static ssize_t
step(void *state, struct span *in, bool last, char *out, size_t n,
    bool *whole)
{
	struct gzip *g = state;
	int rc;

	(void)last;
	if (in->n == 0)
		return 0;
	if (g->ended && in->p[0] != '\x1f') {
		/* Padding behind the last member, as tapes have it. */
		in->n = 0;
		return 0;
	}
	if (g->ended && inflateReset(&g->z) != Z_OK)
		return -1;
	g->ended = false;
	g->z.next_in = (z_const Bytef *)in->p;
	g->z.avail_in = in->n > UINT_MAX ? UINT_MAX : (uInt)in->n;
	g->z.next_out = (Bytef *)out;
	g->z.avail_out = n > UINT_MAX ? UINT_MAX : (uInt)n;
	n = g->z.avail_out;
	rc = inflate(&g->z, Z_NO_FLUSH);
	*in = span_skip(*in, (size_t)((const char *)g->z.next_in - in->p));
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return -1;
	*whole = g->ended = rc == Z_STREAM_END;
	return (ssize_t)(n - g->z.avail_out);
}

const struct packer unpack_gzip = {
	"gzip", { "\x1f\x8b", 2 }, begin, end, step
};

#endif
