#include "access/session_message.h"

#include "access/session_known.h"

/* Who sent it, from where, and which it is: what its deliveries are told by. */
#define OF_MESSAGE (KNOWN_NAME | KNOWN_BIT(KNOWN_AUTH_USER) | \
    KNOWN_BIT(KNOWN_SENDER) | KNOWN_BIT(KNOWN_MESSAGE_ID))

/*
 * Lines with the same queue id are about one message. A sign-in, a reception or
 * what stands before says who sent it; what comes later does not repeat that.
 */
void
session_message_follow(struct mail_sessions *ms, struct access_event *e)
{
	bool tells = e->kind == EVENT_LOGIN || e->kind == EVENT_RECEIVED ||
	    e->kind == EVENT_OTHER;
	struct open_session *m;

	if (e->texts[EVENT_QUEUE_ID].n == 0)
		return;
	m = open_session_of_message(ms, e, tells);
	if (m == NULL)
		return;
	if (tells) {
		session_known_add(ms, m, e, OF_MESSAGE);
		if (m->known.ip.family == ADDR_NONE)
			m->known.ip = e->ip;
	}
	/* Last: taking texts moves those that were there before. */
	known_give(&m->known, e, OF_MESSAGE & ~known_has(e));
	if (e->ip.family == ADDR_NONE)
		e->ip = m->known.ip;
}
