#include "match/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

/*
 * `counted` are the lines of failures seen so far, `waiting` those that only
 * brought knowledge; they join the first failure that comes.
 */
struct kept {
	size_t n;
	struct buf v[FAILURE_LINES_MAX];
};

struct session {
	struct buf key;
	struct boot expires;
	struct groups groups;              /* values point into `values` */
	struct buf values[FAILURE_GROUPS_MAX];
	size_t users_n;
	struct buf users[FAILURE_USERS_MAX];
	bool pending;
	struct kept counted, waiting;
};

/*
 * During an attack every line is a session of its own: the hashes lie side by
 * side to be looked through at once, and the memory of a session that left
 * serves the one that comes. Whoever makes ids with one hash makes at most
 * SESSIONS_MAX of them be compared, so it need not be a secret.
 */
struct sessions {
	struct session *v[SESSIONS_MAX];   /* oldest first */
	uint64_t hash[SESSIONS_MAX];       /* of their ids */
	size_t n;
	struct session *current;           /* of the last merge, or NULL */
	struct session *gone;              /* forgotten, but still lent out */
	struct session *spare;             /* for the next one, or NULL */
	uint64_t evicted;
};

enum hit_flags {
	HIT_NOFAIL = 1,
	HIT_FORGET = 2,
	HIT_HAD_NOFAIL = 4,
	HIT_GAINED = 8,
};

static const struct span nofail = { "nofail", 6 };
static const struct span gained = { "mlfgained", 9 };
static const struct span forget = { "mlfforget", 9 };

/* At most `max` bytes, and no half character. */
static struct span
shorten(struct span s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return span_sub(s, 0, max);
}

static void
kept_add(struct kept *k, struct span line)
{
	struct buf oldest;

	if (k->n == FAILURE_LINES_MAX) {
		oldest = k->v[0];
		memmove(k->v, k->v + 1, (k->n - 1) * sizeof(k->v[0]));
		k->v[k->n - 1] = oldest;
	} else {
		k->n++;
	}
	buf_clear(&k->v[k->n - 1]);
	buf_add_span(&k->v[k->n - 1], shorten(line, SESSION_LINE_MAX));
}

/* The waiting lines go before the counted ones, as upstream orders them. */
static void
kept_join(struct session *s)
{
	struct kept old;
	size_t i;

	if (s->waiting.n == 0)
		return;
	for (i = 0; i < s->counted.n; i++)
		kept_add(&s->waiting, buf_span(&s->counted.v[i]));
	old = s->counted;
	s->counted = s->waiting;
	s->waiting = old;
	s->waiting.n = 0;
}

static void
kept_fini(struct kept *k)
{
	size_t i;

	for (i = 0; i < FAILURE_LINES_MAX; i++)
		buf_fini(&k->v[i]);
}

static void
session_free(struct session *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < FAILURE_GROUPS_MAX; i++)
		buf_fini(&s->values[i]);
	kept_fini(&s->counted);
	kept_fini(&s->waiting);
	for (i = 0; i < FAILURE_USERS_MAX; i++)
		buf_fini(&s->users[i]);
	buf_fini(&s->key);
	free(s);
}

struct sessions *
sessions_new(void)
{
	return xcalloc(1, sizeof(struct sessions));
}

void
sessions_free(struct sessions *all)
{
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n; i++)
		session_free(all->v[i]);
	session_free(all->gone);
	session_free(all->spare);
	free(all);
}

/* Takes entry i out of the list; it stays valid until the next merge. */
static void
take_out(struct sessions *all, size_t i)
{
	if (all->spare == NULL)
		all->spare = all->gone;
	else
		session_free(all->gone);
	all->gone = all->v[i];
	all->n--;
	memmove(all->v + i, all->v + i + 1,
	    (all->n - i) * sizeof(all->v[0]));
	memmove(all->hash + i, all->hash + i + 1,
	    (all->n - i) * sizeof(all->hash[0]));
}

