#include "access/open_session.h"

#include <stdlib.h>

#include "access/proxies.h"
#include "access/told.h"
#include "access/webmail.h"
#include "base/table.h"
#include "base/xalloc.h"

#define BYTES_EACH 1024        /* on average; much more are evicted */

/* --- table and order ---------------------------------------------------- */

static bool
has_key(const void *entry, const void *key)
{
	const struct open_session *s = entry;

	return span_eq(s->key, *(const struct span *)key);
}

static void
unlink_session(struct mail_sessions *ms, struct open_session *s)
{
	if (s->newer != NULL)
		s->newer->older = s->older;
	else
		ms->newest = s->older;
	if (s->older != NULL)
		s->older->newer = s->newer;
	else
		ms->oldest = s->newer;
}

static void
link_newest(struct mail_sessions *ms, struct open_session *s)
{
	s->newer = NULL;
	s->older = ms->newest;
	if (ms->newest != NULL)
		ms->newest->newer = s;
	else
		ms->oldest = s;
	ms->newest = s;
}

static int64_t
duration(const struct open_session *s)
{
	int64_t said = s->known.numbers[EVENT_DURATION_MS];

	if (said != EVENT_NUMBER_UNKNOWN)
		return said;
	if (s->login.us == 0 || !s->signed_out || s->last.us < s->login.us)
		return -1;
	return (s->last.us - s->login.us) / 1000;
}

void
open_session_not_late(struct mail_sessions *ms, struct open_session *s)
{
	if (s->late)
		TAILQ_REMOVE(&ms->late, s, late_link);
	s->late = false;
}

void
open_session_close(struct mail_sessions *ms, struct open_session *s)
{
	struct mail_session done = {
		.number = s->number, .noted = s->noted,
		.event = &s->known, .login = s->login, .end = s->last,
		.signed_in = s->signed_in, .signed_out = s->signed_out,
		.failures = s->failures, .duration_ms = duration(s),
	};

	table_del(ms->table, s->hash, &s->key);
	unlink_session(ms, s);
	open_session_not_late(ms, s);
	if (s->half != NULL)
		s->half->open = NULL;
	ms->bytes -= s->bytes;
	if (s->login.us != 0)
		s->known.time = s->login;
	if (!s->message)
		ms->closed(&done, ms->arg);
	access_event_fini(&ms->last);
	ms->last = s->known;
	free((char *)s->key.p);
	free(s);
}

struct mail_sessions *
mail_sessions_new(size_t max, mail_session_fn *closed, void *arg)
{
	struct mail_sessions *ms = xcalloc(1, sizeof(*ms));

	ms->table = table_new(max, has_key);
	ms->told = told_new();
	ms->max = max;
	ms->next = 1;
	ms->closed = closed;
	ms->arg = arg;
	access_event_init(&ms->last);
	TAILQ_INIT(&ms->late);
	return ms;
}

void
mail_sessions_free(struct mail_sessions *ms)
{
	struct open_session *s, *older;

	if (ms == NULL)
		return;
	/* It knows of open sessions. */
	webmail_free(ms->webmail);
	proxies_free(ms->proxies);
	for (s = ms->newest; s != NULL; s = older) {
		older = s->older;
		access_event_fini(&s->known);
		free((char *)s->key.p);
		free(s);
	}
	access_event_fini(&ms->last);
	table_free(ms->table);
	told_free(ms->told);
	buf_fini(&ms->key);
	free(ms);
}

/* --- which one ---------------------------------------------------------- */

bool
open_session_has_id(const struct access_event *e)
{
	return e->texts[EVENT_SESSION].n > 0;
}

static void
begin_key(struct buf *key, const struct access_event *e)
{
	buf_clear(key);
	buf_add_span(key, span_sub(e->texts[EVENT_SERVER], 0, OPEN_SESSION_TEXT));
	buf_addc(key, '\0');
	buf_add_span(key, span_sub(e->texts[EVENT_HOST], 0, OPEN_SESSION_TEXT));
	buf_addc(key, '\0');
}

