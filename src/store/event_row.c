#include "store/event_row.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct event_row *
event_rows_add(struct event_rows *rows, const struct access_event *e)
{
	struct access_event cut = *e;
	struct event_row *row;

	if (rows->n == rows->cap) {
		rows->cap = rows->cap > 0 ? rows->cap * 2 : 16;
		rows->v = xreallocarray(rows->v, rows->cap,
		    sizeof(*rows->v));
	}
	row = &rows->v[rows->n++];
	*row = (struct event_row){ .duration_ms = -1 };
	cut.line = span_sub(cut.line, 0, EVENT_LINE_MAX);
	cut.forwarded = (struct span){ 0 };
	access_event_copy(&row->event, &cut);
	return row;
}

void
event_rows_fini(struct event_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		access_event_fini(&rows->v[i].event);
	free(rows->v);
	*rows = (struct event_rows){ 0 };
}