/* An empty one; what memory its parts have they keep. */
static struct session *
session_get(struct sessions *all)
{
	struct session *s = all->spare;
	size_t i;

	if (s == NULL)
		return xcalloc(1, sizeof(*s));
	all->spare = NULL;
	buf_clear(&s->key);
	for (i = 0; i < s->users_n; i++)
		buf_clear(&s->users[i]);
	s->groups.n = s->users_n = s->counted.n = s->waiting.n = 0;
	s->pending = false;
	return s;
}

static uint64_t
hash_of(struct span id)
{
	uint64_t hash = id.n, word;

	for (; id.n > 0; id = span_skip(id, sizeof(word))) {
		word = 0;
		memcpy(&word, id.p, id.n < sizeof(word) ? id.n : sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash;
}

/* Number of the first entry from i on that has the hash. */
static size_t
find_hash(const struct sessions *all, uint64_t hash, size_t i)
{
	const uint64_t *v = all->hash;

	for (; i + 4 <= all->n; i += 4)
		if ((v[i] == hash) | (v[i + 1] == hash) |
		    (v[i + 2] == hash) | (v[i + 3] == hash))
			break;
	while (i < all->n && v[i] != hash)
		i++;
	return i;
}

static struct session *
find(struct sessions *all, uint64_t hash, struct span id, struct boot now)
{
	struct session *s;
	size_t i;

	for (i = find_hash(all, hash, 0); i < all->n;
	    i = find_hash(all, hash, i + 1)) {
		s = all->v[i];
		if (!span_eq(buf_span(&s->key), id))
			continue;
		if (s->expires.us > now.us)
			return s;
		take_out(all, i);
		return NULL;
	}
	return NULL;
}

static void
drop(struct sessions *all, const struct session *s)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (all->v[i] == s) {
			take_out(all, i);
			return;
		}
	}
}

static struct session *
add(struct sessions *all, uint64_t hash, struct span id, struct boot now)
{
	struct session *s;

	if (all->n == SESSIONS_MAX) {
		if (all->v[0]->expires.us > now.us)
			all->evicted++;
		take_out(all, 0);
	}
	s = session_get(all);
	s->expires.us = now.us + SESSION_SECONDS * CLOCK_SECOND;
	buf_add_span(&s->key, id);
	all->hash[all->n] = hash;
	all->v[all->n++] = s;
	return s;
}

/* Copies the groups of a hit over what the session knew. */
static void
learn(struct session *s, const struct groups *fail)
{
	struct groups *known = &s->groups;
	struct buf *value;
	size_t i, k;

	for (i = 0; i < fail->n; i++) {
		groups_set(known, fail->v[i].name, fail->v[i].value);
		for (k = 0; k < known->n; k++)
			if (span_eq(known->v[k].name, fail->v[i].name))
				break;
		if (k == known->n)
			continue;    /* more than there is room for */
		value = &s->values[k];
		buf_clear(value);
		buf_add_span(value, shorten(fail->v[i].value,
		    SESSION_VALUE_MAX));
		known->v[k].value = buf_span(value);
	}
}

/* Like groups_del, moving the memory behind the values along. */
static bool
unlearn(struct session *s, struct span name)
{
	struct span value = groups_get(&s->groups, name);
	struct buf freed;
	size_t k;

	if (!groups_has(&s->groups, name))
		return false;
	for (k = 0; !span_eq(s->groups.v[k].name, name); k++)
		;
	freed = s->values[k];
	memmove(s->values + k, s->values + k + 1,
	    (s->groups.n - 1 - k) * sizeof(s->values[0]));
	s->values[s->groups.n - 1] = freed;
	groups_del(&s->groups, name);
	return value.n > 0;
}

