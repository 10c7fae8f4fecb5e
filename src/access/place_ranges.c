/*
 * Ranges in a text file, found by halving the file: read a little in the
 * middle, go to the next line, compare. About twenty small reads out of the
 * page cache for 400,000 lines, and no copy of them in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/place_local.h"
#include "base/number.h"
#include "base/xalloc.h"

#define LINE_LONGEST 128   /* two IPv6 addresses and a code are 83 */
#define LINES_SKIPPED 256  /* comments and nonsense in a row */

struct ranges {
	int fd;
	off_t size;
};

struct range {
	struct addr from, to;
	struct span code;
};

struct ranges *
ranges_open(const char *path, struct buf *why)
{
	struct ranges *r;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		buf_addf(why, "%s: %s", path, fd == -1 ? strerror(errno) :
		    "not a regular file");
		if (fd != -1)
			close(fd);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->fd = fd;
	r->size = st.st_size;
	return r;
}

void
ranges_close(struct ranges *r)
{
	if (r == NULL)
		return;
	close(r->fd);
	free(r);
}

/* IPv4 addresses stand there as numbers. */
static int
read_addr(struct span text, struct addr *a)
{
	int64_t n;

	if (number_parse(text, 0, UINT32_MAX, &n) == -1)
		return addr_parse(text, a);
	*a = (struct addr){ .family = ADDR_V4, .plen = 32 };
	for (int i = 3; i >= 0; i--, n >>= 8)
		a->b[i] = (uint8_t)(n & 0xff);
	return 0;
}

static bool
read_range(struct span line, struct range *out)
{
	struct span from, to;

	return span_cut(&line, ',', &from) && span_cut(&line, ',', &to) &&
	    read_addr(from, &out->from) == 0 &&
	    read_addr(to, &out->to) == 0 &&
	    (out->code = span_trim(line)).n == 2;
}

/*
 * The first range that begins at or behind `at`, its text in `buf`; its place
 * in *begin, that of the line behind it in *end. False: there is none.
 */
static bool
line_from(const struct ranges *r, off_t at, char *buf, struct range *range,
    off_t *begin, off_t *end)
{
	bool whole = at == 0;

	/* Does a line begin here? The byte before tells. */
	at -= at > 0;
	for (int i = 0; i < LINES_SKIPPED && at < r->size; i++) {
		ssize_t n = pread(r->fd, buf, LINE_LONGEST, at);
		struct span got, line;

		if (n <= 0)
			return false;
		got = span_from(buf, (size_t)n);
		line = span_sub(got, 0, span_chr(got, '\n'));
		*begin = at;
		at += (off_t)line.n + (line.n < got.n);
		*end = at;
		if (whole && read_range(line, range))
			return true;
		/* What has no end within reach is no range. */
		whole = line.n < got.n;
	}
	return false;
}

void
ranges_find(const struct ranges *r, const struct addr *a, struct place *place)
{
	off_t low = 0, high = r->size, begin, end;
	char buf[LINE_LONGEST];
	struct range range;

	while (low < high) {
		off_t middle = low + (high - low) / 2;

		if (!line_from(r, middle, buf, &range, &begin, &end) ||
		    begin >= high) {
			high = middle;
			continue;
		}
		if (addr_cmp(a, &range.from) < 0) {
			high = middle;
		} else if (addr_cmp(a, &range.to) > 0) {
			low = end;
		} else {
			if (range.code.p[0] != '?')
				memcpy(place->country, range.code.p, 2);
			return;
		}
	}
}

enum addr_family
ranges_family(const struct ranges *r)
{
	char buf[LINE_LONGEST];
	struct range range;
	off_t begin, end;

	return line_from(r, 0, buf, &range, &begin, &end) ?
	    (enum addr_family)range.from.family : ADDR_NONE;
}
