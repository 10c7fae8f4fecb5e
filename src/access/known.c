#include "access/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define ROOM_STEP 32u   /* so that a text more seldom moves the others */

const unsigned char known_text_of[KNOWN_TEXTS] = {
	EVENT_HOST, EVENT_SERVER, EVENT_USER, EVENT_USER_RAW, EVENT_DOMAIN,
	EVENT_AUTH_USER, EVENT_MECHANISM, EVENT_TLS_VERSION, EVENT_TLS_CIPHER,
	EVENT_SESSION, EVENT_AGENT, EVENT_AGENT_VERSION, EVENT_DEVICE,
	EVENT_SENDER, EVENT_MESSAGE_ID,
};

const unsigned char known_number_of[KNOWN_NUMBERS] = {
	EVENT_PID, EVENT_PORT, EVENT_LOCAL_PORT, EVENT_BYTES_IN,
	EVENT_BYTES_OUT, EVENT_DURATION_MS, EVENT_FETCHED, EVENT_DELETED,
};

_Static_assert(KNOWN_TEXTS <= 16, "a bit each");
_Static_assert(KNOWN_TEXTS * KNOWN_TEXT_MAX <= UINT16_MAX, "ends");

void
known_init(struct known *k, enum event_kind kind)
{
	*k = (struct known){ .kind = (uint8_t)kind };
	for (unsigned i = 0; i < KNOWN_NUMBERS; i++)
		k->numbers[i] = EVENT_NUMBER_UNKNOWN;
}

void
known_fini(struct known *k)
{
	free(k->texts);
	k->texts = NULL;
}

/* --- texts -------------------------------------------------------------- */

unsigned
known_has(const struct access_event *e)
{
	unsigned has = 0;

	for (unsigned i = 0; i < KNOWN_TEXTS; i++)
		has |= (unsigned)(e->texts[known_text_of[i]].n > 0) << i;
	return has;
}

/* The texts one behind the other; they may be parts of what was there. */
static size_t
pack(struct known *k, const struct span texts[KNOWN_TEXTS])
{
	char all[KNOWN_TEXTS * KNOWN_TEXT_MAX];
	size_t n = 0;

	k->has = 0;
	for (unsigned i = 0; i < KNOWN_TEXTS; i++) {
		if (texts[i].n > 0) {
			memcpy(all + n, texts[i].p, texts[i].n);
			k->has |= (uint16_t)KNOWN_BIT(i);
		}
		n += texts[i].n;
		k->ends[i] = (uint16_t)n;
	}
	if (n > k->room) {
		k->room = (uint16_t)((n + ROOM_STEP - 1) / ROOM_STEP *
		    ROOM_STEP);
		free(k->texts);
		k->texts = xmalloc(k->room);
	}
	if (n > 0)
		memcpy(k->texts, all, n);
	return n;
}

size_t
known_take(struct known *k, const struct access_event *e, unsigned which)
{
	struct span texts[KNOWN_TEXTS];

	for (unsigned i = 0; i < KNOWN_TEXTS; i++)
		texts[i] = which & KNOWN_BIT(i) ? span_sub(
		    e->texts[known_text_of[i]], 0, KNOWN_TEXT_MAX) :
		    known_text(k, i);
	return pack(k, texts);
}

void
known_forget(struct known *k, unsigned which)
{
	k->has &= (uint16_t)~which;
}

void
known_give(const struct known *k, struct access_event *e, unsigned which)
{
	unsigned i;

	for (which &= k->has; which != 0; which &= which - 1) {
		i = (unsigned)__builtin_ctz(which);
		e->texts[known_text_of[i]] = known_text(k, i);
	}
}

/* --- the rest ----------------------------------------------------------- */

void
known_numbers(struct known *k, const struct access_event *e)
{
	int64_t n;

	for (unsigned i = 0; i < KNOWN_NUMBERS; i++) {
		n = e->numbers[known_number_of[i]];
		if (n != EVENT_NUMBER_UNKNOWN)
			k->numbers[i] = n;
	}
}

void
known_read(struct known *k, const struct access_event *e)
{
	k->time = e->time;
	k->kind = (uint8_t)e->kind;
	k->service = (uint8_t)e->service;
	k->reason = (uint8_t)e->reason;
	k->tls = (uint8_t)e->tls;
	k->ip = e->ip;
	k->local_ip = e->local_ip;
	k->proxy_ip = e->proxy_ip;
}

void
known_event(const struct known *k, struct access_event *e)
{
	access_event_init(e);
	e->time = k->time;
	e->kind = k->kind;
	e->service = k->service;
	e->reason = k->reason;
	e->tls = k->tls;
	e->ip = k->ip;
	e->local_ip = k->local_ip;
	e->proxy_ip = k->proxy_ip;
	for (unsigned i = 0; i < KNOWN_NUMBERS; i++)
		e->numbers[known_number_of[i]] = k->numbers[i];
	known_give(k, e, KNOWN_ALL);
}
