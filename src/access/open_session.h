/*
 * Open sessions, and messages on their way, by what their lines have in
 * common. Inside of access/: mail_session.h says what is done with them.
 */
#ifndef GAOL_ACCESS_OPEN_SESSION_H
#define GAOL_ACCESS_OPEN_SESSION_H

#include <sys/queue.h>

#include "access/known.h"
#include "access/mail_session.h"
#include "base/buf.h"

struct open_session {
	struct open_session *newer, *older;
	uint64_t hash;
	int64_t number;
	bool changed, noted;
	size_t bytes;            /* of all its texts */
	struct known known;
	struct wall login, last;
	bool message;            /* not a session: one message's way */
	bool signed_in, signed_out;
	bool asked;              /* `known` has a name that is being tried */
	bool late;               /* in the list of those */
	TAILQ_ENTRY(open_session) late_link;
	uint64_t user;           /* hash of who signed in */
	int64_t failures;
	struct webmail_half *half;   /* what the webmail's log may name */
	size_t key_n;
	char key[];
};

/* Server, host, and what they call it by. */
struct session_key {
	uint64_t hash;
	size_t n;
	char p[3 * KNOWN_TEXT_MAX + 4];
};

struct mail_sessions {
	struct table *table;
	struct open_session *newest, *oldest;
	/* Signed out; the sign-in is not told of yet. By their last line. */
	TAILQ_HEAD(, open_session) late;
	size_t max;
	size_t bytes;                       /* of all */
	int64_t next;                       /* number */
	mail_session_fn *closed;
	void *arg;
	uint64_t evicted;
	struct session_key key;             /* scratch */
	char *last;                         /* texts of the one just closed */
	struct buf heard;                   /* texts of an unnamed one */
	struct told *told;                  /* by other logs */
	struct proxies *proxies;            /* may be NULL */
	struct webmail *webmail;            /* … with them only */
	mail_amend_fn *amend;
};

/* Does the server name the session? Else its process stands for it, or the
 * client's address and port. */
bool open_session_has_id(const struct access_event *e);
/* The event's, now the newest; begun only if `begin`. NULL: there is none, or
 * its line does not say which. */
struct open_session *open_session_of(struct mail_sessions *ms,
    const struct access_event *e, bool begin);
/*
 * A process that names its sessions in some lines only (Cyrus): what it said in
 * others since the last such line, if this is one; or NULL.
 */
struct open_session *open_session_unnamed(struct mail_sessions *ms,
    const struct access_event *e);
/* The one of its message; begun only if `begin`. NULL: there is none. */
struct open_session *open_session_of_message(struct mail_sessions *ms,
    const struct access_event *e, bool begin);
/* The event's, if it is open already; or NULL. Nothing changes. */
struct open_session *open_session_find(struct mail_sessions *ms,
    const struct access_event *e);
/* mail_sessions_changed() tells it again. */
void open_session_changed(struct mail_sessions *ms, struct open_session *s);
/* Tells the owner. What it knew lasts until the next one is closed. */
void open_session_close(struct mail_sessions *ms, struct open_session *s);
/* An event that says all that is known; texts are the session's. */
void open_session_event(const struct open_session *s, struct access_event *e);
/* Takes it from the list of those that wait for their sign-in. */
void open_session_not_late(struct mail_sessions *ms, struct open_session *s);

#endif
