#include "access/mail_session.h"

#include "access/open_session.h"
#include "access/proxied.h"
#include "access/proxies.h"
#include "access/session_known.h"
#include "access/session_message.h"
#include "access/told.h"
#include "access/webmail.h"
#include "base/table.h"
#include "base/xalloc.h"

#define LATE_WITHIN 2          /* seconds */
#define WEBMAIL_ACCOUNTS 16384

void
mail_sessions_flush(struct mail_sessions *ms)
{
	while (ms->oldest != NULL)
		open_session_close(ms, ms->oldest);
}

size_t
mail_sessions_open(const struct mail_sessions *ms)
{
	return table_count(ms->table);
}

uint64_t
mail_sessions_evicted(const struct mail_sessions *ms)
{
	return ms->evicted;
}

/* --- lines -------------------------------------------------------------- */

/* Attempts of a failure that were not heard of yet; 0: all were. */
static int64_t
new_attempts(struct open_session *s, const struct access_event *e)
{
	int64_t n = e->numbers[EVENT_ATTEMPTS];

	if (e->total)
		n = n > s->failures ? n - s->failures : 0;
	s->failures += n;
	return n;
}

/* The line is the last of its connection, or tells of all of it. */
static bool
ends(const struct access_event *e)
{
	return e->kind == EVENT_LOGOUT || e->kind == EVENT_ABORT ||
	    (e->kind == EVENT_FAILURE && e->total) ||
	    (e->kind == EVENT_LOGIN &&
		e->numbers[EVENT_DURATION_MS] != EVENT_NUMBER_UNKNOWN);
}

/*
 * A short session's process may write its last line before the one that took
 * the sign-in writes its own (Dovecot): the end waits for that a moment. False:
 * it need not, as the end of somebody who failed and is not named.
 */
static bool
wait_for_login(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e)
{
	bool named = s->failures == 0 || e->texts[EVENT_USER].n > 0;

	if (e->kind != EVENT_LOGOUT || s->signed_in || !named ||
	    !open_session_has_id(e))
		return false;
	open_session_not_late(ms, s);
	s->late = true;
	TAILQ_INSERT_TAIL(&ms->late, s, late_link);
	return true;
}

/* Whose sign-in is not told of any more: the log began after it. */
static void
close_late(struct mail_sessions *ms, struct wall now)
{
	struct open_session *s;

	while ((s = TAILQ_FIRST(&ms->late)) != NULL &&
	    s->last.us + LATE_WITHIN * CLOCK_SECOND < now.us)
		open_session_close(ms, s);
}

/*
 * Each message of a connection may say again who signed in; its last line may
 * say only that somebody did (Postfix).
 */
static bool
same_user(const struct open_session *s, const struct access_event *e)
{
	struct span user = e->texts[EVENT_USER];

	return user.n == 0 || s->user == table_hash(user.p, user.n);
}

static enum mail_session_verdict
judge(struct open_session *s, struct access_event *e)
{
	int64_t attempts;

	if (e->kind == EVENT_FAILURE) {
		attempts = new_attempts(s, e);
		if (attempts == 0)
			return MAIL_SESSION_KNOWN;
		e->numbers[EVENT_ATTEMPTS] = attempts;
	}
	if (e->kind == EVENT_LOGIN) {
		if (s->signed_in && same_user(s, e))
			return MAIL_SESSION_KNOWN;
		s->signed_in = true;
		s->login = e->time;
		if (ends(e))
			s->login.us -= 1000 *
			    e->numbers[EVENT_DURATION_MS];
		s->user = table_hash(e->texts[EVENT_USER].p,
		    e->texts[EVENT_USER].n);
	}
	s->signed_out |= e->kind == EVENT_LOGOUT ||
	    (e->kind == EVENT_LOGIN && ends(e));
	session_known_teach(s, e);
	session_known_answer(s, e);
	return MAIL_SESSION_NEWS;
}

/* Its session would end with the line that begins it: an attacker's do. */
static bool
begins(const struct access_event *e)
{
	return e->kind != EVENT_FAILURE || !e->total;
}

static enum mail_session_verdict
alone(struct mail_sessions *ms, struct access_event *e)
{
	enum mail_session_verdict verdict;

	if (begins(e)) {
		session_message_follow(ms, e);
		return proxied_event(ms, NULL, e);
	}
	verdict = proxied_event(ms, NULL, e);
	session_message_follow(ms, e);
	return verdict;
}

/* The number of an earlier session, given again: its server was restarted. */
static bool
is_stale(const struct open_session *s, const struct access_event *e)
{
	return e->kind == EVENT_CONNECT && s->last.us != 0 &&
	    open_session_has_id(e);
}

/* Texts are the event's until the next one that hears of any. */
static void
hear_tls(struct mail_sessions *ms, struct access_event *e,
    const struct access_event *unnamed)
{
	struct span version = unnamed->texts[EVENT_TLS_VERSION];
	struct span cipher = unnamed->texts[EVENT_TLS_CIPHER];

	buf_clear(&ms->heard);
	buf_add_span(&ms->heard, version);
	buf_add_span(&ms->heard, cipher);
	if (e->texts[EVENT_TLS_VERSION].n == 0)
		e->texts[EVENT_TLS_VERSION] = span_sub(buf_span(&ms->heard), 0,
		    version.n);
	if (e->texts[EVENT_TLS_CIPHER].n == 0)
		e->texts[EVENT_TLS_CIPHER] = span_skip(buf_span(&ms->heard),
		    version.n);
}

