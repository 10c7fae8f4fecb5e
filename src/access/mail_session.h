/*
 * Sessions: what the lines of one sign-in tell together, across processes,
 * by the server's own name for it (a session id, else the process that serves
 * it, else the client's address and port). An attempt that two lines tell of
 * is one event.
 *
 * Bounded: beyond `max` (or max KiB of text) the session that was heard of
 * longest ago is closed, as if it had ended then, and counted.
 */
#ifndef GAOL_ACCESS_MAIL_SESSION_H
#define GAOL_ACCESS_MAIL_SESSION_H

#include "base/access_event.h"

struct mail_sessions;

/* A session that has ended, or is given up; borrowed during the call. */
struct mail_session {
	int64_t number;              /* its own, for ever */
	bool noted;                  /* mail_sessions_changed() has told it */
	const struct access_event *event;   /* all that is known: who, from
	                              * where, how; its time is the login's */
	struct wall login;           /* us 0: before the log began, or none */
	struct wall end;             /* of the last line */
	bool signed_in;
	bool signed_out;             /* a line says so */
	int64_t failures;            /* attempts that failed in it */
	int64_t duration_ms;         /* -1: unknown */
};

typedef void mail_session_fn(const struct mail_session *s, void *arg);

/*
 * What another log says of an event or a session told before: the event is the
 * same as another (gone), or the client came through a proxy.
 */
struct mail_amend {
	int64_t event;               /* its number; 0: none told */
	int64_t session;             /* one that is closed; 0: none */
	bool gone;                   /* the event */
	struct addr ip, proxy_ip;    /* of both; if it is not gone */
};

typedef void mail_amend_fn(const struct mail_amend *amend, void *arg);

struct mail_sessions *mail_sessions_new(size_t max, mail_session_fn *closed,
    void *arg);
void mail_sessions_free(struct mail_sessions *ms);   /* closes nothing */

/* Seconds between what two logs say of one sign-in, at most. */
#define MAIL_SESSIONS_WITHIN 10

/*
 * Who signs in for others (gaol.conf's trusted_proxy; may be NULL) from now
 * on, and whom to tell what becomes of events by that: events have numbers
 * then. A webmail's log and the mail server's need not be in step: either may
 * be ahead of the other by some sign-ins of an account.
 */
void mail_sessions_proxies(struct mail_sessions *ms, const char *nets,
    mail_amend_fn *amend);
/* An event of before the start, oldest first: its other half may yet come. */
void mail_sessions_recall(struct mail_sessions *ms,
    const struct access_event *e);
/* May the event still be amended? */
bool mail_sessions_waits(const struct mail_sessions *ms,
    const struct access_event *e);
/* Halves of which the other was not seen in time for want of room. */
uint64_t mail_sessions_unpaired(const struct mail_sessions *ms);

enum mail_session_verdict {
	MAIL_SESSION_NEWS,       /* an event of its own */
	MAIL_SESSION_KNOWN,      /* the same as another line's */
};

/*
 * Takes what the event adds to its session, and adds to the event what the
 * session knows and the line does not (user and address of a sign-out, the
 * client of a sign-in; texts are then the session's, until the next call).
 * `attempts` of a total becomes those not heard of before.
 */
enum mail_session_verdict mail_sessions_event(struct mail_sessions *ms,
    struct access_event *e);
/*
 * Tells every open session that has changed since the last call, unless
 * nobody has tried to sign in: what a restart must know of.
 */
void mail_sessions_changed(struct mail_sessions *ms, mail_session_fn *fn,
    void *arg);
/* One that was told so, open again; before any event. */
void mail_sessions_restore(struct mail_sessions *ms,
    const struct mail_session *s);
/*
 * An event that was told before the start: another log's line of it, read
 * only now, is not told again. What is older than MAIL_SESSIONS_TOLD seconds
 * before the last one matters only to logs that are far behind each other.
 */
#define MAIL_SESSIONS_TOLD 60
void mail_sessions_told(struct mail_sessions *ms,
    const struct access_event *e);
/* An event of a session that is over: who sent its message is known again. */
void mail_sessions_message(struct mail_sessions *ms,
    const struct access_event *e);
/* The number of the next one that begins; else they begin with 1. */
void mail_sessions_number(struct mail_sessions *ms, int64_t next);
/* Closes all: the end of a log, or of the program. */
void mail_sessions_flush(struct mail_sessions *ms);
size_t mail_sessions_open(const struct mail_sessions *ms);
uint64_t mail_sessions_evicted(const struct mail_sessions *ms);

#endif
