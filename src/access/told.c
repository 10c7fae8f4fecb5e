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
	uint64_t what;
	uint64_t log;
	unsigned n;
};

struct told {
	struct slot slots[SLOTS];   /* by hash; a collision forgets */
	struct buf scratch;
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
	free(t);
}

static uint64_t
hash_of(struct told *t, const struct access_event *e, int64_t second)
{
	struct buf *b = &t->scratch;

	buf_clear(b);
	buf_addf(b, "%d %lld %lld ", (int)e->kind,
	    (long long)e->numbers[EVENT_ATTEMPTS], (long long)second);
	buf_add(b, &e->ip, sizeof(e->ip));
	buf_add_span(b, e->texts[EVENT_USER]);
	buf_addc(b, '\0');
	buf_add_span(b, e->texts[EVENT_QUEUE_ID]);
	buf_addc(b, '\0');
	buf_add_span(b, e->texts[EVENT_RECIPIENT]);
	return table_hash(b->p, b->n);
}

static bool
take(struct told *t, const struct access_event *e, int64_t second, uint64_t log)
{
	uint64_t what = hash_of(t, e, second);
	struct slot *slot = &t->slots[what % SLOTS];

	if (slot->what != what || slot->log == log || slot->n == 0)
		return false;
	slot->n--;
	return true;
}

static void
note(struct told *t, const struct access_event *e, int64_t second, uint64_t log)
{
	uint64_t what = hash_of(t, e, second);
	struct slot *slot = &t->slots[what % SLOTS];

	if (slot->what != what || slot->log != log)
		*slot = (struct slot){ what, log, 0 };
	slot->n++;
}

static uint64_t
log_of(const struct access_event *e)
{
	struct span text = e->texts[EVENT_LOG];

	return table_hash(text.p, text.n);
}

bool
told_before(struct told *t, const struct access_event *e)
{
	uint64_t log = log_of(e);
	int64_t now = wall_seconds(e->time);

	for (int64_t i = now - WITHIN; i <= now + WITHIN; i++)
		if (take(t, e, i, log))
			return true;
	note(t, e, now, log);
	return false;
}

void
told_note(struct told *t, const struct access_event *e)
{
	note(t, e, wall_seconds(e->time), log_of(e));
}
