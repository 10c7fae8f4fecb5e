/*
 * An event: one mail access as one log line (or a session) tells it. Who
 * signed in, failed to, signed out, sent; from where, how. (libevent has the
 * shorter name for its own.)
 *
 * Texts are borrowed and valid only during the call that hands the event over;
 * access_event_copy() makes one that owns its texts.
 */
#ifndef GAOL_BASE_ACCESS_EVENT_H
#define GAOL_BASE_ACCESS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/span.h"

/* Where an address is, as far as a database tells. */
struct place {
	char country[3];          /* ISO 3166-1 alpha-2; "" unknown */
	bool lan;                 /* private, loopback or link-local */
	uint32_t asn;             /* 0: unknown */
	char network[64];         /* whose it is; "" unknown; UTF-8 */
};

struct access_event {
	struct wall time;
	enum event_kind kind;
	enum event_service service;
	enum event_reason reason;
	enum event_tls tls;
	bool total;               /* attempts: of the session so far, not of
	                           * this line */
	struct addr ip;           /* of the client; ADDR_NONE: not known */
	struct addr local_ip;
	struct addr proxy_ip;     /* who came for it: a webmail, a proxy */
	struct place place;       /* of `ip` */
	struct span texts[EVENT_TEXTS];
	int64_t numbers[EVENT_NUMBERS];
	struct span line;         /* whole, before redaction */
	struct span forwarded;    /* by what headers said, in their words */
	int64_t number;           /* where it is kept; 0: nowhere yet */
	char *owned;              /* access_event_copy: all texts */
};

/* Nothing known: numbers unknown, kind EVENT_OTHER. */
void access_event_init(struct access_event *e);
/* A copy that owns its texts, at one allocation; access_event_fini() frees. */
void access_event_copy(struct access_event *to,
    const struct access_event *from);
void access_event_fini(struct access_event *e);

#endif
