#include "access/told.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/table.h"
#include "base/xalloc.h"

#define SLOTS 65536
#define WITHIN 2   /* seconds */

/*
 * Events of one kind, account, address and second: which log told them, and
 * how many of them no other log has told yet.
 */
struct slot {
	uint64_t hash;              /* of what they have in common */
	int64_t second;
	uint64_t log;
	unsigned n;
};

struct told {
	struct slot slots[SLOTS];   /* by hash; a collision forgets */
	struct buf scratch;
	struct buf log;             /* the last one's name … */
	uint64_t log_hash;          /* … and hash; 0: there was none yet */
	bool several;               /* logs: one alone tells nothing twice */
};

struct told *
told_new(void)
{
	return xcalloc(1, sizeof(struct told));
}

void
told_free(struct told *t)
{
	if (t == NULL)
		return;
	buf_fini(&t->scratch);
	buf_fini(&t->log);
	free(t);
}

/* Of all but the second. */
static uint64_t
hash_of(struct told *t, const struct access_event *e)
{
	const int64_t numbers[] = { e->kind, e->numbers[EVENT_ATTEMPTS] };
	struct buf *b = &t->scratch;

	buf_clear(b);
	buf_add(b, numbers, sizeof(numbers));
	buf_add(b, &e->ip, sizeof(e->ip));
	buf_add_span(b, e->texts[EVENT_USER]);
	buf_addc(b, '\0');
	buf_add_span(b, e->texts[EVENT_QUEUE_ID]);
	buf_addc(b, '\0');
	buf_add_span(b, e->texts[EVENT_RECIPIENT]);
	return table_hash(b->p, b->n);
}

/* Lines of one log come together. */
static uint64_t
log_of(struct told *t, const struct access_event *e)
{
	struct span log = e->texts[EVENT_LOG];

	if (t->log_hash == 0 || !span_eq(buf_span(&t->log), log)) {
		t->several = t->log_hash != 0;
		buf_clear(&t->log);
		buf_add_span(&t->log, log);
		t->log_hash = table_hash(log.p, log.n);
	}
	return t->log_hash;
}

/* Those of neighbouring seconds are neighbours: all five are looked at. */
static struct slot *
slot_of(struct told *t, uint64_t hash, int64_t second)
{
	return &t->slots[(hash + (uint64_t)second) % SLOTS];
}

static bool
take(struct told *t, uint64_t hash, int64_t second, uint64_t log)
{
	struct slot *slot = slot_of(t, hash, second);

	if (slot->hash != hash || slot->second != second ||
	    slot->log == log || slot->n == 0)
		return false;
	slot->n--;
	return true;
}

static void
note(struct told *t, uint64_t hash, int64_t second, uint64_t log)
{
	struct slot *slot = slot_of(t, hash, second);

	if (slot->hash != hash || slot->second != second || slot->log != log)
		*slot = (struct slot){ hash, second, log, 0 };
	slot->n++;
}

bool
told_before(struct told *t, const struct access_event *e)
{
	uint64_t log = log_of(t, e), hash = hash_of(t, e);
	int64_t now = wall_seconds(e->time);

	for (int64_t i = now - WITHIN; t->several && i <= now + WITHIN; i++)
		if (take(t, hash, i, log))
			return true;
	note(t, hash, now, log);
	return false;
}

void
told_note(struct told *t, const struct access_event *e)
{
	note(t, hash_of(t, e), wall_seconds(e->time), log_of(t, e));
}
