#include "access/proxied.h"

#include "access/place.h"
#include "access/proxies.h"
#include "access/webmail.h"

/* --- what a line says itself -------------------------------------------- */

void
proxied_line(const struct mail_sessions *ms, struct access_event *e)
{
	struct addr client;

	if (e->ip.family == ADDR_NONE && e->forwarded.n > 0 &&
	    proxies_client(ms->proxies, e->forwarded, &e->proxy_ip, &client))
		e->ip = client;
	/* A client elsewhere that came in through this host's own loopback. */
	if (proxies_has(ms->proxies, &e->local_ip) &&
	    e->proxy_ip.family == ADDR_NONE && e->ip.family != ADDR_NONE &&
	    addr_is_loopback(&e->local_ip) && !addr_is_loopback(&e->ip))
		e->proxy_ip = e->local_ip;
	/* A server that logs both, and nobody between them. */
	if (addr_eq(&e->proxy_ip, &e->ip))
		e->proxy_ip = (struct addr){ 0 };
}

void
proxied_known(struct open_session *s, struct access_event *e)
{
	struct span user = e->texts[EVENT_USER];

	if (s->known.proxy_ip.family == ADDR_NONE ||
	    !addr_eq(&s->known.proxy_ip, &e->ip))
		return;
	/* The same connection for somebody else. */
	if (user.n > 0 && !span_eq(span_sub(user, 0, KNOWN_TEXT_MAX),
	    known_text(&s->known, KNOWN_USER))) {
		s->known.ip = e->ip;
		s->known.proxy_ip = (struct addr){ 0 };
		return;
	}
	e->proxy_ip = e->ip;
	e->ip = s->known.ip;
}

enum event_tls
proxied_tls(const struct access_event *e)
{
	if (e->proxy_ip.family == ADDR_NONE || (e->tls == EVENT_TLS_NONE &&
	    !place_is_lan(&e->proxy_ip)))
		return e->tls;
	return EVENT_TLS_UNKNOWN;
}

/* --- which half it is --------------------------------------------------- */

static bool
is_access(const struct access_event *e)
{
	return (e->kind == EVENT_LOGIN || e->kind == EVENT_FAILURE) &&
	    e->texts[EVENT_USER].n > 0 && e->ip.family != ADDR_NONE;
}

/* Of a server that was told who the client is. */
static bool
is_named(const struct mail_sessions *ms, const struct access_event *e)
{
	return proxies_has(ms->proxies, &e->proxy_ip) ||
	    e->tls == EVENT_TLS_LOCAL;
}

/* False: it has to do with no webmail. */
static bool
half_of(const struct mail_sessions *ms, const struct access_event *e,
    struct webmail_half *half)
{
	*half = (struct webmail_half){ .time = e->time, .ip = e->ip,
		.event = e->number, .web = e->service == SERVICE_HTTP };
	if (!proxies_any(ms->proxies) || !is_access(e))
		return false;
	if (proxies_has(ms->proxies, &e->ip))
		return !half->web;
	half->named = !half->web && is_named(ms, e);
	half->placed = half->named;
	return half->web || half->named;
}

bool
proxied_waits(const struct mail_sessions *ms, const struct access_event *e)
{
	struct webmail_half half;

	return half_of(ms, e, &half) && !half.named;
}

/* --- told before -------------------------------------------------------- */

static void
tell(const struct mail_sessions *ms, const struct mail_amend *amend)
{
	if (ms->amend != NULL)
		ms->amend(amend, ms->arg);
}

/* What was told with the webmail's address has this client. */
static void
place(struct mail_sessions *ms, struct webmail_half *h,
    const struct addr *client)
{
	const struct mail_amend amend = { .event = h->event,
		.session = h->open == NULL ? h->session : 0, .ip = *client,
		.proxy_ip = h->ip };

	h->placed = true;
	if (h->named)
		return;
	tell(ms, &amend);
	for (unsigned i = 0; i < h->later_n; i++)
		tell(ms, &(struct mail_amend){ .event = h->later[i],
			.ip = *client, .proxy_ip = h->ip });
	h->later_n = 0;
	if (h->open == NULL)
		return;
	h->open->known.proxy_ip = h->ip;
	h->open->known.ip = *client;
	open_session_changed(ms, h->open);
}

