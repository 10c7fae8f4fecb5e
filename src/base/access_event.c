#include "base/access_event.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
access_event_init(struct access_event *e)
{
	*e = (struct access_event){ .kind = EVENT_OTHER };
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		e->numbers[i] = EVENT_NUMBER_UNKNOWN;
}

/* Appends the text to *at; what borrowed it borrows from there now. */
static void
move_in(struct span *text, char **at)
{
	if (text->n > 0)
		memcpy(*at, text->p, text->n);
	text->p = *at;
	*at += text->n;
}

size_t
access_event_texts(const struct access_event *e)
{
	size_t n = e->line.n + e->forwarded.n;

	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		n += e->texts[i].n;
	return n;
}

void
access_event_move_in(struct access_event *e, char *room)
{
	e->owned = NULL;
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		move_in(&e->texts[i], &room);
	move_in(&e->line, &room);
	move_in(&e->forwarded, &room);
}

void
access_event_copy(struct access_event *to, const struct access_event *from)
{
	char *room = xmalloc(access_event_texts(from) + 1);

	*to = *from;
	access_event_move_in(to, room);
	to->owned = room;
}

void
access_event_fini(struct access_event *e)
{
	free(e->owned);
	access_event_init(e);
}
