/* Mail accesses: from the loop to the thread, and what is asked of them. */
#include <errno.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "store/event_row.h"
#include "store/event_table.h"
#include "store/private.h"

enum store_class
store_class_of(int event_kind)
{
	switch (event_kind) {
	case EVENT_LOGIN:
		return STORE_LOGIN;
	case EVENT_FAILURE:
	case EVENT_LIMITED:
		return STORE_FAILURE;
	case EVENT_LOGOUT:
	case EVENT_CLIENT:
	case EVENT_MAILBOX:
		return STORE_SESSION;
	case EVENT_RECEIVED:
	case EVENT_SENT:
	case EVENT_REJECTED:
		return STORE_MESSAGE;
	default:
		return STORE_OTHER;
	}
}

void
store_keep(struct store *s, const struct store_keep *keep)
{
	s->keep = *keep;
}

void
store_row_hooks(struct store *s, const struct store_row_hooks *hooks,
    void *arg)
{
	s->hooks = *hooks;
	s->hooks_arg = arg;
}

int
store_load_sessions(struct store *s, struct event_rows *out, int64_t *next)
{
	int rc;

	*next = 1;
	if (s->off || s->running || s->db.handle == NULL)
		return s->off ? 0 : -1;
	rc = event_table_next(&s->db, true, next);
	if (rc == SQLITE_OK)
		rc = event_table_open(&s->db, out);
	return rc == SQLITE_OK ? 0 : -1;
}

int
store_load_accesses(struct store *s, int64_t within_us,
    struct event_rows *out)
{
	if (s->off || s->running || s->db.handle == NULL)
		return s->off ? 0 : -1;
	return event_table_accesses(&s->db, within_us, out) == SQLITE_OK ?
	    0 : -1;
}

int
store_load_latest(struct store *s, int64_t within_us,
    struct event_rows *out)
{
	if (s->off || s->running || s->db.handle == NULL)
		return s->off ? 0 : -1;
	return event_table_latest(&s->db, within_us, out) == SQLITE_OK ?
	    0 : -1;
}

int
store_load_number(struct store *s, int64_t *next)
{
	*next = 1;
	if (s->off || s->running || s->db.handle == NULL)
		return s->off ? 0 : -1;
	return event_table_next(&s->db, false, next) == SQLITE_OK ? 0 : -1;
}

int
store_load_messages(struct store *s, int64_t within_us,
    struct event_rows *out)
{
	if (s->off || s->running || s->db.handle == NULL)
		return s->off ? 0 : -1;
	return event_table_messages(&s->db, within_us, out) == SQLITE_OK ?
	    0 : -1;
}

/* --- writing ------------------------------------------------------------ */

bool
store_events_full(struct store *s)
{
	bool full;

	pthread_mutex_lock(&s->lock);
	full = s->counters.events_waiting > STORE_EVENTS_MAX / 2;
	pthread_mutex_unlock(&s->lock);
	return full;
}

/* True: they are counted as waiting. */
static bool
admit(struct store *s, size_t n)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->counters.events_waiting + n <= STORE_EVENTS_MAX;
	if (room)
		s->counters.events_waiting += n;
	else
		s->counters.events_dropped += n;
	pthread_mutex_unlock(&s->lock);
	return room;
}

static void
refuse(struct store *s, size_t n)
{
	pthread_mutex_lock(&s->lock);
	s->counters.events_waiting -= n;
	s->counters.events_dropped += n;
	pthread_mutex_unlock(&s->lock);
}

bool
store_events(struct store *s, struct event_rows *rows,
    const struct store_place *place)
{
	struct event_rows taken = *rows;
	struct request *r;
	size_t n = taken.n;

	*rows = (struct event_rows){ 0 };
	if (s->off || !admit(s, n)) {
		event_rows_fini(&taken);
		n = 0;
	}
	if (s->off)
		return true;
	r = request_new(REQUEST_EVENTS, place->jail);
	r->rows = xcalloc(1, sizeof(*r->rows));
	*r->rows = taken;
	r->in_journal = place->path == NULL;
	r->time = place->until.us;
	r->position = place->position;
	/* Without its first line's hash a place is none. */
	if (place->path != NULL && place->position.hash[0] != '\0')
		r->text = store_clean_text(span_of(place->path));
	if (store_push(s, r))
		return true;
	refuse(s, n);
	return false;
}

/* --- purging ------------------------------------------------------------ */

bool
store_purge_events(struct store *s, struct wall now)
{
	struct request *r;

	if (s->off)
		return true;
	r = request_new(REQUEST_PURGE_EVENTS, NULL);
	r->time = now.us;
	r->keep = s->keep;
	return store_push(s, r);
}

/* --- summing ------------------------------------------------------------ */

static void
sum_step(struct store *s, const struct event_sum_run *run)
{
	struct request *r = request_new(REQUEST_SUM_EVENTS, NULL);

	r->run = *run;
	s->summing = store_push(s, r);
}

/* Of what is kept now; a run that is under way goes on as it began. */
static void
begin_sums(struct store *s, const struct request *purge)
{
	const int64_t *keep = purge->keep.seconds;
	const struct event_sum_run run = { .now = purge->time,
		.keep = { keep[STORE_LOGIN] * CLOCK_SECOND,
		    keep[STORE_FAILURE] * CLOCK_SECOND },
		.tls = s->hooks.tls };

	if (!s->summing)
		sum_step(s, &run);
}

void
store_sum_on(struct store *s, const struct request *r)
{
	bool full;

	s->summing = false;
	if (r->error != 0)
		return;
	pthread_mutex_lock(&s->lock);
	s->counters.sums = r->sums;
	/* An old log is being read: its days change with each line. */
	full = s->counters.events_waiting > STORE_EVENTS_MAX / 2;
	pthread_mutex_unlock(&s->lock);
	if (r->more && s->running && !full)
		sum_step(s, &r->run);
}

void
store_purge_on(struct store *s, const struct request *r)
{
	/* Not while the store is closing: the next start goes on. */
	if (r->error != 0 || !s->running)
		return;
	if (r->more)
		store_purge_events(s, (struct wall){ r->time });
	else
		begin_sums(s, r);
}

bool
store_sums(struct store *s, const struct store_sums_query *q,
    void (*fn)(int error, struct event_sums *sums, void *arg), void *arg)
{
	struct read *r = read_new(READ_SUMS, NULL);

	r->days = *q;
	r->id = span_dup(q->user);
	r->days.user = span_from(r->id, q->user.n);
	r->fn.sums = fn;
	r->arg = arg;
	return store_push_read(s, r);
}

/* --- look-ups ----------------------------------------------------------- */

bool
store_find(struct store *s, const struct store_query *q,
    void (*fn)(int error, struct store_found *found, void *arg), void *arg)
{
	struct read *r = read_new(READ_FOUND, NULL);

	r->query = *q;
	r->id = span_dup(q->user);
	r->query.user = span_of(r->id);
	r->fn.found = fn;
	r->arg = arg;
	return store_push_read(s, r);
}
