#include "access/open_session.h"

#include <stdlib.h>
#include <string.h>

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

	return span_eq(span_from(s->key, s->key_n), *(const struct span *)key);
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

void
open_session_event(const struct open_session *s, struct access_event *e)
{
	known_event(&s->known, e);
	if (s->login.us != 0)
		e->time = s->login;
}

static int64_t
duration(const struct open_session *s, const struct access_event *e)
{
	int64_t said = e->numbers[EVENT_DURATION_MS];

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

static void
tell_closed(struct mail_sessions *ms, const struct open_session *s)
{
	struct access_event e;
	struct mail_session done = {
		.number = s->number, .noted = s->noted,
		.event = &e, .login = s->login, .end = s->last,
		.signed_in = s->signed_in, .signed_out = s->signed_out,
		.failures = s->failures,
	};

	open_session_event(s, &e);
	done.duration_ms = duration(s, &e);
	ms->closed(&done, ms->arg);
}

void
open_session_close(struct mail_sessions *ms, struct open_session *s)
{
	const struct span key = span_from(s->key, s->key_n);

	table_del(ms->table, s->hash, &key);
	unlink_session(ms, s);
	open_session_not_late(ms, s);
	if (s->half != NULL)
		s->half->open = NULL;
	ms->bytes -= s->bytes;
	if (!s->message)
		tell_closed(ms, s);
	free(ms->last);
	ms->last = s->known.texts;
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
		known_fini(&s->known);
		free(s);
	}
	free(ms->last);
	buf_fini(&ms->heard);
	table_free(ms->table);
	told_free(ms->told);
	free(ms);
}

/* --- which one ---------------------------------------------------------- */

bool
open_session_has_id(const struct access_event *e)
{
	return e->texts[EVENT_SESSION].n > 0;
}

static void
put(struct session_key *key, const void *p, size_t n)
{
	if (n > 0)
		memcpy(key->p + key->n, p, n);
	key->n += n;
}

static void
put_text(struct session_key *key, struct span text)
{
	put(key, text.p, text.n < KNOWN_TEXT_MAX ? text.n : KNOWN_TEXT_MAX);
}

static void
begin_key(struct session_key *key, const struct access_event *e)
{
	key->n = 0;
	put_text(key, e->texts[EVENT_SERVER]);
	put(key, "", 1);
	put_text(key, e->texts[EVENT_HOST]);
	put(key, "", 1);
}

/* False: the line is not about a message. */
static bool
message_key(struct session_key *key, const struct access_event *e)
{
	if (e->texts[EVENT_QUEUE_ID].n == 0)
		return false;
	begin_key(key, e);
	/* No session id begins with a NUL. */
	put(key, "\0Q", 2);
	put_text(key, e->texts[EVENT_QUEUE_ID]);
	return true;
}

static bool
client_key(struct session_key *key, const struct access_event *e)
{
	if (e->ip.family == ADDR_NONE ||
	    e->numbers[EVENT_PORT] == EVENT_NUMBER_UNKNOWN)
		return false;
	put(key, "\0C", 2);
	put(key, &e->numbers[EVENT_PORT], sizeof(e->numbers[0]));
	put(key, &e->ip, sizeof(e->ip));
	return true;
}

static void
put_process(struct session_key *key, const struct access_event *e)
{
	put(key, "\0P", 2);
	put(key, &e->numbers[EVENT_PID], sizeof(e->numbers[0]));
}

/* False: the line does not say. */
static bool
make_key(struct session_key *key, const struct access_event *e)
{
	begin_key(key, e);
	if (open_session_has_id(e)) {
		put_text(key, e->texts[EVENT_SESSION]);
	} else if (e->numbers[EVENT_PID] != EVENT_NUMBER_UNKNOWN) {
		put_process(key, e);
	} else {
		return client_key(key, e);
	}
	return true;
}

/* With the key at hand, which nobody has. */
static struct open_session *
add_session(struct mail_sessions *ms, const struct access_event *e)
{
	const struct session_key *key = &ms->key;
	struct open_session *s = xmalloc(sizeof(*s) + key->n);

	while (ms->oldest != NULL && (table_count(ms->table) >= ms->max ||
	    ms->bytes >= ms->max * BYTES_EACH)) {
		ms->evicted++;
		open_session_close(ms, ms->oldest);
	}
	*s = (struct open_session){ .hash = key->hash, .number = ms->next++,
		.changed = true, .key_n = key->n, .bytes = key->n };
	memcpy(s->key, key->p, key->n);
	known_init(&s->known, e->kind);
	ms->bytes += s->bytes;
	table_add(ms->table, s->hash, s);
	link_newest(ms, s);
	return s;
}

void
open_session_changed(struct mail_sessions *ms, struct open_session *s)
{
	s->changed = true;
	if (ms->newest == s)
		return;
	unlink_session(ms, s);
	link_newest(ms, s);
}

/* The one with the key at hand, or NULL. */
static struct open_session *
find_session(struct mail_sessions *ms)
{
	struct span key = span_from(ms->key.p, ms->key.n);

	ms->key.hash = table_hash(key.p, key.n);
	return table_find(ms->table, ms->key.hash, &key);
}

struct open_session *
open_session_find(struct mail_sessions *ms, const struct access_event *e)
{
	return make_key(&ms->key, e) ? find_session(ms) : NULL;
}

struct open_session *
open_session_of(struct mail_sessions *ms, const struct access_event *e,
    bool begin)
{
	struct open_session *s;

	if (!make_key(&ms->key, e))
		return NULL;
	s = find_session(ms);
	/* A process that serves one client after the other. */
	if (s != NULL && e->kind == EVENT_CONNECT && !open_session_has_id(e)) {
		open_session_close(ms, s);
		s = NULL;
	}
	if (s == NULL)
		return begin ? add_session(ms, e) : NULL;
	open_session_changed(ms, s);
	return s;
}

struct open_session *
open_session_unnamed(struct mail_sessions *ms, const struct access_event *e)
{
	if (!open_session_has_id(e) ||
	    e->numbers[EVENT_PID] == EVENT_NUMBER_UNKNOWN)
		return NULL;
	begin_key(&ms->key, e);
	put_process(&ms->key, e);
	return find_session(ms);
}

struct open_session *
open_session_of_message(struct mail_sessions *ms, const struct access_event *e,
    bool begin)
{
	struct open_session *m;

	if (!message_key(&ms->key, e))
		return NULL;
	m = find_session(ms);
	if (m != NULL)
		open_session_changed(ms, m);
	else if (begin)
		m = add_session(ms, e);
	if (m != NULL)
		m->message = true;
	return m;
}
