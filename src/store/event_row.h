/*
 * A mail access, or a session of such, as it stands in gaol's own tables.
 * Rows of one read of one log travel together with how far it was read: they
 * are on the disk all, with that place, or not at all.
 */
#ifndef GAOL_STORE_EVENT_ROW_H
#define GAOL_STORE_EVENT_ROW_H

#include "base/access_event.h"

#define EVENT_LINE_MAX 1024   /* bytes kept of a line */

struct event_row {
	int64_t number;           /* of the row; of a new event 0: the next */
	bool is_session;
	bool is_gone;             /* it was noted, and is none after all */
	bool is_moved;            /* only where it came from is news: ip,
	                           * proxy_ip, place */
	bool waits;               /* another log may yet say one of these */
	/* Of a session: */
	bool is_open;
	bool signed_in, signed_out;
	struct wall login, end;   /* us 0: unknown */
	int64_t failures;
	int64_t duration_ms;      /* -1: unknown */
	struct access_event event;   /* its texts are the rows' */
};

struct event_block;

#define EVENT_ROWS_EACH 32u   /* in a block, which does not move */

struct event_rows {
	struct event_row **v;     /* blocks */
	size_t n;                 /* rows */
	struct event_block *texts;   /* the newest first */
};

static inline struct event_row *
event_rows_at(const struct event_rows *rows, size_t i)
{
	return &rows->v[i / EVENT_ROWS_EACH][i % EVENT_ROWS_EACH];
}

/*
 * A row at the end, zeroed but for what the event says, which is copied; it
 * stays where it is. Texts that are parts of the event's line are parts of the
 * row's.
 */
struct event_row *event_rows_add(struct event_rows *rows,
    const struct access_event *e);
void event_rows_fini(struct event_rows *rows);

#endif
