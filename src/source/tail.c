#include "source/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/logfile.h"

#define FILES_MAX 8
#define LINGER (60 * CLOCK_SECOND)

/*
 * Files in the order they had the name: v[0..current) were rotated away and
 * linger, v[current] is being read, those behind it wait for their turn.
 */
struct tail {
	char *path;
	size_t line_max;
	tail_block_fn *block;
	tail_skip_fn *skip;
	lines_fn *before;
	bool look_back;                /* … were not asked for yet */
	bool from_end;
	bool live;
	struct tail_position stored;   /* where the first file may go on */
	struct logfile *v[FILES_MAX];
	struct boot until[FILES_MAX];  /* how long a rotated one lingers */
	size_t n;
	size_t current;
	struct tail_counters counters;
};

/* What a line goes through on its way to the caller. */
struct delivery {
	const struct tail *tail;
	tail_line_fn *fn;
	void *arg;
};

struct tail *
tail_new(const struct tail_options *options)
{
	struct tail *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(options->path);
	t->line_max = options->line_max;
	t->block = options->block;
	t->skip = options->skip;
	t->before = options->before;
	t->from_end = options->from_end;
	if (options->stored != NULL) {
		t->stored = *options->stored;
		t->from_end = false;
	}
	return t;
}

static void
drop(struct tail *t, size_t i)
{
	logfile_free(t->v[i]);
	t->n--;
	memmove(&t->v[i], &t->v[i + 1], (t->n - i) * sizeof(t->v[0]));
	memmove(&t->until[i], &t->until[i + 1],
	    (t->n - i) * sizeof(t->until[0]));
	if (i < t->current)
		t->current--;
}

static void
drop_all(struct tail *t)
{
	while (t->n > 0)
		drop(t, t->n - 1);
	t->current = 0;
}

void
tail_free(struct tail *t)
{
	if (t == NULL)
		return;
	drop_all(t);
	free(t->path);
	free(t);
}

void
tail_missing(struct tail *t)
{
	t->from_end = false;
}

/* Room for one more: the oldest goes, read to its end or not. */
static void
make_room(struct tail *t)
{
	if (t->n < FILES_MAX)
		return;
	if (t->current == 0) {
		t->counters.dropped++;
		log_warning("gaol.source", "%s: rotated faster than it is "
		    "read: the rest of an old file is given up",
		    log_text(span_of(t->path)));
	}
	drop(t, 0);
}

/* Where the very first file starts; later ones start at 0. */
static void
start_first(struct tail *t, struct logfile *f)
{
	if (t->from_end) {
		logfile_skip_to_end(f);
		t->live = true;
	} else {
		logfile_resume(f, &t->stored);
		t->look_back = t->before != NULL;
	}
	t->from_end = false;
}

/* A file that had the name before has it again: it keeps its place in it. */
static bool
take_back(struct tail *t, const struct stat *st)
{
	struct logfile *f;
	size_t i;

	for (i = 0; i < t->n && !logfile_is(t->v[i], st); i++)
		;
	if (i == t->n)
		return false;
	if (i < t->n - 1) {
		f = t->v[i];
		memmove(&t->v[i], &t->v[i + 1],
		    (t->n - 1 - i) * sizeof(t->v[0]));
		memmove(&t->until[i], &t->until[i + 1],
		    (t->n - 1 - i) * sizeof(t->until[0]));
		t->v[t->n - 1] = f;
		if (i < t->current)
			t->current--;
		t->counters.rotations++;
	}
	return true;
}

int
tail_attach(struct tail *t, int fd)
{
	struct stat st;
	int error;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		error = errno;
		if (fstat(fd, &st) == 0)
			error = EINVAL;
		close(fd);
		errno = error;
		return -1;
	}
	if (take_back(t, &st)) {
		close(fd);
		return 0;
	}
	make_room(t);
	t->v[t->n] = logfile_new(fd, &st, t->line_max);
	if (t->n++ == 0)
		start_first(t, t->v[0]);
	else
		t->counters.rotations++;
	return 0;
}

bool
tail_attached(const struct tail *t)
{
	return t->n > 0;
}

static bool
deliver(struct span line, void *arg)
{
	const struct delivery *to = arg;

	return to->fn(line, to->tail->live, to->arg);
}

static void
announce(struct span block, uint64_t serial, void *arg)
{
	const struct delivery *to = arg;

	if (to->tail->block != NULL)
		to->tail->block(block, serial, to->arg);
}

static size_t
skip(struct span rest, uint64_t *lines, void *arg)
{
	const struct delivery *to = arg;

	return to->tail->skip(rest, to->tail->live, lines, to->arg);
}

/* 1, 0, -1 as logfile_read(). */
static int
read_file(struct tail *t, size_t i, size_t *budget, struct delivery *to)
{
	const struct logfile_reader reader = {
		announce, t->skip != NULL ? skip : NULL, deliver, to
	};
	struct logfile_counters did = { 0 };
	int rc;

	rc = logfile_read(t->v[i], budget, &reader, &did);
	t->counters.lines += did.lines;
	t->counters.bytes += did.bytes;
	t->counters.cut += did.cut;
	t->counters.truncations += did.truncations;
	if (did.truncations > 0)
		log_info("fail2ban.filter", "Log rotation detected for %s",
		    log_text(span_of(t->path)));
	return rc;
}

/* Late lines of rotated files; a file whose time is over is closed. */
static int
read_lingering(struct tail *t, size_t *budget, struct delivery *to)
{
	size_t i = 0;
	int rc;

	while (i < t->current) {
		rc = read_file(t, i, budget, to);
		if (rc != 0)
			return rc;
		if (clock_boot().us >= t->until[i].us)
			drop(t, i);
		else
			i++;
	}
	return 0;
}

static bool
successor_has_content(const struct tail *t)
{
	size_t i;

	for (i = t->current + 1; i < t->n; i++)
		if (!logfile_is_empty(t->v[i]))
			return true;
	return false;
}

/*
 * Asked before the current file is read to its end, so that all that was
 * written to it before the first byte of the next one comes first.
 */
static int
read_current(struct tail *t, size_t *budget, struct delivery *to)
{
	bool moved_on;
	int rc;

	for (;;) {
		moved_on = successor_has_content(t);
		rc = read_file(t, t->current, budget, to);
		if (rc != 0 || !moved_on)
			return rc;
		t->until[t->current].us = clock_boot().us + LINGER;
		t->current++;
	}
}

int
tail_read(struct tail *t, size_t budget, tail_line_fn *fn, void *arg)
{
	struct delivery to = { t, fn, arg };
	int rc, error;

	if (t->n == 0)
		return 0;
	if (t->look_back)
		logfile_before(t->v[0], TAIL_BEFORE, t->before, arg);
	t->look_back = false;
	rc = read_lingering(t, &budget, &to);
	if (rc == 0)
		rc = read_current(t, &budget, &to);
	if (rc == 0)
		t->live = true;
	if (rc == -1) {
		error = errno;
		tail_position(t, &t->stored);
		drop_all(t);
		errno = error;
	}
	return rc;
}

void
tail_position(const struct tail *t, struct tail_position *out)
{
	if (t->n > 0)
		logfile_position(t->v[t->current], out);
	else
		*out = t->stored;
}

const struct tail_counters *
tail_counters(const struct tail *t)
{
	return &t->counters;
}
