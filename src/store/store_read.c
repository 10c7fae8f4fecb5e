/* The loop's questions to the thread. */
#include "store/private.h"

#define READS_MAX 20000   /* under way; a flood asks for one a failure */

bool
store_push_read(struct store *s, struct read *read)
{
	struct request *r = request_new(REQUEST_READ, NULL);

	r->read = read;
	if (s->off || s->error != NULL || s->reading >= READS_MAX ||
	    !queue_push(&s->queue, r)) {
		request_free(r);
		return false;
	}
	s->reading++;
	return true;
}

bool
store_history(struct store *s, const char *jail, const struct id *id,
    void (*fn)(int error, const struct store_history *h, void *arg),
    void *arg)
{
	struct read *r = read_new(READ_HISTORY, jail);

	r->id = store_id_text(id);
	r->fn.history = fn;
	r->arg = arg;
	return store_push_read(s, r);
}

bool
store_merged(struct store *s, const char *jail, const struct id *id,
    void (*fn)(int error, struct store_merged *m, void *arg), void *arg)
{
	struct read *r = read_new(READ_MERGED, jail);

	r->id = store_id_text(id);
	r->maxmatches = s->maxmatches;
	r->fn.merged = fn;
	r->arg = arg;
	return store_push_read(s, r);
}

bool
store_past(struct store *s, const struct id *id,
    void (*fn)(int error, const struct store_past *v, size_t n, void *arg),
    void *arg)
{
	struct read *r = read_new(READ_PAST, NULL);

	r->id = store_id_text(id);
	r->fn.past = fn;
	r->arg = arg;
	return store_push_read(s, r);
}

bool
store_read_bans(struct store *s, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg),
    void (*done)(int error, void *arg), void *arg)
{
	struct read *r = read_new(READ_BANS, jail);

	r->now = wall_seconds(now);
	r->fn.row = fn;
	r->done = done;
	r->arg = arg;
	return store_push_read(s, r);
}
