/*
 * From what an eventregex saw to an event: names understood, accounts
 * normalised, addresses read.
 */
#ifndef GAOL_ACCESS_EVENT_MAKE_H
#define GAOL_ACCESS_EVENT_MAKE_H

#include "access/user.h"
#include "base/access_event.h"
#include "base/event_line.h"

/*
 * EVENT_LOG is left empty: the caller knows which one it reads. Texts of the event are parts of the line, of `user` (cleared first) or
 * constant; they last as long as both. Values that make no sense (a port of
 * 99999, a service nobody knows) are left unknown, never guessed.
 */
void event_make(const struct event_line *line, const struct user_rules *rules,
    struct buf *user, struct access_event *out);

/*
 * Which service a program's or a filter's word means: "imap-login",
 * "managesieve", "submission/smtpd", "esmtpsa" …; SERVICE_UNKNOWN otherwise.
 */
enum event_service event_service_of(struct span word);
/*
 * What a server's word for its encryption means: "TLS", "TLSv1.3", "secured",
 * "trusted", "insecure", "starttls", "none"; EVENT_TLS_UNKNOWN otherwise.
 */
enum event_tls event_tls_of(struct span word);

#endif
