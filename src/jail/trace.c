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

static char *
put_groups(char *out, const struct failure *f, struct span ip)
{
	size_t i;

	for (i = 0; i < f->groups_n; i++) {
		out = put_piece(out, f->groups[i].name);
		out = put_piece(out, f->groups[i].value);
	}
	if (ip.n > 0) {
		out = put_piece(out, SPAN("ip"));
		out = put_piece(out, ip);
	}
	return out;
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

static void
put_lines(char *out, const struct failure *f, int64_t max)
{
	size_t i;

	for (i = first_line(f, max); i < f->lines_n; i++)
		out = put_piece(out, f->lines[i]);
}

static struct trace *
allocate(size_t raw, size_t groups, size_t lines)
{
	struct trace *t = xmalloc(sizeof(*t) + raw + groups + lines);

	t->raw = (uint32_t)raw;
	t->groups = (uint32_t)groups;
	t->lines = (uint32_t)lines;
	return t;
}

struct trace *
trace_new(const struct failure *f, bool texts, int64_t lines_max)
{
	char text[ADDR_STRLEN];
	struct span ip = { 0 }, raw = { 0 };
	struct trace *t;
	char *out;

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
		out = put_groups(t->bytes + raw.n, f, ip);
		put_lines(out, f, lines_max);
	}
	return t;
}

/* The lines of t that stay when `more` are added. */
static struct span
lines_to_keep(const struct trace *t, size_t more, int64_t max)
{
	struct span rest = lines_of(t), kept = rest;
	size_t n = 0;

	if (max <= 0 || more >= (size_t)max)
		return (struct span){ 0 };
	while (rest.n > 0) {
		cut_piece(&rest);
		n++;
	}
	for (; n + more > (size_t)max; n--)
		cut_piece(&kept);
	return kept;
}

struct trace *
trace_add_lines(struct trace *t, const struct failure *f, int64_t lines_max)
{
	size_t more = f->lines_n - first_line(f, lines_max);
	size_t before;
	struct span kept;
	struct trace *new;

	if (t == NULL) {
		new = allocate(0, 0, lines_size(f, lines_max));
		put_lines(new->bytes, f, lines_max);
		return new;
	}
	kept = lines_to_keep(t, more, lines_max);
	before = t->raw + t->groups;
	new = allocate(t->raw, t->groups, kept.n + lines_size(f, lines_max));
	memcpy(new->bytes, t->bytes, before);
	if (kept.n > 0)
		memcpy(new->bytes + before, kept.p, kept.n);
	put_lines(new->bytes + before + kept.n, f, lines_max);
	free(t);
	return new;
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
