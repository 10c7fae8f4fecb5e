#include "source/logfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

#define CHUNK (256 * 1024)
#define HEAD_MAX 256

struct logfile {
	int fd;
	dev_t dev;
	ino_t ino;
	off_t read_to;           /* bytes given to `lines` */
	off_t done_to;           /* behind the last complete line */
	struct lines lines;
	char hash[SHA1_HEX];     /* of the first line; "" not yet known */
	/*
	 * The file's first bytes, as far as read. When they change, somebody
	 * truncated the file and wrote it anew, even if it grew past our
	 * position since. Cheaper than hashing the first line each time.
	 */
	char head[HEAD_MAX];
	size_t head_n;
};

/*
 * Shared by all files: a line is borrowed during one callback only. In bss,
 * so that pages a quiet machine never fills cost nothing.
 */
static char chunk[CHUNK];

/*
 * What is in it. Several jails that follow one log read the same bytes one
 * after the other: within one wake a full chunk need not be read again. A
 * short one ends where the file did, and may have grown.
 */
static struct held {
	uint64_t serial;         /* 0: nothing */
	dev_t dev;
	ino_t ino;
	off_t at;
	struct boot when;
} held;
static uint64_t last_serial;

struct logfile *
logfile_new(int fd, const struct stat *st, size_t line_max)
{
	struct logfile *f = xcalloc(1, sizeof(*f));

	f->fd = fd;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	lines_init(&f->lines, line_max);
	return f;
}

void
logfile_free(struct logfile *f)
{
	if (f == NULL)
		return;
	lines_fini(&f->lines);
	close(f->fd);
	free(f);
}

bool
logfile_is(const struct logfile *f, const struct stat *st)
{
	return f->dev == st->st_dev && f->ino == st->st_ino;
}

bool
logfile_is_empty(const struct logfile *f)
{
	struct stat st;

	return fstat(f->fd, &st) == -1 || st.st_size == 0;
}

static ssize_t
read_at(const struct logfile *f, char *p, size_t n, off_t at)
{
	ssize_t got;

	do
		got = pread(f->fd, p, n, at);
	while (got == -1 && errno == EINTR);
	return got;
}

/* The next `want` bytes into the chunk. */
static ssize_t
read_chunk(const struct logfile *f, size_t want)
{
	struct boot now = clock_boot();
	ssize_t n;

	if (want == CHUNK && held.serial != 0 && held.dev == f->dev &&
	    held.ino == f->ino && held.at == f->read_to &&
	    held.when.us == now.us)
		return CHUNK;
	held.serial = 0;
	n = read_at(f, chunk, want, f->read_to);
	if (n == CHUNK)
		held = (struct held){ ++last_serial, f->dev, f->ino,
			f->read_to, now };
	return n;
}

static void
start_over(struct logfile *f)
{
	held.serial = 0;
	f->read_to = f->done_to = 0;
	f->head_n = 0;
	f->hash[0] = '\0';
	lines_reset(&f->lines);
}

/*
 * Fills f->hash if the first line is complete. One that does not even fit
 * into a chunk counts as far as it does.
 */
static void
hash_first_line(struct logfile *f)
{
	ssize_t n;
	struct span text;
	size_t end;

	held.serial = 0;
	n = read_at(f, chunk, sizeof(chunk), 0);
	text = span_from(chunk, n > 0 ? (size_t)n : 0);
	end = span_chr(text, '\n');
	if (end != SPAN_NONE || text.n == sizeof(chunk))
		sha1_hex(end != SPAN_NONE ? span_sub(text, 0, end + 1) : text,
		    f->hash);
}

/* Go on from `at`, which is behind a newline, without having read so far. */
static void
jump(struct logfile *f, off_t at)
{
	ssize_t n;

	f->read_to = f->done_to = at;
	n = read_at(f, f->head, at < HEAD_MAX ? (size_t)at : HEAD_MAX, 0);
	f->head_n = n > 0 ? (size_t)n : 0;
}

void
logfile_resume(struct logfile *f, const struct tail_position *stored)
{
	struct stat st;

	hash_first_line(f);
	if (f->hash[0] == '\0' || strcmp(f->hash, stored->hash) != 0)
		return;
	if (fstat(f->fd, &st) == 0 && stored->offset > 0 &&
	    stored->offset <= st.st_size)
		jump(f, stored->offset);
}

