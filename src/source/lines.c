#include "source/lines.h"

/* A long line is rare; its memory is not worth keeping for each log. */
#define PENDING_KEPT 4096

void
lines_init(struct lines *l, size_t line_max)
{
	*l = (struct lines){ .line_max = line_max };
}

void
lines_fini(struct lines *l)
{
	buf_fini(&l->pending);
}

void
lines_reset(struct lines *l)
{
	if (l->pending.cap > PENDING_KEPT)
		buf_fini(&l->pending);
	else
		buf_clear(&l->pending);
	l->skipping = false;
}

/* Keeps a part of a line, as far as the cap allows. */
static void
stash(struct lines *l, struct span part)
{
	size_t room = l->line_max - l->pending.n;

	if (part.n > room) {
		part.n = room;
		l->skipping = true;
	}
	buf_add_span(&l->pending, part);
}

static bool
deliver(struct lines *l, struct span line, bool cut, lines_fn *fn, void *arg)
{
	if (line.n > l->line_max) {
		line.n = l->line_max;
		cut = true;
	}
	l->count++;
	l->cut += cut;
	return fn(line, arg);
}

/* Is each line in it within the cap, so that those skipped cut nothing? */
static bool
is_tame(const struct lines *l, struct span bytes)
{
	struct span head;
	size_t newline;

	while (bytes.n > l->line_max) {
		head = span_sub(bytes, 0, l->line_max + 1);
		newline = span_find_last(head, SPAN("\n"));
		if (newline == SPAN_NONE)
			return false;
		bytes = span_skip(bytes, newline + 1);
	}
	return true;
}

static struct span
skip(struct lines *l, struct span rest, void *arg)
{
	uint64_t count = 0;

	if (l->pending.n == 0 && !l->skipping) {
		rest = span_skip(rest, l->skip(rest, &count, arg));
		l->count += count;
	}
	return rest;
}

size_t
lines_feed(struct lines *l, struct span bytes, lines_fn *fn, void *arg)
{
	struct span rest = bytes, piece;
	bool may_skip = l->skip != NULL && is_tame(l, bytes), on;
	size_t end;

	while (rest.n > 0) {
		if (may_skip)
			rest = skip(l, rest, arg);
		if (rest.n == 0)
			break;
		end = span_chr(rest, '\n');
		piece = span_sub(rest, 0, end);
		if (end == SPAN_NONE) {
			stash(l, piece);
			break;
		}
		rest = span_skip(rest, end + 1);
		if (l->pending.n == 0 && !l->skipping) {
			on = deliver(l, piece, false, fn, arg);
		} else {
			stash(l, piece);
			on = deliver(l, buf_span(&l->pending), l->skipping,
			    fn, arg);
			lines_reset(l);
		}
		if (!on)
			return bytes.n - rest.n;
	}
	return bytes.n;
}
