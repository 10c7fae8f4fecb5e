#include "store/event_row.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Texts of many rows, which go together. */
struct event_block {
	struct event_block *older;
	size_t used, size;
	char text[];
};

#define BLOCK_FIRST 1024u
#define BLOCK_MAX (64u * 1024)

static char *
add_block(struct event_rows *rows, size_t n)
{
	struct event_block *older = rows->texts, *b;
	size_t size = older == NULL ? BLOCK_FIRST :
	    older->size < BLOCK_MAX ? older->size * 2 : BLOCK_MAX;

	if (size < n)
		size = n;
	b = xmalloc(sizeof(*b) + size);
	*b = (struct event_block){ .older = older, .used = n, .size = size };
	rows->texts = b;
	return b->text;
}

static struct span
copy(struct event_rows *rows, struct span text)
{
	struct event_block *b = rows->texts;
	char *to;

	if (text.n == 0)
		return (struct span){ NULL, 0 };
	if (b != NULL && b->size - b->used >= text.n) {
		to = b->text + b->used;
		b->used += text.n;
	} else {
		to = add_block(rows, text.n);
	}
	memcpy(to, text.p, text.n);
	return span_from(to, text.n);
}

/* Most texts are parts of the line. */
static void
copy_texts(struct event_rows *rows, struct access_event *e)
{
	struct span line = span_sub(e->line, 0, EVENT_LINE_MAX), *text;
	uintptr_t from = (uintptr_t)line.p, at;

	e->line = copy(rows, line);
	for (unsigned i = 0; i < EVENT_TEXTS; i++) {
		text = &e->texts[i];
		if (text->n == 0)
			continue;
		at = (uintptr_t)text->p - from;
		if (at <= line.n && text->n <= line.n - at)
			text->p = e->line.p + at;
		else
			*text = copy(rows, *text);
	}
	e->forwarded = (struct span){ NULL, 0 };
	e->owned = NULL;
}

static struct event_row *
add_row(struct event_rows *rows)
{
	size_t blocks = rows->n / EVENT_ROWS_EACH;

	if (rows->n % EVENT_ROWS_EACH == 0) {
		/* For 1, 2, 4, 8 … blocks. */
		if ((blocks & (blocks - 1)) == 0)
			rows->v = xreallocarray(rows->v,
			    blocks > 0 ? blocks * 2 : 1, sizeof(*rows->v));
		rows->v[blocks] = xmalloc(EVENT_ROWS_EACH *
		    sizeof(**rows->v));
	}
	return event_rows_at(rows, rows->n++);
}

struct event_row *
event_rows_add(struct event_rows *rows, const struct access_event *e)
{
	struct event_row *row = add_row(rows);

	memset(row, 0, offsetof(struct event_row, event));
	row->duration_ms = -1;
	row->event = *e;
	copy_texts(rows, &row->event);
	return row;
}

void
event_rows_fini(struct event_rows *rows)
{
	struct event_block *older;

	for (struct event_block *b = rows->texts; b != NULL; b = older) {
		older = b->older;
		free(b);
	}
	for (size_t i = 0; i < rows->n; i += EVENT_ROWS_EACH)
		free(rows->v[i / EVENT_ROWS_EACH]);
	free(rows->v);
	*rows = (struct event_rows){ 0 };
}
