#include "access/session_known.h"

/* --- what a session learns ---------------------------------------------- */

static void
take_texts(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e, unsigned texts)
{
	ms->bytes -= s->bytes;
	s->bytes = s->key_n + known_take(&s->known, e, texts);
	ms->bytes += s->bytes;
}

void
session_known_keep(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e)
{
	known_read(&s->known, e);
	known_numbers(&s->known, e);
	take_texts(ms, s, e, KNOWN_ALL);
}

void
session_known_add(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e, unsigned texts)
{
	texts &= known_has(e) & ~(unsigned)s->known.has;
	if (texts != 0)
		take_texts(ms, s, e, texts);
}

/* A name that failed is not the account's: only a sign-in tells that. */
static bool
tells_user(const struct access_event *e)
{
	return e->kind != EVENT_FAILURE && e->kind != EVENT_ABORT &&
	    e->kind != EVENT_CLIENT;
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
	known_forget(&s->known, KNOWN_NAME);
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
	if (e->texts[EVENT_USER].n == 0)
		known_give(&s->known, e, KNOWN_NAME);
	known_forget(&s->known, KNOWN_NAME);
}

static void
fill_addr(struct addr *to, const struct addr *from)
{
	if (to->family == ADDR_NONE)
		*to = *from;
}

/* All but the texts and numbers. */
static void
learn_rest(struct known *k, const struct access_event *e)
{
	fill_addr(&k->ip, &e->ip);
	fill_addr(&k->local_ip, &e->local_ip);
	fill_addr(&k->proxy_ip, &e->proxy_ip);
	if (k->service == SERVICE_UNKNOWN)
		k->service = (uint8_t)e->service;
	if (k->tls == EVENT_TLS_UNKNOWN)
		k->tls = (uint8_t)e->tls;
}

/* The sign-in's own words stand before earlier ones. */
static void
learn_login(struct known *k, const struct access_event *e)
{
	const struct known before = *k;

	known_read(k, e);
	fill_addr(&k->ip, &before.ip);
	fill_addr(&k->local_ip, &before.local_ip);
	fill_addr(&k->proxy_ip, &before.proxy_ip);
	if (k->service == SERVICE_UNKNOWN)
		k->service = before.service;
	if (k->tls == EVENT_TLS_UNKNOWN)
		k->tls = before.tls;
}

/* Those of the texts that say something else than what is known. */
static unsigned
differing(const struct known *k, const struct access_event *e, unsigned texts)
{
	unsigned out = 0, i;

	for (; texts != 0; texts &= texts - 1) {
		i = (unsigned)__builtin_ctz(texts);
		if (!span_eq(known_text(k, i), span_sub(
			e->texts[known_text_of[i]], 0, KNOWN_TEXT_MAX)))
			out |= KNOWN_BIT(i);
	}
	return out;
}

void
session_known_learn(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e)
{
	unsigned texts = known_has(e);

	ask_user(s, e);
	if (!tells_user(e))
		texts &= ~KNOWN_NAME;
	if (e->kind == EVENT_LOGIN) {
		learn_login(&s->known, e);
		texts = differing(&s->known, e,
		    texts | (KNOWN_ALL & ~KNOWN_LASTING));
	} else {
		learn_rest(&s->known, e);
		/* Of handshakes the last one counts. */
		texts &= KNOWN_LASTING &
		    (~(unsigned)s->known.has | KNOWN_HANDSHAKE);
		texts = differing(&s->known, e, texts);
	}
	known_numbers(&s->known, e);
	/* Most lines of a session that is known have none that is not. */
	if (texts != 0)
		take_texts(ms, s, e, texts);
}

/* --- what it teaches ---------------------------------------------------- */

/* What a sign-out or a client's name lacks, its session knows. */
void
session_known_teach(const struct open_session *s, struct access_event *e)
{
	const struct known *k = &s->known;
	unsigned lacks = KNOWN_LASTING & ~known_has(e);

	if (e->kind == EVENT_FAILURE || e->kind == EVENT_ABORT)
		lacks &= ~KNOWN_NAME;
	known_give(k, e, lacks);
	fill_addr(&e->ip, &k->ip);
	fill_addr(&e->local_ip, &k->local_ip);
	fill_addr(&e->proxy_ip, &k->proxy_ip);
	if (e->service == SERVICE_UNKNOWN)
		e->service = k->service;
	if (e->tls == EVENT_TLS_UNKNOWN)
		e->tls = k->tls;
}
