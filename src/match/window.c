#include "match/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct kept_line {
	struct buf line;
	size_t from, to;    /* its date */
	bool marked;
};

struct window {
	size_t n, max;
	struct kept_line v[];
};

struct window *
window_new(size_t lines)
{
	struct window *w = xcalloc(1, sizeof(*w) + lines * sizeof(w->v[0]));

	w->max = lines;
	return w;
}

void
window_free(struct window *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->max; i++)
		buf_fini(&w->v[i].line);
	free(w);
}

struct window *
window_resize(struct window *w, size_t lines)
{
	struct window *new = window_new(lines);
	size_t skip = w->n > lines ? w->n - lines : 0;

	new->n = w->n - skip;
	for (size_t i = 0; i < new->n; i++) {
		new->v[i] = w->v[skip + i];
		w->v[skip + i].line = (struct buf){ 0 };
	}
	window_free(w);
	return new;
}

/* Takes line i out; its memory goes to the end, for the next line. */
static void
take_out(struct window *w, size_t i)
{
	struct kept_line out = w->v[i];

	memmove(w->v + i, w->v + i + 1, (w->n - i - 1) * sizeof(w->v[0]));
	w->n--;
	w->v[w->n] = out;
}

void
window_push(struct window *w, struct span line, size_t from, size_t to)
{
	struct kept_line *last;

	if (w->n == w->max)
		take_out(w, 0);
	last = &w->v[w->n++];
	buf_clear(&last->line);
	buf_add_span(&last->line, line);
	last->from = from;
	last->to = to;
	last->marked = false;
}

static void
add_bare(const struct kept_line *line, struct buf *out)
{
	struct span s = buf_span(&line->line);

	buf_add_span(out, span_sub(s, 0, line->from));
	buf_add_span(out, span_skip(s, line->to));
	buf_addc(out, '\n');
}

void
window_text(const struct window *w, struct buf *out)
{
	size_t i;

	buf_clear(out);
	for (i = 0; i < w->n; i++)
		add_bare(&w->v[i], out);
}

void
window_replace(struct window *w, struct span line)
{
	w->n = 0;
	window_push(w, line, 0, 0);
}

static size_t
newlines(const char *p, const char *end)
{
	size_t n = 0;

	for (; p < end; p++)
		n += *p == '\n';
	return n;
}

void
window_mark(struct window *w, struct span text, struct span match)
{
	const char *start = match.p, *end = match.p + match.n;
	size_t first, last, i;

	/* A match that begins with a newline belongs to the line behind. */
	if (match.n > 0 && start[0] == '\n')
		start++;
	if (end > start && end[-1] == '\n')
		end--;
	first = newlines(text.p, start);
	last = newlines(text.p, end);
	for (i = 0; i < w->n; i++)
		w->v[i].marked = i >= first && i <= last;
}

void
window_unmark(struct window *w, struct span text, struct span skipped)
{
	size_t first = newlines(text.p, skipped.p), i;
	size_t n = newlines(skipped.p, skipped.p + skipped.n);

	for (i = first; i < first + n && i < w->n; i++)
		w->v[i].marked = false;
}

size_t
window_marked(const struct window *w, struct span *lines, size_t n)
{
	size_t have = 0, i;

	for (i = w->n; i > 0 && have < n; i--)
		if (w->v[i - 1].marked)
			lines[n - ++have] = buf_span(&w->v[i - 1].line);
	memmove(lines, lines + (n - have), have * sizeof(lines[0]));
	return have;
}

void
window_marked_text(const struct window *w, struct buf *out)
{
	size_t i;

	buf_clear(out);
	for (i = 0; i < w->n; i++)
		if (w->v[i].marked)
			add_bare(&w->v[i], out);
}

void
window_drop_marked(struct window *w)
{
	size_t i = 0;

	while (i < w->n) {
		if (w->v[i].marked)
			take_out(w, i);
		else
			i++;
	}
}
