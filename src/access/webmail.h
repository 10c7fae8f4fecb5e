/*
 * A sign-in to a webmail stands in two logs: the webmail's has the client's
 * address, the mail server's that of the webmail. Here each of the two waits
 * for the other, by account and time. Inside of access/: proxied.h joins them.
 *
 * Bounded: so many accounts, WEBMAIL_HALVES of each. The account heard of
 * longest ago, and an account's oldest half, make room; a half that still
 * waited is counted.
 */
#ifndef GAOL_ACCESS_WEBMAIL_H
#define GAOL_ACCESS_WEBMAIL_H

#include "access/mail_session.h"

#define WEBMAIL_LASTS (12 * 3600)  /* seconds that its session is believed */
#define WEBMAIL_HALVES 8
#define WEBMAIL_LATER 4

struct open_session;
struct webmail;

struct webmail_half {
	bool web;                  /* of the webmail's log */
	bool named;                /* of the server's: it knows the client */
	bool paired;               /* the other half has come */
	bool placed;               /* the client is known, by it or another */
	struct wall time;
	struct addr ip;            /* the client's; else the webmail's */
	int64_t event;             /* its number */
	int64_t later[WEBMAIL_LATER];   /* what else its session told so far */
	unsigned later_n;
	int64_t session;           /* of a server's; 0: none */
	struct open_session *open; /* while it is open */
};

struct webmail *webmail_new(size_t accounts);
void webmail_free(struct webmail *w);   /* NULL is a no-op */
uint64_t webmail_evicted(const struct webmail *w);

/*
 * The half that waits for this one: of the same account and kind (sign-ins
 * with sign-ins), the nearest in time; or NULL. It is paired then.
 */
struct webmail_half *webmail_pair(struct webmail *w,
    const struct access_event *e,
    const struct webmail_half *half);
/* Waits from now on, or (paired) is known to be there. */
struct webmail_half *webmail_add(struct webmail *w,
    const struct access_event *e,
    const struct webmail_half *half);
/*
 * The next of the server's halves without a client that began within the
 * same moment and not before `since`: a webmail connects more than once.
 */
struct webmail_half *webmail_next_unplaced(struct webmail *w,
    const struct access_event *e, struct wall since);
/* A sign-in to the webmail: from there come the account's connections now. */
void webmail_signed_in(struct webmail *w, const struct access_event *e,
    const struct addr *client);
/*
 * Who is behind a connection of the webmail for this account, if one client
 * and no other has signed in to it lately.
 */
bool webmail_client(struct webmail *w, const struct access_event *e,
    struct addr *client);

#endif