static void
hear_number(struct access_event *e, const struct access_event *unnamed,
    enum event_number i)
{
	if (e->numbers[i] == EVENT_NUMBER_UNKNOWN)
		e->numbers[i] = unnamed->numbers[i];
}

/*
 * A process says how a connection is encrypted before the sign-in that names
 * the session, and what was done before the sign-out. Whatever else it said, it
 * is about no later session.
 */
static void
hear_unnamed(struct mail_sessions *ms, struct access_event *e)
{
	struct open_session *s;
	struct access_event unnamed;

	if (e->kind != EVENT_LOGIN && e->kind != EVENT_LOGOUT)
		return;
	s = open_session_unnamed(ms, e);
	if (s == NULL || s->signed_in)
		return;
	open_session_event(s, &unnamed);
	if (e->kind == EVENT_LOGIN && e->tls != EVENT_TLS_NONE)
		hear_tls(ms, e, &unnamed);
	if (e->kind == EVENT_LOGOUT) {
		hear_number(e, &unnamed, EVENT_FETCHED);
		hear_number(e, &unnamed, EVENT_DELETED);
	}
	open_session_close(ms, s);
}

enum mail_session_verdict
mail_sessions_event(struct mail_sessions *ms, struct access_event *e)
{
	enum mail_session_verdict verdict;
	struct open_session *s;

	proxied_line(ms, e);
	close_late(ms, e->time);
	if (!open_session_has_id(e) && told_before(ms->told, e))
		return MAIL_SESSION_KNOWN;
	hear_unnamed(ms, e);
	s = open_session_of(ms, e, begins(e));
	if (s != NULL && is_stale(s, e)) {
		open_session_close(ms, s);
		s = open_session_of(ms, e, true);
	}
	if (s == NULL)
		return alone(ms, e);
	proxied_known(s, e);
	session_known_learn(ms, s, e);
	s->last = e->time;
	verdict = judge(s, e);
	if (verdict == MAIL_SESSION_NEWS)
		verdict = proxied_event(ms, s, e);
	session_message_follow(ms, e);
	if (ends(e) ? !wait_for_login(ms, s, e) : s->late && s->signed_in)
		open_session_close(ms, s);
	return verdict;
}

/* --- webmails ----------------------------------------------------------- */

void
mail_sessions_proxies(struct mail_sessions *ms, const char *nets,
    mail_amend_fn *amend)
{
	proxies_free(ms->proxies);
	ms->proxies = proxies_new(nets);
	ms->amend = amend;
	if (ms->webmail == NULL && proxies_any(ms->proxies))
		ms->webmail = webmail_new(WEBMAIL_ACCOUNTS);
}

void
mail_sessions_recall(struct mail_sessions *ms, const struct access_event *e)
{
	proxied_restore(ms, e);
}

bool
mail_sessions_waits(const struct mail_sessions *ms,
    const struct access_event *e)
{
	return proxied_waits(ms, e);
}

uint64_t
mail_sessions_unpaired(const struct mail_sessions *ms)
{
	return ms->webmail != NULL ? webmail_evicted(ms->webmail) : 0;
}

/* --- across a restart --------------------------------------------------- */

void
mail_sessions_number(struct mail_sessions *ms, int64_t next)
{
	ms->next = next;
}

void
mail_sessions_told(struct mail_sessions *ms, const struct access_event *e)
{
	if (!open_session_has_id(e))
		told_note(ms->told, e);
}

void
mail_sessions_message(struct mail_sessions *ms, const struct access_event *e)
{
	struct access_event told = *e;

	session_message_follow(ms, &told);
}

/* Those that have changed are the newest. */
void
mail_sessions_changed(struct mail_sessions *ms, mail_session_fn *fn,
    void *arg)
{
	struct access_event e;

	for (struct open_session *s = ms->newest; s != NULL && s->changed;
	    s = s->older) {
		const struct mail_session told = {
			.number = s->number, .event = &e,
			.login = s->login, .end = s->last,
			.signed_in = s->signed_in,
			.signed_out = s->signed_out,
			.failures = s->failures, .duration_ms = -1,
		};

		s->changed = false;
		if (s->message || (!s->signed_in && s->failures == 0))
			continue;
		s->noted = true;
		open_session_event(s, &e);
		fn(&told, arg);
	}
}

void
mail_sessions_restore(struct mail_sessions *ms, const struct mail_session *s)
{
	struct span user = s->event->texts[EVENT_USER];
	struct open_session *open;

	open = open_session_of(ms, s->event, true);
	if (open == NULL)
		return;
	open->number = s->number;
	open->noted = true;
	open->changed = false;
	open->login = s->login;
	open->last = s->event->time;
	open->signed_in = s->signed_in;
	open->signed_out = s->signed_out;
	open->failures = s->failures;
	if (s->signed_in)
		open->user = table_hash(user.p, user.n);
	session_known_keep(ms, open, s->event);
}
