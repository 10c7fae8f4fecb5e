/*
 * A message on its way: who sent it, from where, as its later lines do not
 * repeat it. Inside of access/: kept among the open sessions.
 */
#ifndef GAOL_ACCESS_SESSION_MESSAGE_H
#define GAOL_ACCESS_SESSION_MESSAGE_H

#include "access/open_session.h"

/*
 * Adds to the event what its message is known to be, or keeps what it says of
 * it. Texts are the message's then, until the next call.
 */
void session_message_follow(struct mail_sessions *ms, struct access_event *e);

#endif
