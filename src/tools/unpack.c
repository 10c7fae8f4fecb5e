#include "tools/unpack_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

#define CHUNK (64u * 1024)

static const struct packer *const known[] = {
#ifdef GAOL_ZLIB
	&unpack_gzip,
#endif
#ifdef GAOL_LIBLZMA
	&unpack_xz,
#endif
#ifdef GAOL_LIBZSTD
	&unpack_zstd,
#endif
	NULL
};

/* Also those that were left out, to say so. */
static const struct {
	const char *why;
	struct span magic;
} foreign[] = {
	{ "packed with gzip, which was left out of this build",
	  { "\x1f\x8b", 2 } },
	{ "packed with xz, which was left out of this build",
	  { "\xfd" "7zXZ\0", 6 } },
	{ "packed with zstd, which was left out of this build",
	  { "\x28\xb5\x2f\xfd", 4 } },
	{ "packed with bzip2, which is not supported; accepted: gzip, xz, "
	  "zstd", { "BZh", 3 } },
};

struct unpack {
	int fd;
	const struct packer *packer;   /* NULL: not packed */
	void *state;
	bool begun, eof;
	bool whole;
	uint64_t offset;
	struct span ready;             /* read, not yet used; part of chunk */
	const char *why;
	char chunk[CHUNK];
};

struct unpack *
unpack_new(int fd)
{
	struct unpack *u = xcalloc(1, sizeof(*u));

	u->fd = fd;
	u->why = "";
	return u;
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	if (u->state != NULL)
		u->packer->end(u->state);
	free(u);
}

static int
fail(struct unpack *u, int error, const char *why)
{
	u->why = why;
	errno = error;
	return -1;
}

/* More of the file behind what is ready. 0, or -1 with errno. */
static int
fill(struct unpack *u)
{
	ssize_t n;

	if (u->ready.n > 0)
		memmove(u->chunk, u->ready.p, u->ready.n);
	do
		n = read(u->fd, u->chunk + u->ready.n, CHUNK - u->ready.n);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return fail(u, errno, strerror(errno));
	u->eof = n == 0;
	u->offset += (uint64_t)n;
	u->ready = span_from(u->chunk, u->ready.n + (size_t)n);
	return 0;
}

/* The first bytes say what it is; a pipe may give them one by one. */
static int
begin(struct unpack *u)
{
	size_t i;

	u->begun = true;
	while (u->ready.n < 6 && !u->eof)
		if (fill(u) == -1)
			return -1;
	for (i = 0; known[i] != NULL; i++)
		if (span_starts(u->ready, known[i]->magic))
			u->packer = known[i];
	for (i = 0; u->packer == NULL &&
	    i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (span_starts(u->ready, foreign[i].magic))
			return fail(u, ENOTSUP, foreign[i].why);
	if (u->packer == NULL)
		return 0;
	u->state = u->packer->begin();
	return u->state != NULL ? 0 : fail(u, ENOMEM, "out of memory");
}

static ssize_t
read_plain(struct unpack *u, void *p, size_t n)
{
	if (u->ready.n == 0 && !u->eof && fill(u) == -1)
		return -1;
	n = n < u->ready.n ? n : u->ready.n;
	if (n > 0)
		memcpy(p, u->ready.p, n);
	u->ready = span_skip(u->ready, n);
	return (ssize_t)n;
}

ssize_t
unpack_read(struct unpack *u, void *p, size_t n)
{
	size_t before;
	ssize_t made;

	if (!u->begun && begin(u) == -1)
		return -1;
	if (u->packer == NULL)
		return read_plain(u, p, n);
	for (;;) {
		if (u->ready.n == 0 && !u->eof && fill(u) == -1)
			return -1;
		before = u->ready.n;
		made = u->packer->step(u->state, &u->ready, u->eof, p, n,
		    &u->whole);
		if (made > 0)
			return made;
		if (made == -1)
			return fail(u, EBADMSG, "broken, or it needs more "
			    "memory than is allowed");
		if (u->eof && u->ready.n == before)
			break;
	}
	return u->whole ? 0 : fail(u, EBADMSG, "its end is missing");
}

const char *
unpack_why(const struct unpack *u)
{
	return u->why;
}

uint64_t
unpack_offset(const struct unpack *u)
{
	return u->offset;
}
