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

static size_t
text_bytes(const struct access_event *e)
{
	size_t n = e->line.n + e->forwarded.n;

	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		n += e->texts[i].n;
	return n;
}

void
access_event_copy(struct access_event *to, const struct access_event *from)
{
	char *room = xmalloc(text_bytes(from) + 1);

	*to = *from;
	to->owned = room;
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		move_in(&to->texts[i], &room);
	move_in(&to->line, &room);
	move_in(&to->forwarded, &room);
}

void
access_event_fini(struct access_event *e)
{
	free(e->owned);
	access_event_init(e);
}