static void
note_user(struct session *s, const struct groups *fail)
{
	struct span user = groups_get(fail, SPAN("user"));

	size_t i;

	if (user.n == 0)
		return;
	user = shorten(user, SESSION_VALUE_MAX);
	for (i = 0; i < s->users_n; i++)
		if (span_eq(buf_span(&s->users[i]), user))
			return;
	if (s->users_n < FAILURE_USERS_MAX)
		buf_add_span(&s->users[s->users_n++], user);
}

static unsigned
hit_flags(struct groups *fail)
{
	unsigned flags = 0;
	struct span value = groups_get(fail, gained);

	if (value.n > 0) {
		flags |= HIT_GAINED | HIT_NOFAIL;
		if (groups_get(fail, nofail).n == 0)
			groups_set(fail, nofail, value);
	} else if (groups_get(fail, nofail).n > 0) {
		flags |= HIT_NOFAIL;
	}
	if (groups_get(fail, forget).n > 0)
		flags |= HIT_FORGET;
	groups_del(fail, forget);
	return flags;
}

static unsigned
merge_known(struct session *s, const struct groups *fail, unsigned flags)
{
	note_user(s, fail);
	/* Only the last line's word on "no failure" counts. */
	if (unlearn(s, nofail))
		flags |= HIT_HAD_NOFAIL;
	if (unlearn(s, gained))
		flags |= HIT_HAD_NOFAIL;
	/* A sign-in settles what was pending, but not who tried before. */
	if (flags & HIT_GAINED)
		s->pending = false;
	/* Lines that were handed over with a failure are not repeated. */
	if (!(flags & HIT_HAD_NOFAIL) && !s->pending)
		s->counted.n = 0;
	learn(s, fail);
	return flags;
}

static void
lend(const struct session *s, struct groups *fail,
    struct session_lines *lines)
{
	size_t i;

	groups_copy(fail, &s->groups);
	lines->n = s->counted.n;
	for (i = 0; i < s->counted.n; i++)
		lines->v[i] = buf_span(&s->counted.v[i]);
	lines->users_n = s->users_n;
	for (i = 0; i < s->users_n; i++)
		lines->users[i] = buf_span(&s->users[i]);
}

/* A line that closes a session nobody knows: it stands for itself. */
static bool
merge_alone(unsigned flags, struct span line, struct session_lines *lines)
{
	lines->n = 1;
	lines->v[0] = line;
	lines->users_n = 0;
	return flags & HIT_NOFAIL;
}

bool
sessions_merge(struct sessions *all, struct span id, struct boot now,
    struct span line, struct groups *fail, struct session_lines *lines)
{
	unsigned flags = hit_flags(fail);
	uint64_t hash = hash_of(id);
	struct session *s = NULL;

	all->current = NULL;
	if (id.n <= SESSION_KEY_MAX)
		s = find(all, hash, id, now);
	if (s == NULL && ((flags & HIT_FORGET) || id.n > SESSION_KEY_MAX))
		return merge_alone(flags, line, lines);
	if (s != NULL) {
		flags = merge_known(s, fail, flags);
	} else {
		s = add(all, hash, id, now);
		note_user(s, fail);
		learn(s, fail);
	}
	/* "Accepted bob" behind a failed joe is joe's failure, not a pass. */
	if (s->pending || s->users_n > 1) {
		s->pending = false;
		unlearn(s, nofail);
		unlearn(s, gained);
		flags &= ~(unsigned)(HIT_NOFAIL | HIT_GAINED);
	}
	if (!(flags & HIT_NOFAIL)) {
		kept_join(s);
		kept_add(&s->counted, line);
	} else if (!(flags & HIT_FORGET)) {
		kept_add(&s->waiting, line);
	}
	all->current = s;
	if (flags & HIT_FORGET)
		drop(all, s);
	lend(s, fail, lines);
	return flags & HIT_NOFAIL;
}

void
sessions_pend(struct sessions *all)
{
	if (all->current != NULL)
		all->current->pending = true;
}

size_t
sessions_count(const struct sessions *all)
{
	return all->n;
}

uint64_t
sessions_evicted(const struct sessions *all)
{
	return all->evicted;
}