/* --- the webmail's own log ---------------------------------------------- */

static enum mail_session_verdict
join_web(struct mail_sessions *ms, const struct access_event *e,
    const struct webmail_half *half)
{
	struct webmail_half *other = webmail_pair(ms->webmail, e, half);
	struct wall since = e->time;

	if (e->kind == EVENT_LOGIN)
		webmail_signed_in(ms->webmail, e, &e->ip);
	if (other == NULL) {
		webmail_add(ms->webmail, e, half);
		return MAIL_SESSION_NEWS;
	}
	since = other->time;
	place(ms, other, &e->ip);
	while (e->kind == EVENT_LOGIN && (other = webmail_next_unplaced(
	    ms->webmail, e, since)) != NULL)
		place(ms, other, &e->ip);
	return MAIL_SESSION_KNOWN;
}

/* --- the mail server's -------------------------------------------------- */

static void
set_client(struct open_session *s, struct access_event *e,
    const struct addr *client)
{
	e->proxy_ip = e->ip;
	e->ip = *client;
	e->place = (struct place){ 0 };
	if (s == NULL)
		return;
	s->known.proxy_ip = e->proxy_ip;
	s->known.ip = e->ip;
}

static void
remember(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e, struct webmail_half *half)
{
	struct webmail_half *h;

	if (s != NULL && s->half != NULL)
		s->half->open = NULL;
	half->open = s;
	half->session = s != NULL ? s->number : 0;
	h = webmail_add(ms->webmail, e, half);
	if (s != NULL)
		s->half = h;
}

static void
join_mail(struct mail_sessions *ms, struct open_session *s,
    struct access_event *e,
    struct webmail_half *half)
{
	struct webmail_half *web = webmail_pair(ms->webmail, e, half);
	struct addr client;

	half->paired = web != NULL;
	if (web != NULL) {
		const struct mail_amend gone = { .event = web->event,
			.gone = true };

		client = web->ip;
		tell(ms, &gone);
	}
	half->placed |= half->paired || (e->kind == EVENT_LOGIN &&
	    webmail_client(ms->webmail, e, &client));
	remember(ms, s, e, half);
	if (half->placed && !half->named)
		set_client(s, e, &client);
}

/* Its sign-out may be told before the webmail's line is read. */
static void
note_later(const struct open_session *s, const struct access_event *e)
{
	struct webmail_half *h = s != NULL ? s->half : NULL;

	if (h != NULL && !h->placed && h->later_n < WEBMAIL_LATER &&
	    addr_eq(&h->ip, &e->ip))
		h->later[h->later_n++] = e->number;
}

enum mail_session_verdict
proxied_event(struct mail_sessions *ms, struct open_session *s,
    struct access_event *e)
{
	struct webmail_half half;

	note_later(s, e);
	if (!half_of(ms, e, &half))
		return MAIL_SESSION_NEWS;
	if (half.web)
		return join_web(ms, e, &half);
	join_mail(ms, s, e, &half);
	return MAIL_SESSION_NEWS;
}

/* --- across a restart --------------------------------------------------- */

void
proxied_restore(struct mail_sessions *ms, const struct access_event *e)
{
	struct webmail_half half;

	if (!proxies_any(ms->proxies) || !is_access(e))
		return;
	/* Joined already: the webmail's session goes on. */
	if (e->service != SERVICE_HTTP &&
	    proxies_has(ms->proxies, &e->proxy_ip)) {
		if (e->kind == EVENT_LOGIN)
			webmail_signed_in(ms->webmail, e, &e->ip);
		return;
	}
	if (!half_of(ms, e, &half))
		return;
	if (half.web && e->kind == EVENT_LOGIN)
		webmail_signed_in(ms->webmail, e, &e->ip);
	if (half.web)
		webmail_add(ms->webmail, e, &half);
	else
		remember(ms, open_session_find(ms, e), e, &half);
}
