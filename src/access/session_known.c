#include "access/session_known.h"

#include <string.h>

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
void
session_known_keep(struct mail_sessions *ms, struct open_session *s,
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
void
session_known_answer(struct open_session *s, struct access_event *e)
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

void
session_known_learn(struct mail_sessions *ms, struct open_session *s,
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
	session_known_keep(ms, s, &both);
}

/* What a sign-out or a client's name lacks, its session knows. */
void
session_known_teach(const struct open_session *s, struct access_event *e)
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