/* False: the line is not about a message. */
static bool
message_key(struct mail_sessions *ms, const struct access_event *e)
{
	struct span id = span_sub(e->texts[EVENT_QUEUE_ID], 0, OPEN_SESSION_TEXT);

	begin_key(&ms->key, e);
	/* No session id begins with a NUL. */
	buf_add(&ms->key, "\0Q", 2);
	buf_add_span(&ms->key, id);
	return id.n > 0;
}

static void
add_process(struct buf *key, const struct access_event *e)
{
	buf_add(key, "\0P", 2);
	buf_add(key, &e->numbers[EVENT_PID], sizeof(e->numbers[0]));
}

static bool
add_client(struct buf *key, const struct access_event *e)
{
	if (e->ip.family == ADDR_NONE ||
	    e->numbers[EVENT_PORT] == EVENT_NUMBER_UNKNOWN)
		return false;
	buf_add(key, "\0C", 2);
	buf_add(key, &e->numbers[EVENT_PORT], sizeof(e->numbers[0]));
	buf_add(key, &e->ip, sizeof(e->ip));
	return true;
}

/* False: the line does not say. */
static bool
make_key(struct mail_sessions *ms, const struct access_event *e)
{
	struct buf *key = &ms->key;

	begin_key(key, e);
	if (open_session_has_id(e))
		buf_add_span(key, span_sub(e->texts[EVENT_SESSION], 0,
		    OPEN_SESSION_TEXT));
	else if (e->numbers[EVENT_PID] != EVENT_NUMBER_UNKNOWN)
		add_process(key, e);
	else
		return add_client(key, e);
	return true;
}

static struct open_session *
add_session(struct mail_sessions *ms, const struct access_event *e,
    uint64_t hash)
{
	struct open_session *s = xcalloc(1, sizeof(*s));
	char *key = xmalloc(ms->key.n);

	while (ms->oldest != NULL && (table_count(ms->table) >= ms->max ||
	    ms->bytes >= ms->max * BYTES_EACH)) {
		ms->evicted++;
		open_session_close(ms, ms->oldest);
	}
	memcpy(key, ms->key.p, ms->key.n);
	s->key = span_from(key, ms->key.n);
	s->hash = hash;
	s->number = ms->next++;
	s->changed = true;
	access_event_init(&s->known);
	s->known.kind = e->kind;
	table_add(ms->table, hash, s);
	link_newest(ms, s);
	return s;
}

void
open_session_changed(struct mail_sessions *ms, struct open_session *s)
{
	unlink_session(ms, s);
	link_newest(ms, s);
	s->changed = true;
}

/* The one with the key at hand, now the newest; or NULL. */
static struct open_session *
find_session(struct mail_sessions *ms, uint64_t hash)
{
	struct span key = buf_span(&ms->key);
	struct open_session *s = table_find(ms->table, hash, &key);

	if (s != NULL)
		open_session_changed(ms, s);
	return s;
}

struct open_session *
open_session_find(struct mail_sessions *ms, const struct access_event *e)
{
	struct span key;

	if (!make_key(ms, e))
		return NULL;
	key = buf_span(&ms->key);
	return table_find(ms->table, table_hash(key.p, key.n), &key);
}

struct open_session *
open_session_of(struct mail_sessions *ms, const struct access_event *e)
{
	struct open_session *s;
	uint64_t hash;

	if (!make_key(ms, e))
		return NULL;
	hash = table_hash(ms->key.p, ms->key.n);
	s = find_session(ms, hash);
	/* A process that serves one client after the other. */
	if (s != NULL && e->kind == EVENT_CONNECT && !open_session_has_id(e)) {
		open_session_close(ms, s);
		s = NULL;
	}
	return s != NULL ? s : add_session(ms, e, hash);
}

struct open_session *
open_session_of_message(struct mail_sessions *ms, const struct access_event *e,
    bool begin)
{
	struct open_session *m;
	uint64_t hash;

	if (!message_key(ms, e))
		return NULL;
	hash = table_hash(ms->key.p, ms->key.n);
	m = find_session(ms, hash);
	if (m == NULL && begin)
		m = add_session(ms, e, hash);
	if (m != NULL)
		m->message = true;
	return m;
}
