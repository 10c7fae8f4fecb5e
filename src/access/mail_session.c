#include "access/mail_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/open_session.h"
#include "access/proxied.h"
#include "access/proxies.h"
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

/* --- what both know ----------------------------------------------------- */

/* What is true of all of a session; the rest is one line's. */
static const enum event_text lasting[] = {
	EVENT_HOST, EVENT_SERVER, EVENT_USER, EVENT_USER_RAW, EVENT_DOMAIN,
	EVENT_AUTH_USER, EVENT_MECHANISM, EVENT_TLS_VERSION, EVENT_TLS_CIPHER,
	EVENT_SESSION, EVENT_AGENT, EVENT_AGENT_VERSION, EVENT_DEVICE,
	EVENT_SENDER, EVENT_MESSAGE_ID,   /* of a message: KEPT, not LASTING */
};

static const enum event_number lasting_numbers[] = {
	EVENT_PID, EVENT_PORT, EVENT_LOCAL_PORT, EVENT_BYTES_IN,
	EVENT_BYTES_OUT, EVENT_DURATION_MS, EVENT_FETCHED, EVENT_DELETED,
};

#define KEPT (sizeof(lasting) / sizeof(lasting[0]))
#define LASTING (KEPT - 2)
#define LASTING_NUMBERS (sizeof(lasting_numbers) / sizeof(lasting_numbers[0]))

/* All but the texts. */
static void
fill_rest(struct access_event *to, const struct access_event *from)
{
	if (to->ip.family == ADDR_NONE) {
		to->ip = from->ip;
		to->place = from->place;
	}
	if (to->local_ip.family == ADDR_NONE)
		to->local_ip = from->local_ip;
	if (to->proxy_ip.family == ADDR_NONE)
		to->proxy_ip = from->proxy_ip;
	if (to->service == SERVICE_UNKNOWN)
		to->service = from->service;
	if (to->tls == EVENT_TLS_UNKNOWN)
		to->tls = from->tls;
}

static void
fill(struct access_event *to, const struct access_event *from)
{
	for (size_t i = 0; i < LASTING; i++)
		if (to->texts[lasting[i]].n == 0)
			to->texts[lasting[i]] = from->texts[lasting[i]];
	fill_rest(to, from);
}

/* A name that failed is not the account's: only a sign-in tells that. */
static void
forget_user(struct access_event *e)
{
	e->texts[EVENT_USER] = e->texts[EVENT_USER_RAW] = (struct span){ 0 };
	e->texts[EVENT_DOMAIN] = (struct span){ 0 };
}

static bool
tells_user(const struct access_event *e)
{
	return e->kind != EVENT_FAILURE && e->kind != EVENT_ABORT &&
	    e->kind != EVENT_CLIENT;
}

static struct span
kept_text(const struct access_event *e, size_t i)
{
	return span_sub(e->texts[lasting[i]], 0, OPEN_SESSION_TEXT);
}

/* Most lines tell of a session what is known: nothing is to be copied. */
static bool
knows_texts(const struct access_event *known, const struct access_event *e)
{
	for (size_t i = 0; i < KEPT; i++)
		if (!span_eq(known->texts[lasting[i]], kept_text(e, i)))
			return false;
	return true;
}

/* All but the texts. */
static void
keep_rest(struct access_event *known, const struct access_event *e)
{
	struct access_event before = *known;

	*known = *e;
	memcpy(known->texts, before.texts, sizeof(known->texts));
	known->line = before.line;
	known->forwarded = before.forwarded;
	known->owned = before.owned;
}

/* Its lasting texts are copied, each of a bounded length. */
static void
keep(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e)
{
	struct access_event before, kept;

	if (knows_texts(&s->known, e)) {
		keep_rest(&s->known, e);
		return;
	}
	before = s->known;
	kept = *e;
	ms->bytes -= s->bytes;
	s->bytes = s->key.n;
	memset(kept.texts, 0, sizeof(kept.texts));
	kept.line = kept.forwarded = (struct span){ 0 };
	for (size_t i = 0; i < KEPT; i++) {
		kept.texts[lasting[i]] = kept_text(e, i);
		s->bytes += kept.texts[lasting[i]].n;
	}
	ms->bytes += s->bytes;
	access_event_copy(&s->known, &kept);
	access_event_fini(&before);
}

/*
 * A server that writes the dialogue names the account in a line before its
 * answer (hMailServer): of several names the last one is tried.
 */
static void
ask_user(struct open_session *s, const struct access_event *e)
{
	if (e->kind != EVENT_OTHER || e->texts[EVENT_USER].n == 0 ||
	    s->signed_in)
		return;
	forget_user(&s->known);
	s->asked = true;
}

/* … and none any more behind that. */
static void
answer_user(struct open_session *s, struct access_event *e)
{
	if (!s->asked || (e->kind != EVENT_FAILURE && e->kind != EVENT_LOGIN))
		return;
	s->asked = false;
	if (e->kind != EVENT_FAILURE)
		return;
	if (e->texts[EVENT_USER].n == 0) {
		e->texts[EVENT_USER] = s->known.texts[EVENT_USER];
		e->texts[EVENT_USER_RAW] = s->known.texts[EVENT_USER_RAW];
		e->texts[EVENT_DOMAIN] = s->known.texts[EVENT_DOMAIN];
	}
	forget_user(&s->known);
}