void
logfile_skip_to_end(struct logfile *f)
{
	struct stat st;
	size_t last;
	off_t from;
	ssize_t n;

	if (fstat(f->fd, &st) == -1 || st.st_size == 0)
		return;
	from = st.st_size > CHUNK ? st.st_size - CHUNK : 0;
	held.serial = 0;
	n = read_at(f, chunk, CHUNK, from);
	last = span_find_last(span_from(chunk, n > 0 ? (size_t)n : 0),
	    SPAN("\n"));
	if (last != SPAN_NONE)
		jump(f, from + (off_t)last + 1);
	else if (from > 0)
		jump(f, st.st_size);
	hash_first_line(f);
}

void
logfile_before(const struct logfile *f, size_t most, lines_fn *line, void *arg)
{
	off_t from = 0, to = f->done_to;
	struct span rest, piece;
	ssize_t n;

	if (most > CHUNK)
		most = CHUNK;
	if (to > (off_t)most)
		from = to - (off_t)most;
	held.serial = 0;
	n = read_at(f, chunk, (size_t)(to - from), from);
	rest = span_from(chunk, n > 0 ? (size_t)n : 0);
	/* In the middle of a line. */
	if (from > 0)
		span_cut(&rest, '\n', &piece);
	while (span_cut(&rest, '\n', &piece) && line(piece, arg))
		;
}

/* Shorter than what was read, or begun anew and grown again since. */
static bool
was_truncated(const struct logfile *f)
{
	char head[HEAD_MAX];
	struct stat st;

	if (fstat(f->fd, &st) == 0 && st.st_size < f->read_to)
		return true;
	return f->head_n > 0 &&
	    (read_at(f, head, f->head_n, 0) != (ssize_t)f->head_n ||
	    memcmp(head, f->head, f->head_n) != 0);
}

static void
keep_head(struct logfile *f, struct span bytes)
{
	if (f->read_to != (off_t)f->head_n)
		return;
	bytes = span_sub(bytes, 0, HEAD_MAX - f->head_n);
	if (bytes.n > 0)
		memcpy(f->head + f->head_n, bytes.p, bytes.n);
	f->head_n += bytes.n;
}

/* Remembers that the receiver stopped, be it at the chunk's last line. */
struct receiver {
	const struct logfile_reader *reader;
	bool stopped;
};

static bool
pass(struct span line, void *arg)
{
	struct receiver *to = arg;

	to->stopped = !to->reader->line(line, to->reader->arg);
	return !to->stopped;
}

static size_t
pass_by(struct span rest, uint64_t *lines, void *arg)
{
	const struct receiver *to = arg;

	return to->reader->skip(rest, lines, to->reader->arg);
}

static void
feed(struct logfile *f, struct span bytes, struct receiver *to,
    struct logfile_counters *counters)
{
	uint64_t count = f->lines.count, cut = f->lines.cut;
	size_t taken, last;

	f->lines.skip = to->reader->skip != NULL ? pass_by : NULL;
	taken = lines_feed(&f->lines, bytes, pass, to);

	bytes = span_sub(bytes, 0, taken);
	keep_head(f, bytes);
	last = span_find_last(bytes, SPAN("\n"));
	if (last != SPAN_NONE)
		f->done_to = f->read_to + (off_t)last + 1;
	f->read_to += (off_t)taken;
	counters->bytes += taken;
	counters->lines += f->lines.count - count;
	counters->cut += f->lines.cut - cut;
}

int
logfile_read(struct logfile *f, size_t *budget,
    const struct logfile_reader *reader, struct logfile_counters *counters)
{
	struct receiver to = { reader, false };
	bool end = false;
	size_t want;
	ssize_t n;

	if (was_truncated(f)) {
		start_over(f);
		counters->truncations++;
	}
	while (!end && !to.stopped && *budget > 0) {
		/* Up to where other jails' chunks end, too. */
		want = CHUNK - (size_t)(f->read_to % CHUNK);
		if (want > *budget)
			want = *budget;
		n = read_chunk(f, want);
		if (n == -1)
			return -1;
		end = (size_t)n < want;
		*budget -= (size_t)n;
		reader->block(span_from(chunk, (size_t)n), held.serial,
		    reader->arg);
		feed(f, span_from(chunk, (size_t)n), &to, counters);
		reader->block(span_from(chunk, 0), 0, reader->arg);
		/* What is left of the budget would end within a chunk. */
		if (f->read_to % CHUNK == 0 && *budget < CHUNK)
			break;
	}
	if (f->hash[0] == '\0' && f->done_to > 0)
		hash_first_line(f);
	return end && !to.stopped ? 0 : 1;
}

void
logfile_position(const struct logfile *f, struct tail_position *out)
{
	memcpy(out->hash, f->hash, sizeof(out->hash));
	out->offset = f->done_to;
}
