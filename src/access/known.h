/*
 * What is kept of a session, or of a message, while it is open: the fields of
 * an event that last from line to line, in a third of an event's room. There
 * are 100,000 of them, and each line looks at one that is not in any cache.
 * Inside of access/.
 */
#ifndef GAOL_ACCESS_KNOWN_H
#define GAOL_ACCESS_KNOWN_H

#include "base/access_event.h"

#define KNOWN_TEXT_MAX 256   /* bytes kept of a text */

/* In this order; the last two are a message's, no session's. */
enum known_text {
	KNOWN_HOST, KNOWN_SERVER, KNOWN_USER, KNOWN_USER_RAW, KNOWN_DOMAIN,
	KNOWN_AUTH_USER, KNOWN_MECHANISM, KNOWN_TLS_VERSION, KNOWN_TLS_CIPHER,
	KNOWN_SESSION, KNOWN_AGENT, KNOWN_AGENT_VERSION, KNOWN_DEVICE,
	KNOWN_SENDER, KNOWN_MESSAGE_ID,
	KNOWN_TEXTS
};

#define KNOWN_NUMBERS 8

/* Which field of an event each one is. */
extern const unsigned char known_text_of[KNOWN_TEXTS];
extern const unsigned char known_number_of[KNOWN_NUMBERS];

struct known {
	struct wall time;
	uint8_t kind, service, reason, tls;   /* enum event_… */
	struct addr ip, local_ip, proxy_ip;
	uint16_t has;             /* texts that are not empty, a bit each */
	uint16_t room;            /* bytes of `texts` */
	uint16_t ends[KNOWN_TEXTS];   /* of each text in there */
	char *texts;              /* owned; NULL: none */
	int64_t numbers[KNOWN_NUMBERS];
};

/* The texts of an event that are kept, a bit each. */
#define KNOWN_BIT(text) (1u << (text))
#define KNOWN_ALL (KNOWN_BIT(KNOWN_TEXTS) - 1)
#define KNOWN_LASTING (KNOWN_BIT(KNOWN_SENDER) - 1)
#define KNOWN_HANDSHAKE (KNOWN_BIT(KNOWN_TLS_VERSION) | \
    KNOWN_BIT(KNOWN_TLS_CIPHER))
/* The account's name, in its forms. */
#define KNOWN_NAME (KNOWN_BIT(KNOWN_USER) | KNOWN_BIT(KNOWN_USER_RAW) | \
    KNOWN_BIT(KNOWN_DOMAIN))

void known_init(struct known *k, enum event_kind kind);
void known_fini(struct known *k);

/* Which of its texts that are kept the event has, a bit each. */
unsigned known_has(const struct access_event *e);
/* Borrowed until a text is taken. */
static inline struct span
known_text(const struct known *k, unsigned text)
{
	size_t from = text > 0 ? k->ends[text - 1] : 0;

	if ((k->has & KNOWN_BIT(text)) == 0)
		return (struct span){ NULL, 0 };
	return (struct span){ k->texts + from, k->ends[text] - from };
}

/*
 * The event's texts whose bit is set are copied, KNOWN_TEXT_MAX bytes at most,
 * in place of what was known; the others stay. They may not be borrowed from
 * it. How many bytes of texts there are now.
 */
size_t known_take(struct known *k, const struct access_event *e,
    unsigned texts);
/* Who borrowed one may go on reading it. */
void known_forget(struct known *k, unsigned texts);
/* Fills the event's texts whose bit is set: borrowed, as by known_text(). */
void known_give(const struct known *k, struct access_event *e,
    unsigned texts);

/* Numbers that the event tells stand in place of what was known. */
void known_numbers(struct known *k, const struct access_event *e);
/* All of it but the texts, which known_take() takes. */
void known_read(struct known *k, const struct access_event *e);
/* An event that tells all of it; texts are borrowed. */
void known_event(const struct known *k, struct access_event *e);

#endif