/* Most lines of a session that is known have no text that is not. */
static bool
has_news(const struct open_session *s, const struct access_event *e)
{
	if (e->kind == EVENT_LOGIN)
		return true;
	for (size_t i = 0; i < LASTING; i++)
		if (s->known.texts[lasting[i]].n == 0 &&
		    e->texts[lasting[i]].n > 0)
			return true;
	return false;
}

static void
learn_numbers(struct access_event *known, const struct access_event *e)
{
	for (size_t i = 0; i < LASTING_NUMBERS; i++)
		if (e->numbers[lasting_numbers[i]] != EVENT_NUMBER_UNKNOWN)
			known->numbers[lasting_numbers[i]] =
			    e->numbers[lasting_numbers[i]];
}

static void
learn(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e)
{
	struct access_event both, told;

	ask_user(s, e);
	if (!has_news(s, e)) {
		fill_rest(&s->known, e);
		learn_numbers(&s->known, e);
		return;
	}
	told = *e;
	both = s->known;
	if (!tells_user(e))
		forget_user(&told);
	if (e->kind == EVENT_LOGIN) {
		/* The sign-in's own words stand before earlier ones. */
		both = told;
		fill(&both, &s->known);
	} else {
		fill(&both, &told);
	}
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		both.numbers[i] = s->known.numbers[i];
	learn_numbers(&both, e);
	keep(ms, s, &both);
}

/* What a sign-out or a client's name lacks, its session knows. */
static void
teach(const struct open_session *s, struct access_event *e)
{
	struct access_event known;

	if (e->kind != EVENT_FAILURE && e->kind != EVENT_ABORT) {
		fill(e, &s->known);
		return;
	}
	known = s->known;
	forget_user(&known);
	fill(e, &known);
}

/* --- messages ----------------------------------------------------------- */

/* Who sent it, from where, and which it is: what its deliveries are told by. */
static const enum event_text of_message[] = {
	EVENT_USER, EVENT_USER_RAW, EVENT_DOMAIN, EVENT_AUTH_USER,
	EVENT_SENDER, EVENT_MESSAGE_ID,
};

static void
fill_message(struct access_event *to, const struct access_event *from)
{
	for (size_t i = 0; i < sizeof(of_message) / sizeof(of_message[0]);
	    i++)
		if (to->texts[of_message[i]].n == 0)
			to->texts[of_message[i]] =
			    from->texts[of_message[i]];
	if (to->ip.family == ADDR_NONE)
		to->ip = from->ip;
}

/*
 * Lines with the same queue id are about one message. A sign-in, a reception or
 * what stands before says who sent it; what comes later does not repeat that.
 */
static void
follow_message(struct mail_sessions *ms, struct access_event *e)
{
	bool tells = e->kind == EVENT_LOGIN || e->kind == EVENT_RECEIVED ||
	    e->kind == EVENT_OTHER;
	struct open_session *m = open_session_of_message(ms, e, tells);
	struct access_event both;

	if (m == NULL)
		return;
	if (tells) {
		both = m->known;
		fill_message(&both, e);
		keep(ms, m, &both);
	}
	/* Last: keep() takes the texts away that were there before. */
	fill_message(e, &m->known);
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
 * it need not.
 */
static bool
wait_for_login(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e)
{
	if (e->kind != EVENT_LOGOUT || s->signed_in || s->failures > 0 ||
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
	teach(s, e);
	answer_user(s, e);
	return MAIL_SESSION_NEWS;
}

/* Its session would end with the line that begins it: an attacker's do. */
static bool
is_alone(struct mail_sessions *ms, const struct access_event *e)
{
	return e->kind == EVENT_FAILURE && e->total &&
	    open_session_find(ms, e) == NULL;
}

/* The number of an earlier session, given again: its server was restarted. */
static bool
is_stale(const struct open_session *s, const struct access_event *e)
{
	return e->kind == EVENT_CONNECT && s->last.us != 0 &&
	    open_session_has_id(e);
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
	if (is_alone(ms, e)) {
		verdict = proxied_event(ms, NULL, e);
		follow_message(ms, e);
		return verdict;
	}
	s = open_session_of(ms, e);
	if (s != NULL && is_stale(s, e)) {
		open_session_close(ms, s);
		s = open_session_of(ms, e);
	}
	if (s == NULL) {
		follow_message(ms, e);
		return proxied_event(ms, NULL, e);
	}
	proxied_known(s, e);
	learn(ms, s, e);
	s->last = e->time;
	verdict = judge(s, e);
	if (verdict == MAIL_SESSION_NEWS)
		verdict = proxied_event(ms, s, e);
	follow_message(ms, e);
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

	follow_message(ms, &told);
}

/* Those that have changed are the newest. */
void
mail_sessions_changed(struct mail_sessions *ms, mail_session_fn *fn,
    void *arg)
{
	for (struct open_session *s = ms->newest; s != NULL && s->changed;
	    s = s->older) {
		struct mail_session told = {
			.number = s->number, .event = &s->known,
			.login = s->login, .end = s->last,
			.signed_in = s->signed_in,
			.signed_out = s->signed_out,
			.failures = s->failures, .duration_ms = -1,
		};

		s->changed = false;
		if (s->message || (!s->signed_in && s->failures == 0))
			continue;
		s->noted = true;
		if (s->login.us != 0)
			s->known.time = s->login;
		fn(&told, arg);
	}
}

void
mail_sessions_restore(struct mail_sessions *ms, const struct mail_session *s)
{
	struct span user = s->event->texts[EVENT_USER];
	struct open_session *open;

	open = open_session_of(ms, s->event);
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
	keep(ms, open, s->event);
}
