#include "access/session_message.h"

#include "access/session_known.h"

/* Who sent it, from where, and which it is: what its deliveries are told by. */
static const enum event_text of_message[] = {
	EVENT_USER, EVENT_USER_RAW, EVENT_DOMAIN, EVENT_AUTH_USER,
	EVENT_SENDER, EVENT_MESSAGE_ID,
};

static void
fill_message(struct access_event *to, const struct access_event *from)
{
	for (size_t i = 0; i < sizeof(of_message) / sizeof(of_message[0]);
	    i++)
		if (to->texts[of_message[i]].n == 0)
			to->texts[of_message[i]] =
			    from->texts[of_message[i]];
	if (to->ip.family == ADDR_NONE)
		to->ip = from->ip;
}

/*
 * Lines with the same queue id are about one message. A sign-in, a reception or
 * what stands before says who sent it; what comes later does not repeat that.
 */
void
session_message_follow(struct mail_sessions *ms, struct access_event *e)
{
	bool tells = e->kind == EVENT_LOGIN || e->kind == EVENT_RECEIVED ||
	    e->kind == EVENT_OTHER;
	struct open_session *m = open_session_of_message(ms, e, tells);
	struct access_event both;

	if (m == NULL)
		return;
	if (tells) {
		both = m->known;
		fill_message(&both, e);
		session_known_keep(ms, m, &both);
	}
	/* Last: session_known_keep() takes the texts away that were there before. */
	fill_message(e, &m->known);
}
