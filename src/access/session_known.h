/*
 * What the lines of a session told of it, and what a line is told by that.
 * Inside of access/: mail_session.h says what is done with it.
 */
#ifndef GAOL_ACCESS_SESSION_KNOWN_H
#define GAOL_ACCESS_SESSION_KNOWN_H

#include "access/open_session.h"

/* All of what the event says of it; its lasting texts are copied. */
void session_known_keep(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e);
/* Of these texts (KNOWN_BIT) those that are not known yet. */
void session_known_add(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e, unsigned texts);
/* What the event adds to what was known. */
void session_known_learn(struct mail_sessions *ms, struct open_session *s,
    const struct access_event *e);
/* What the line lacks and its session knows; texts are the session's then. */
void session_known_teach(const struct open_session *s,
    struct access_event *e);
/* The answer to a dialogue that named the account in a line before. */
void session_known_answer(struct open_session *s, struct access_event *e);

#endif
