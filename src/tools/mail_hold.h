/*
 * What a log told, held back for as long as another log may say more of it:
 * the client of a webmail's sign-in. In the order in which it was told; when
 * nothing waits, nothing is held.
 */
#ifndef GAOL_TOOLS_MAIL_HOLD_H
#define GAOL_TOOLS_MAIL_HOLD_H

#include "access/mail_session.h"

#define MAIL_HOLD_MAX 16384   /* more than these: the oldest goes */

struct mail_hold;

struct mail_hold_calls {
	void (*event)(struct access_event *e, void *arg);
	void (*session)(struct mail_session *s, struct access_event *e,
    void *arg);
};

struct mail_hold *mail_hold_new(const struct mail_hold_calls *calls,
    void *arg);
void mail_hold_free(struct mail_hold *h);   /* tells nothing; NULL: no-op */
/* Told now, or copied. waits: mail_sessions_waits(). */
void mail_hold_event(struct mail_hold *h, const struct access_event *e,
    bool waits);
void mail_hold_session(struct mail_hold *h, const struct mail_session *s);
void mail_hold_amend(struct mail_hold *h, const struct mail_amend *amend);
/* Tells all of it: the logs are at their ends. */
void mail_hold_flush(struct mail_hold *h);

#endif
