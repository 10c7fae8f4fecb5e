#include "access/told.h"

#include <stdlib.h>
#include <string.h>

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
	uint32_t hash;              /* of what they have in common, but for
	                             * what its place says */
	uint32_t second;
	uint32_t log;
	uint32_t n;
};

/* What is to be noted next: its slot is on its way from memory meanwhile. */
struct telling {
	uint64_t hash, log;
	int64_t second;
};

struct told {
	struct slot slots[SLOTS];   /* by hash; a collision forgets */
	struct telling last;
	bool waits;                 /* … is still to be noted */
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
	buf_fini(&t->log);
	free(t);
}

static uint64_t
mix(uint64_t hash, uint64_t more)
{
	hash = (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Of what clients choose the hash has a key. */
static uint64_t
mix_text(uint64_t hash, struct span text)
{
	return mix(hash, text.n > 0 ? table_hash(text.p, text.n) : 0);
}

/* Of all but the second. */
static uint64_t
hash_of(const struct access_event *e)
{
	struct span user = e->texts[EVENT_USER];
	uint64_t hash = table_hash(user.p, user.n), ip[3] = { 0 };

	memcpy(ip, &e->ip, sizeof(e->ip));
	hash = mix(hash, (uint64_t)e->kind);
	hash = mix(hash, (uint64_t)e->numbers[EVENT_ATTEMPTS]);
	for (unsigned i = 0; i < 3; i++)
		hash = mix(hash, ip[i]);
	hash = mix_text(hash, e->texts[EVENT_QUEUE_ID]);
	return mix_text(hash, e->texts[EVENT_RECIPIENT]);
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

	if (slot->hash != hash >> 32 || slot->second != (uint32_t)second ||
	    slot->log == (uint32_t)log || slot->n == 0)
		return false;
	slot->n--;
	return true;
}

static void
note(struct told *t, const struct telling *telling)
{
	struct slot *slot = slot_of(t, telling->hash, telling->second);
	const struct slot seen = { (uint32_t)(telling->hash >> 32),
		(uint32_t)telling->second, (uint32_t)telling->log, 0 };

	if (slot->hash != seen.hash || slot->second != seen.second ||
	    slot->log != seen.log)
		*slot = seen;
	slot->n++;
}

/* By the next line it is in the cache. */
static void
note_later(struct told *t, uint64_t hash, int64_t second, uint64_t log)
{
	if (t->waits)
		note(t, &t->last);
	t->last = (struct telling){ hash, log, second };
	t->waits = true;
	__builtin_prefetch(slot_of(t, hash, second), 1);
}

/* Another log has told one like it? */
static bool
take_any(struct told *t, uint64_t hash, int64_t now, uint64_t log)
{
	if (t->waits)
		note(t, &t->last);
	t->waits = false;
	for (int64_t i = now - WITHIN; i <= now + WITHIN; i++)
		if (take(t, hash, i, log))
			return true;
	return false;
}

bool
told_before(struct told *t, const struct access_event *e)
{
	uint64_t log = log_of(t, e), hash = hash_of(e);
	int64_t now = wall_seconds(e->time);

	if (t->several && take_any(t, hash, now, log))
		return true;
	note_later(t, hash, now, log);
	return false;
}

void
told_note(struct told *t, const struct access_event *e)
{
	note_later(t, hash_of(e), wall_seconds(e->time), log_of(t, e));
}
