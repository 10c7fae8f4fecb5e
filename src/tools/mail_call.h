/*
 * The options that the mail verbs share (events, sessions, logins, timeline,
 * report),
 * and which events they mean.
 */
#ifndef GAOL_TOOLS_MAIL_CALL_H
#define GAOL_TOOLS_MAIL_CALL_H

#include "base/buf.h"
#include "base/access_event.h"
#include "base/envelope_kind.h"
#include "base/strings.h"

struct mail_call {
	const char *verb;
	struct strings logs;         /* --from-log */
	struct strings filters;      /* --filter NAME[opt=value]: one for all
	                              * logs, or as many as these */
	const char *dir, *share;     /* -c, --share */
	const char *socket;          /* -s: of the daemon */
	const char *encoding, *zone;
	enum envelope_kind envelope; /* of the logs' lines */
	const char *country, *asn;   /* databases; NULL: gaol.conf's or known */
	bool json;
	bool csv;                    /* report only */
	bool missed;                 /* events only: the other lines */
	bool signins;                /* events only: the file of sign-ins */
	/* Which events: */
	const char *since_text, *until_text;
	struct wall since, until;    /* us 0: unbounded */
	struct span user;            /* normalised already; n 0: all */
	struct buf user_text;
	struct addr ip;              /* a host or a network; ADDR_NONE: all */
	int service;                 /* enum event_service, -1: all */
	int kind;                    /* enum event_kind, -1: all */
	bool brief;                  /* sign-ins and failures, of each what a
	                              * report counts; more may be told */
	size_t last;                 /* the database need tell only so many,
	                              * the latest ones; 0: all */
	char **words;                /* what stands behind the options */
	int words_n;
};

/*
 * Reads argv. 0, 1: --help was printed, or 2: misuse, said on stderr. `usage`
 * is the verb's own text, up to its options.
 */
int mail_call_parse(struct mail_call *call, int argc, char **argv,
    const char *usage);
void mail_call_fini(struct mail_call *call);
/* Does it mean this event? */
bool mail_call_wants(const struct mail_call *call,
    const struct access_event *e);
/* A time as --since takes it. 0 or -1. */
int mail_call_time(const char *text, struct wall *out);

#endif
