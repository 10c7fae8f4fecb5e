#include "jail/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/clean.h"

/*
 * raw id | groups | lines. Groups and lines are pieces: a length of four
 * bytes, then the text; a group is two of them. Sizes are bounded by the
 * line length, FAILURE_GROUPS_MAX and maxmatches.
 */
struct trace {
	uint32_t raw;       /* bytes of the raw id */
	uint32_t groups;    /* bytes of the groups */
	uint32_t lines;     /* bytes of the lines */
	uint32_t lines_n;   /* … and how many they are */
	char bytes[];
};

#define LENGTH sizeof(uint32_t)
#define MALLOC_COST 16

static size_t
piece_size(struct span s)
{
	return LENGTH + s.n;
}

static char *
put_piece(char *out, struct span s)
{
	uint32_t n = (uint32_t)s.n;

	memcpy(out, &n, LENGTH);
	if (s.n > 0)
		memcpy(out + LENGTH, s.p, s.n);
	return out + LENGTH + s.n;
}

/* Cuts the first piece off *rest. */
static struct span
cut_piece(struct span *rest)
{
	struct span piece;
	uint32_t n;

	memcpy(&n, rest->p, LENGTH);
	piece = span_sub(*rest, LENGTH, n);
	*rest = span_skip(*rest, LENGTH + n);
	return piece;
}

static struct span
groups_of(const struct trace *t)
{
	return span_from(t->bytes + t->raw, t->groups);
}

static struct span
lines_of(const struct trace *t)
{
	return span_from(t->bytes + t->raw + t->groups, t->lines);
}

static bool
has_other_ip(const struct failure *f)
{
	return f->ip.family != ADDR_NONE && !addr_eq(&f->ip, &f->id.addr);
}

static size_t
groups_size(const struct failure *f, struct span ip)
{
	size_t i, n = 0;

	for (i = 0; i < f->groups_n; i++)
		n += piece_size(f->groups[i].name) +
		    piece_size(f->groups[i].value);
	if (ip.n > 0)
		n += piece_size(SPAN("ip")) + piece_size(ip);
	return n;
}

static void
put_groups(char *out, const struct failure *f, struct span ip)
{
	size_t i;

	for (i = 0; i < f->groups_n; i++) {
		out = put_piece(out, f->groups[i].name);
		out = put_piece(out, f->groups[i].value);
	}
	if (ip.n > 0) {
		out = put_piece(out, SPAN("ip"));
		put_piece(out, ip);
	}
}

/* The number of the failure's first line that is kept. */
static size_t
first_line(const struct failure *f, int64_t max)
{
	if (max <= 0)
		return f->lines_n;
	return f->lines_n > (size_t)max ? f->lines_n - (size_t)max : 0;
}

static size_t
lines_size(const struct failure *f, int64_t max)
{
	size_t i, n = 0;

	for (i = first_line(f, max); i < f->lines_n; i++)
		n += piece_size(f->lines[i]);
	return n;
}

/* Behind `at` bytes of those that are there. */
static void
put_lines(struct trace *t, size_t at, const struct failure *f, int64_t max)
{
	char *out = t->bytes + t->raw + t->groups + at;
	size_t i;

	for (i = first_line(f, max); i < f->lines_n; i++) {
		out = put_piece(out, f->lines[i]);
		t->lines_n++;
	}
}

static struct trace *
allocate(size_t raw, size_t groups, size_t lines)
{
	struct trace *t = xmalloc(sizeof(*t) + raw + groups + lines);

	t->raw = (uint32_t)raw;
	t->groups = (uint32_t)groups;
	t->lines = (uint32_t)lines;
	t->lines_n = 0;
	return t;
}

struct trace *
trace_new(const struct failure *f, bool texts, int64_t lines_max)
{
	char text[ADDR_STRLEN];
	struct span ip = { 0 }, raw = { 0 };
	struct trace *t;

	if (f->id.addr.family == ADDR_NONE)
		raw = f->id.raw;
	if (texts && has_other_ip(f))
		ip = span_from(text, addr_format(&f->ip, text));
	if (!texts && raw.n == 0)
		return NULL;
	t = allocate(raw.n, texts ? groups_size(f, ip) : 0,
	    texts ? lines_size(f, lines_max) : 0);
	if (raw.n > 0)
		memcpy(t->bytes, raw.p, raw.n);
	if (texts) {
		put_groups(t->bytes + raw.n, f, ip);
		put_lines(t, 0, f, lines_max);
	}
	return t;
}

/* Drops the oldest lines, so that `more` have room. */
static void
make_room(struct trace *t, size_t more, int64_t max)
{
	size_t most = max > 0 ? (size_t)max : 0;
	struct span kept = lines_of(t);

	for (; t->lines_n > 0 && t->lines_n + more > most; t->lines_n--)
		cut_piece(&kept);
	if (kept.n > 0 && kept.n < t->lines)
		memmove(t->bytes + t->raw + t->groups, kept.p, kept.n);
	t->lines = (uint32_t)kept.n;
}

struct trace *
trace_add_lines(struct trace *t, const struct failure *f, int64_t lines_max)
{
	size_t more = f->lines_n - first_line(f, lines_max);
	size_t before;

	if (t == NULL)
		t = allocate(0, 0, 0);
	make_room(t, more, lines_max);
	before = t->lines;
	t->lines += (uint32_t)lines_size(f, lines_max);
	t = xreallocarray(t, 1, sizeof(*t) + t->raw + t->groups + t->lines);
	put_lines(t, before, f, lines_max);
	return t;
}

size_t
trace_cost(const struct trace *t)
{
	if (t == NULL)
		return 0;
	return MALLOC_COST + sizeof(*t) + t->raw + t->groups + t->lines;
}

size_t
trace_cost_of(const struct failure *f)
{
	return MALLOC_COST + sizeof(struct trace) + f->id.raw.n +
	    groups_size(f, SPAN("")) + ADDR_STRLEN +
	    lines_size(f, INT64_MAX);
}

struct span
trace_raw(const struct trace *t)
{
	if (t == NULL)
		return (struct span){ 0 };
	return span_from(t->bytes, t->raw);
}

void
trace_lines(const struct trace *t, struct strings *out)
{
	struct buf clean = { 0 };
	struct span rest;

	if (t == NULL)
		return;
	for (rest = lines_of(t); rest.n > 0;) {
		buf_clear(&clean);
		clean_utf8(cut_piece(&rest), &clean);
		strings_add(out, buf_span(&clean));
	}
	buf_fini(&clean);
}

bool
trace_group(const struct trace *t, size_t *at, struct span *name,
    struct span *value)
{
	struct span rest;

	if (t == NULL || *at >= t->groups)
		return false;
	rest = span_skip(groups_of(t), *at);
	*name = cut_piece(&rest);
	*value = cut_piece(&rest);
	*at = t->groups - rest.n;
	return true;
}
