/*
 * Accesses that come through a webmail or a proxy get their client's address,
 * and what two logs tell of them is one event. Inside of access/:
 * mail_session.h says what becomes of it.
 */
#ifndef GAOL_ACCESS_PROXIED_H
#define GAOL_ACCESS_PROXIED_H

#include "access/open_session.h"

/* Before its session takes the event: who forwarded whom, as its line says. */
void proxied_line(const struct mail_sessions *ms, struct access_event *e);
/* An address of the session's proxy is none of its own. */
void proxied_known(struct open_session *s, struct access_event *e);
/*
 * Behind its session (NULL: none): joined with what the other log told, or
 * remembered for it. MAIL_SESSION_KNOWN: it is the same as that.
 */
enum mail_session_verdict proxied_event(struct mail_sessions *ms,
    struct open_session *s, struct access_event *e);
/* May the other log still say something of it? */
bool proxied_waits(const struct mail_sessions *ms,
    const struct access_event *e);
/*
 * The encryption of the client's own connection. Behind a proxy the line is
 * about the proxy's: in the clear beyond the LAN is in the clear.
 */
enum event_tls proxied_tls(const struct access_event *e);
/* One of an earlier run, as it was stored; in order of time. */
void proxied_restore(struct mail_sessions *ms, const struct access_event *e);

#endif
