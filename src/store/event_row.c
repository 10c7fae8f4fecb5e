#include "store/event_row.h"

#include <stdlib.h>

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
room_for(struct event_rows *rows, size_t n)
{
	struct event_block *b = rows->texts;
	size_t size = b == NULL ? BLOCK_FIRST :
	    b->size < BLOCK_MAX ? b->size * 2 : BLOCK_MAX;

	if (b == NULL || b->size - b->used < n) {
		if (size < n)
			size = n;
		b = xmalloc(sizeof(*b) + size);
		b->older = rows->texts;
		b->used = 0;
		b->size = size;
		rows->texts = b;
	}
	b->used += n;
	return b->text + b->used - n;
}

struct event_row *
event_rows_add(struct event_rows *rows, const struct access_event *e)
{
	struct event_row *row;

	if (rows->n == rows->cap) {
		rows->cap = rows->cap > 0 ? rows->cap * 2 : 16;
		rows->v = xreallocarray(rows->v, rows->cap,
		    sizeof(*rows->v));
	}
	row = &rows->v[rows->n++];
	*row = (struct event_row){ .event = *e, .duration_ms = -1 };
	row->event.line = span_sub(e->line, 0, EVENT_LINE_MAX);
	row->event.forwarded = (struct span){ 0 };
	access_event_move_in(&row->event,
	    room_for(rows, access_event_texts(&row->event)));
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
	free(rows->v);
	*rows = (struct event_rows){ 0 };
}
