/*
 * The words of mail accesses: kinds, services, reasons, fields. They are those
 * of filters, rules, JSON and commands; the tables say how each field is
 * called where.
 */
#ifndef GAOL_BASE_EVENT_H
#define GAOL_BASE_EVENT_H

#include "base/span.h"

enum event_kind {
	EVENT_LOGIN,       /* a sign-in that worked */
	EVENT_FAILURE,     /* one that did not */
	EVENT_ABORT,       /* a connection that never tried, or a probe */
	EVENT_CONNECT,
	EVENT_LOGOUT,
	EVENT_CLIENT,      /* what the client says it is */
	EVENT_MAILBOX,     /* something done in a mailbox */
	EVENT_RECEIVED,    /* a message accepted from a client */
	EVENT_SENT,        /* a message delivered, or tried to be */
	EVENT_REJECTED,    /* a message or recipient refused */
	EVENT_LIMITED,     /* held off for coming too often */
	EVENT_ADMIN,       /* the server itself is in trouble, or managed */
	EVENT_OTHER,
	EVENT_KINDS
};

enum event_service {
	SERVICE_UNKNOWN, SERVICE_IMAP, SERVICE_POP3, SERVICE_SMTP,
	SERVICE_SIEVE, SERVICE_LMTP, SERVICE_HTTP, SERVICE_JMAP, SERVICE_DAV,
	SERVICE_EAS, SERVICE_ADMIN, SERVICE_KINDS
};

enum event_reason {
	REASON_NONE,
	REASON_BAD_PASSWORD,
	REASON_UNKNOWN_USER,
	REASON_BAD_CREDENTIALS,   /* either: the server does not say which */
	REASON_DISABLED, REASON_EXPIRED, REASON_LOCKED,
	REASON_POLICY,            /* address, plain text, certificate */
	REASON_MECHANISM,
	REASON_TEMPORARY,         /* the server's own fault: no attack */
	REASON_PROTOCOL,
	REASON_RELAY,
	REASON_RATE,
	REASON_KINDS
};

enum event_tls {
	EVENT_TLS_UNKNOWN,        /* the line does not say */
	EVENT_TLS_NONE,
	EVENT_TLS_STARTTLS,
	EVENT_TLS_IMPLICIT,
	EVENT_TLS_YES,            /* one of the two */
	EVENT_TLS_LOCAL,          /* no TLS, from where the server trusts */
	EVENT_TLS_KINDS
};

enum event_text {
	EVENT_HOST, EVENT_PROGRAM, EVENT_SERVER,
	EVENT_USER,               /* as accounts are counted */
	EVENT_USER_RAW,           /* as the line had it */
	EVENT_DOMAIN,
	EVENT_AUTH_USER,          /* who signed in for another (master user) */
	EVENT_MECHANISM, EVENT_TLS_VERSION, EVENT_TLS_CIPHER,
	EVENT_SESSION,            /* the server's own name for the session */
	EVENT_QUEUE_ID, EVENT_MESSAGE_ID,
	EVENT_AGENT, EVENT_AGENT_VERSION, EVENT_DEVICE,
	EVENT_SENDER, EVENT_RECIPIENT,
	EVENT_MAILBOX_NAME, EVENT_OPERATION,
	EVENT_DETAIL,             /* the server's words for the reason */
	EVENT_LOG,                /* where the line stands */
	EVENT_TEXTS
};

enum event_number {
	EVENT_PID, EVENT_PORT, EVENT_LOCAL_PORT, EVENT_ATTEMPTS,
	EVENT_BYTES_IN, EVENT_BYTES_OUT,     /* in: from the client */
	EVENT_RECIPIENTS, EVENT_SIZE, EVENT_DURATION_MS,
	EVENT_FETCHED, EVENT_DELETED,        /* messages */
	EVENT_NUMBERS
};

#define EVENT_NUMBER_UNKNOWN (-1)

/* How a field is called: in a filter's tags, in our JSON. */
struct event_field {
	struct span group;        /* <F-BYTES_IN> is "bytes_in" */
	const char *path;         /* Elastic Common Schema, or below "gaol." */
};

extern const struct event_field event_texts[EVENT_TEXTS];
extern const struct event_field event_numbers[EVENT_NUMBERS];

/* One word for a text, where a name must be one: "user_raw". */
const char *event_text_name(enum event_text text);
const char *event_kind_name(enum event_kind kind);
const char *event_service_name(enum event_service service);
const char *event_reason_name(enum event_reason reason);
const char *event_tls_name(enum event_tls tls);
/* 0, or -1: no such name (*out untouched). Case counts. */
int event_kind_parse(struct span name, enum event_kind *out);
int event_service_parse(struct span name, enum event_service *out);
int event_reason_parse(struct span name, enum event_reason *out);
int event_tls_parse(struct span name, enum event_tls *out);

#endif
